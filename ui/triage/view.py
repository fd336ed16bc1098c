"""What a case page shows besides the case: its clocks, history, texts, and what this person may do. And its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assistant.people import May, Person, Signature
from assistant.triage.case import Case, Source
from assistant.triage.changes import Change
from assistant.triage.dictionaries.whodrug import MedicineRecord
from assistant.triage.judgement import Deadline, Validity
from assistant.triage.markets import Markets
from assistant.triage.states import OPEN_STATES
from ui.markup import text
from ui.triage.fields import EMPTY_WORDS, empty_choices, spec_of
from ui.triage.marks import MACHINE, attributes, do_button, do_form, labelled, shown
from ui.triage.source import marks_of
from ui.triage.spec import Spec

MACHINES = frozenset({"machine", "nobody", ""})
"""Names in a history or a judgement that are no person's."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case as one person may see it now (`assistant.triage.hiding`). `names` are printed names by user name."""

    case: Case
    person: Person
    now: datetime
    markets: Markets
    deadlines: tuple[Deadline, ...]
    validity: Validity
    history: tuple[Change, ...] = ()
    texts: tuple[tuple[Source, str], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    signatures: tuple[Signature, ...] = ()
    linked: Mapping[str, str] = field(default_factory=dict)
    """The labels of the cases that this one is linked with, by their ids."""
    owners: tuple[tuple[str, str], ...] = ()
    """Who may own a case: pairs of user name and printed name."""
    records: Mapping[str, tuple[MedicineRecord, ...]] | None = None
    """The records of WHODrug that each medicine's name has, by its id; None where the user has no WHODrug."""

    def may(self, what: May) -> bool:
        """Whether a role of the person allows it."""
        return self.person.may(what)

    @property
    def editable(self) -> bool:
        """Whether this person can change fields now: the role allows it and the case is open."""
        return self.may(May.TRIAGE) and self.case.state in OPEN_STATES

    @property
    def person_can_triage(self) -> bool:
        """Whether this person works on cases, whatever the state of this one."""
        return self.may(May.TRIAGE)

    def name(self, user_name: str) -> str:
        """Who a user name is; a rule, a net or an import stays as it is."""
        return self.names.get(user_name, user_name) or "nobody"


def is_machine(name: str, view: CaseView) -> bool:
    """Whether a value was set by no person: a rule, a net, an import."""
    return name in MACHINES or name not in view.names


def changed_by(history: Sequence[Change]) -> Mapping[str, str]:
    """Who changed each path last."""
    return {change.path: change.by for change in history}


def from_machine(view: CaseView, path: str) -> bool:
    """Whether a field's value was read by the machine and no person has changed it since."""
    if not any(each.path == path for each in view.case.evidence):
        return False
    last = changed_by(view.history).get(path)
    return last is None or is_machine(last, view)


def fields(view: CaseView, start: str, item: object, group: Mapping[str, Spec]) -> str:
    """The fields of one group as rows; `start` is the path of the item ("events[e1]", "" for the case)."""
    prefix = f"{start}." if start else ""
    rows = "".join(one_field(view, f"{prefix}{name}", getattr(item, name)) for name in group)
    return f'<div class="fields">{rows}</div>'


def one_field(view: CaseView, path: str, value: object) -> str:
    """A field: its label, its value (a click shows the words that it was read from), and the pencil."""
    spec = spec_of(path)
    label = f'<span class="name">{text(spec.label)}</span>'
    words = shown(value)
    mark = MACHINE if words and from_machine(view, path) else ""
    why = None if words else next((each.why for each in view.case.unknowns if each.id == path), None)
    if why is not None:
        mark = f'<span class="faint">&nbsp;({text(EMPTY_WORDS[why])})</span>'
    empty = "|".join(f"{each.value}:{EMPTY_WORDS[each]}" for each in empty_choices(path)) if view.editable else ""
    if any(mark.path == path for mark in marks_of(view.case)):
        body = f'<button type="button" class="value has-span" data-action="spot">{text(words) or "–"}</button>'
    else:
        body = f'<span class="value{"" if words else " faint"}">{text(words) or "–"}</span>'
    choices = "|".join(spec.choices)
    data = attributes(
        path=path,
        kind=spec.kind.value,
        label=spec.label,
        hint=spec.hint,
        choices=choices,
        empty=empty,
        why_empty=why or "",
    )
    return (
        f'<div class="fact"{data} data-raw="{text(words)}">{label}'
        f'<span class="holds">{body}{mark}{pencil(spec.label) if view.editable else ""}</span></div>'
    )


def pencil(label: str) -> str:
    """The button that opens a field for changing."""
    return f'<button type="button" class="pencil" data-action="edit" aria-label="Change {text(label)}">✎</button>'


def adder(view: CaseView, path: str, words: str, label: str) -> str:
    """A small form that adds an item to a list; `path` is the list with an empty id ("products[]")."""
    if not view.editable:
        return ""
    typed = f'<input name="typed" maxlength="500" required placeholder="{text(words)}">'
    inner = f'{labelled(label, typed)}<button class="act" type="submit">{text(label)}</button>'
    return do_form(inner, "add", label, path=path)


def group_adder(view: CaseView, path: str, label: str) -> str:
    """The button that adds a group that a case has once or not at all."""
    return do_button(label, "add", "reason", label, path=path) if view.editable else ""


def remover(view: CaseView, path: str, label: str) -> str:
    """The button that takes an item out of a list, with a reason; the history keeps it."""
    return do_button("Remove", "remove", "reason", f"Remove {label}", "slight", path=path) if view.editable else ""
