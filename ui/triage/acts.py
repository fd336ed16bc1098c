"""What a person does on a case page: one act, perhaps with a reason, perhaps with a signature.

Who may do what, and what has to be signed, is judged by the desk; here the words of the page become its values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from assistant.people import Person, Signature
from assistant.triage.case import Case
from assistant.triage.causality import Answered, propose, scored
from assistant.triage.changes import Json, encode, field_at
from assistant.triage.desk import change
from assistant.triage.dictionaries.whodrug import concept_of, records_of
from assistant.triage.errors import CaseChanged, FieldInvalid
from assistant.triage.judgement import Causality, Criterion, Expectedness, Listed, NaranjoAnswer, WhoUmc
from assistant.triage.judging import (
    causality_to_sign,
    code_event,
    commit_causality,
    event_of,
    judge_criterion,
    set_expectedness,
    set_seriousness,
)
from assistant.triage.signed import ToSign
from assistant.triage.terms import Term
from ui.triage.fields import ITEMS, WHOLE, empty_choices, spec_of, without_ids
from ui.triage.reply import BoardReply, answered
from ui.triage.spec import Kind, parse, typed_term
from ui.triage.tools import TriageTools


class ActSent(BaseModel):
    """One act on a case at the version that the person saw; `given` are the values of its form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: str = Field(max_length=40)
    case: str = Field(max_length=100)
    version: int = Field(ge=1)
    why: str = Field(default="", max_length=1000)
    user_name: str = Field(default="", max_length=100)
    password: SecretStr = SecretStr("")
    given: Mapping[str, str] = Field(default_factory=dict, max_length=40)


@dataclass(frozen=True, slots=True)
class Act:
    """An act that was read: who does it, on which case, why, with which values."""

    tools: TriageTools
    person: Person
    case: Case
    sent: ActSent

    def given(self, name: str) -> str:
        """One value of the form, at most 20,000 characters. Raises `FieldInvalid` where it is too long."""
        value = self.sent.given.get(name, "")
        if len(value) > 20_000:
            raise FieldInvalid("A text of the form is too long; the limit is 20,000 characters.")
        return value.strip()

    @property
    def why(self) -> str:
        """The reason, with identifiers masked. Raises `FieldInvalid` where none was given."""
        why = self.sent.why.strip()
        if not why:
            raise FieldInvalid("Say why first.")
        return self.tools.desk.mask(why)

    def sign(self, wanted: ToSign) -> Signature:
        """The signature of the person, made with the password that was entered again."""
        name = self.sent.user_name.strip() or self.person.user_name
        password = self.sent.password.get_secret_value()
        return self.tools.accounts.sign(name, password, wanted.meaning, wanted.record, wanted.record_hash)


Doer: TypeAlias = Callable[[Act], Case]
EnumT = TypeVar("EnumT", bound=StrEnum)


def act(tools: TriageTools, doers: Mapping[str, Doer], person: Person, sent: object) -> BoardReply:
    """Do one act; `doers` are all acts by their names."""
    return answered(ActSent, sent, lambda each: _act(tools, doers, person, each))


def _act(tools: TriageTools, doers: Mapping[str, Doer], person: Person, sent: ActSent) -> BoardReply:
    case = tools.desk.book.case(sent.case)
    if case.version != sent.version:
        raise CaseChanged(f"Case {case.label} was changed since you opened it; reload it (key r) and look at it again.")
    if sent.do not in doers:
        raise FieldInvalid("The page asked for something that the desk does not do. Reload it and try again.")
    done = doers[sent.do](Act(tools, person, case, sent))
    return BoardReply(said=f"Case {done.label}: saved.", name=done.id)


def _set(each: Act) -> Case:
    """Set a field, or say with `empty` why it has no value; a value takes back what was said of its absence."""
    path, typed, empty = each.given("path"), each.given("typed"), each.given("empty")
    spec, known = spec_of(path), any(one.id == path for one in each.case.unknowns)
    if typed and empty:
        raise FieldInvalid("Give a value, or say why there is none; not both.")
    if empty and empty not in empty_choices(path):
        raise FieldInvalid(f"A report does not take “{empty}” for {spec.label}.")
    if spec.kind is Kind.TERM:
        value = typed_term(spec, typed, each.tools.matcher, each.person.user_name)
    else:
        value = parse(spec, typed)
    case = change(each.tools.desk, each.person, each.case, path, value, each.why)
    if not empty and not known:
        return case
    said: Json = {"id": path, "why": empty} if empty else None
    return change(each.tools.desk, each.person, case, f"unknowns[{path}]", said, each.why)


def _add(each: Act) -> Case:
    path = each.given("path")
    if path in WHOLE:
        if field_at(encode(each.case), path) is not None:
            raise FieldInvalid(f"Case {each.case.label} has this already.")
        return change(each.tools.desk, each.person, each.case, path, WHOLE[path], each.why)
    kind = ITEMS.get(without_ids(path))
    if kind is None or not path.endswith("[]"):
        raise FieldInvalid(f"Nothing can be added to “{path}” here.")
    letter, name = kind
    new_id = next_id(path[:-2], letter, each)
    item: dict[str, Json] = {"id": new_id, name: each.given("typed")}
    return change(each.tools.desk, each.person, each.case, f"{path[:-2]}[{new_id}]", item, each.why)


def next_id(path: str, letter: str, each: Act) -> str:
    """An id that the list never had, not even one that was removed: history names items by their ids."""
    start = re.escape(path)
    used = {int(found[1]) for change in each.tools.desk.book.history(each.case.id)
            if (found := re.match(rf"{start}\[{letter}(\d+)\]", change.path))}  # fmt: skip
    held = str(encode(each.case))
    used |= {int(number) for number in re.findall(rf"'id': '{letter}(\d+)'", held)}
    return f"{letter}{max(used, default=0) + 1}"


def _remove(each: Act) -> Case:
    path = each.given("path")
    if path not in WHOLE and (without_ids(path) not in ITEMS or path.endswith("[]")):
        raise FieldInvalid(f"“{path}” cannot be removed here.")
    return change(each.tools.desk, each.person, each.case, path, None, each.why)


def _serious(each: Act, *, met: bool) -> Case:
    criterion = _one_of(Criterion, each.given("criterion"))
    event = each.given("event")
    return judge_criterion(each.tools.desk, each.person, each.case, event, criterion, met=met, why=each.why)


def _not_serious(each: Act) -> Case:
    return set_seriousness(each.tools.desk, each.person, each.case, each.given("event"), (), each.why)


def _code(each: Act) -> Case:
    found = each.tools.matcher.candidates(each.given("verbatim"), 8)
    chosen = next((one for one in found if one.entry.code == each.given("code")), None)
    if chosen is None:
        raise FieldInvalid("This term is not among the candidates any more; look the words up again.")
    dictionary = each.tools.matcher.dictionary
    term = Term(dictionary.name, dictionary.version, chosen.entry.code, chosen.entry.text)
    return code_event(each.tools.desk, each.person, each.case, each.given("event"), term)


def _code_medicine(each: Act) -> Case:
    """Code a medicine in WHODrug with a record of its name; its ingredient is filled in where none was known."""
    whodrug, path = each.tools.whodrug, f"products[{each.given('product')}]"
    product = next((one for one in each.case.products if f"products[{one.id}]" == path), None)
    if whodrug is None or product is None:
        raise FieldInvalid("Name your WHODrug in the settings, and a medicine of the case.")
    record = next((one for one in records_of(product, whodrug) if one.code == each.given("code")), None)
    if record is None:
        raise FieldInvalid(f"{product.name} has no such record in WHODrug {whodrug.version}.")
    why = f"Coded in WHODrug {whodrug.version} as {record.name}."
    case = change(each.tools.desk, each.person, each.case, f"{path}.concept", concept_of(record, whodrug), why)
    if product.ingredient or not record.substance:
        return case
    return change(each.tools.desk, each.person, case, f"{path}.ingredient", record.substance.lower(), why)


def _expect(each: Act) -> Case:
    event, product = each.given("event"), each.given("product")
    pair = f"{event}/{product}"
    known = next((one for one in each.case.expectedness if one.id == pair), Expectedness(pair, event, product))
    judged = replace(
        known,
        listed=_one_of(Listed, each.given("listed")),
        label_id=each.given("label_id") or known.label_id,
        label_version=each.given("label_version") or known.label_version,
        quoted=each.given("quoted") or known.quoted,
        reason=each.why,
    )
    return set_expectedness(each.tools.desk, each.person, each.case, judged, each.why)


def _causality(each: Act) -> Case:
    judged = judged_causality(each)
    signature = each.sign(causality_to_sign(each.case, judged))
    return commit_causality(each.tools.desk, each.person, each.case, judged, signature, each.why)


def judged_causality(each: Act) -> Causality:
    """The assessment as the form holds it; a reason of the machine stays where its answer was not changed."""
    event = event_of(each.case, each.given("event"))
    product = next((one for one in each.case.products if one.id == each.given("product")), None)
    if product is None:
        raise FieldInvalid(f"Case {each.case.label} has no such medicine.")
    kept = next((one for one in each.case.causality if one.id == f"{event.id}/{product.id}"), None)
    before = kept if kept is not None and kept.naranjo else propose(each.case, event, product)
    answers = []
    for item in before.naranjo:
        answer = _one_of(NaranjoAnswer, each.given(f"n{item.number}") or item.answer.value)
        same = answer is item.answer
        answers.append(Answered(answer, item.reason if same else f"{each.person.name}: {each.why}"))
    items = scored(answers)
    return replace(
        before,
        naranjo=items,
        score=sum(item.points for item in items),
        category=_one_of(WhoUmc, each.given("category")),
        reasons=(each.why,),
    )


def _one_of(kind: type[EnumT], value: str) -> EnumT:
    try:
        return kind(value)
    except ValueError:
        raise FieldInvalid(f"“{value}” is none of the choices: {', '.join(one.value for one in kind)}.") from None


JUDGING: Mapping[str, Doer] = {
    "set": _set,
    "add": _add,
    "remove": _remove,
    "serious": lambda each: _serious(each, met=True),
    "not-criterion": lambda each: _serious(each, met=False),
    "not-serious": _not_serious,
    "code": _code,
    "code-medicine": _code_medicine,
    "expect": _expect,
    "causality": _causality,
}
"""Acts on fields and judgements; those that move a case are in `ui/triage/moves.py`."""
