"""The JSON shapes of what is served; documented in docs/json.md, a test holds both together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.serving import ServingState, Target
    from finetune.deploy import Changed
    from finetune.parity import Parity
    from finetune.serving_probe import Stranger
    from finetune.serving_state import Loop
    from finetune.watch import Watch


class TargetShape(BaseModel):
    """How a release is reached."""

    release: str
    url: str
    model: str
    adapter: str


class ServingShape(BaseModel):
    """What is served; a target of null is the model of the settings."""

    number: int
    changed_at: datetime
    changed_by: str
    stable: TargetShape | None
    canary: TargetShape | None
    canary_share: float
    previous: list[TargetShape | None]
    in_file: bool
    """Whether the file that the chat reads says so too."""


class ReleaseShape(BaseModel):
    """One release; `wrong` says in what it is not what was signed."""

    release: str
    candidate: str
    recipe: str
    released_at: datetime
    signed_by: list[str]
    parity: bool
    served_as: str
    wrong: list[str]


class ModelsShape(BaseModel):
    """Everything that `models list` says."""

    serving: ServingShape
    releases: list[ReleaseShape]


class ChangedShape(BaseModel):
    """What a step did."""

    serving: ServingShape
    notices: list[str]


class RateShape(BaseModel):
    """One rate in both arms."""

    rate: str
    watched: int
    turns: int
    reference: int
    reference_turns: int
    limit: int | None
    low: float | None
    high: float | None
    breached: bool


class WatchShape(BaseModel):
    """One look at what is served."""

    release: str
    is_canary: bool
    against: str
    since: datetime
    rates: list[RateShape]
    breaches: list[str]
    servers: list[str]
    stopped: bool


class ComparedShape(BaseModel):
    """One server beside the reference."""

    form: str
    dtype: str
    prompts: int
    same_prompts: int
    tokens: int
    same_tokens: int
    mean_difference: float
    largest_difference: float


class ParityShape(BaseModel):
    """A proof of parity."""

    candidate: str
    engine: str
    reference: str
    passed: bool
    failures: list[str]
    compared: list[ComparedShape]


def serving_shape(state: ServingState, in_file: bool) -> ServingShape:
    """A state, and whether the file holds it."""
    return ServingShape(
        number=state.number,
        changed_at=state.changed_at,
        changed_by=state.changed_by,
        stable=_target(state.stable),
        canary=_target(state.canary.target if state.canary else None),
        canary_share=state.canary.share if state.canary else 0.0,
        previous=[_target(each) for each in state.previous],
        in_file=in_file,
    )


def models_shape(loop: Loop) -> ModelsShape:
    """The state and every release, each hashed again but for its base. Raises `ServingInvalid`."""
    from finetune.serving_state import is_in_file, served_now

    state = served_now(loop)
    folders = sorted(each for each in (loop.folder / "releases").glob("*/release.json"))
    releases = [found for each in folders if (found := _release(loop, each.parent, state)) is not None]
    newest = sorted(releases, key=lambda each: each.released_at, reverse=True)
    return ModelsShape(serving=serving_shape(state, is_in_file(loop, state)), releases=newest)


def changed_shape(loop: Loop, done: Changed) -> ChangedShape:
    """What a step did."""
    from finetune.serving_state import is_in_file

    return ChangedShape(serving=serving_shape(done.state, is_in_file(loop, done.state)), notices=list(done.notices))


def watch_shape(seen: Watch, strange: Sequence[Stranger], stopped: bool) -> WatchShape:
    """One look, and whether the canary was stopped for it."""
    rates = [
        RateShape(
            rate=each.name, watched=each.watched, turns=each.turns, reference=each.reference,
            reference_turns=each.reference_turns, limit=each.limit, low=each.low, high=each.high,
            breached=each.breached,
        )
        for each in seen.rates
    ]  # fmt: skip
    return WatchShape(
        release=seen.release, is_canary=seen.is_canary, against=seen.against, since=seen.since, rates=rates,
        breaches=list(seen.breaches), servers=[each.why for each in strange], stopped=stopped,
    )  # fmt: skip


def parity_shape(parity: Parity) -> ParityShape:
    """A proof without its probes."""
    compared = [
        ComparedShape(
            form=each.form.value, dtype=each.dtype, prompts=each.prompts, same_prompts=each.same_prompts,
            tokens=each.tokens, same_tokens=each.same_tokens, mean_difference=each.mean_difference,
            largest_difference=each.largest_difference,
        )
        for each in parity.compared
    ]  # fmt: skip
    return ParityShape(
        candidate=parity.candidate, engine=parity.engine, reference=parity.reference, passed=parity.passed,
        failures=list(parity.failures), compared=compared,
    )  # fmt: skip


def list_text(shape: ModelsShape) -> str:
    """The list for a terminal."""
    return "\n".join((*serving_lines(shape.serving), *_release_lines(shape.releases)))


def serving_lines(shape: ServingShape) -> Iterator[str]:
    """What is served, for a terminal."""
    yield f"stable    {_named(shape.stable)}"
    if shape.canary is not None:
        yield f"canary    {_named(shape.canary)}, {shape.canary_share:.0%} of the conversations"
    if shape.previous:
        yield f"before    {', '.join(each.release if each else 'the model of the settings' for each in shape.previous)}"
    if shape.number:
        yield f"change {shape.number} by {shape.changed_by}, {shape.changed_at:%Y-%m-%d %H:%M:%S} UTC"
    if not shape.in_file:
        yield "The file that the chat reads says something else: “pharmassist models restore” writes it again."


def watch_text(seen: Watch, strange: Sequence[Stranger], stopped: bool) -> str:
    """One look, for a terminal."""
    what = "canary" if seen.is_canary else "stable release"
    lines = [f"The {what} {seen.release} since {seen.since:%Y-%m-%d %H:%M} UTC, against {seen.against}."]
    for each in seen.rates:
        bound = "too few turns for a limit" if each.limit is None else f"limit {each.limit}"
        told = f"{each.watched} of {each.turns}, reference {each.reference} of {each.reference_turns}, {bound}"
        lines.append(f"{'!' if each.breached else ' '} {each.name:18} {told}")
    lines += [f"! {each.why}" for each in strange]
    if stopped:
        lines.append("The canary was stopped; what was stable answers every conversation.")
    elif seen.breaches or strange:
        lines.append("Not as it should be. A person decides: “pharmassist models rollback --why …”.")
    return "\n".join(lines)


def parity_text(parity: Parity) -> str:
    """A proof, for a terminal."""
    lines = [f"{parity.engine} beside {parity.reference}"]
    for each in parity.compared:
        exact = (
            f"{each.same_tokens} of {each.tokens} greedy tokens equal, " if each.exact else f"{each.tokens} tokens, "
        )
        told = (
            f"log-probabilities differ by {each.mean_difference:.5f} on average, {each.largest_difference:.4f} at most"
        )
        lines.append(f"{each.form.value:8} {each.dtype:9} {exact}{told}")
    return "\n".join([*lines, *(parity.failures or ("Parity holds.",))])


def _release_lines(releases: list[ReleaseShape]) -> Iterator[str]:
    if not releases:
        yield "No release yet: “pharmassist retrain” makes one."
    for each in releases:
        marks = [each.served_as, "" if each.parity else "parity not proven", *each.wrong]
        told = "; ".join(mark for mark in marks if mark)
        signed = f"signed by {', '.join(each.signed_by)}"
        yield f"{each.release}  {each.released_at:%Y-%m-%d}  {each.recipe}  {signed}  {told}".rstrip()


def _release(loop: Loop, folder: Path, state: ServingState) -> ReleaseShape | None:
    """A release of a model that answers; None for one of a guardrail's net."""
    from finetune.errors import FinetuneError
    from finetune.proof import ANSWERS, proof_of
    from finetune.release import read_release, verify_release

    made = read_release(folder)
    if made.candidate.kind != ANSWERS:
        return None
    try:
        proven = proof_of(loop, folder, made.candidate).passed
    except FinetuneError:
        proven = False
    return ReleaseShape(
        release=made.id,
        candidate=made.candidate.id,
        recipe=made.candidate.recipe,
        released_at=made.released_at,
        signed_by=[each.user_name for each in made.approvals],
        parity=proven,
        served_as=_role(made.id, state),
        wrong=list(verify_release(folder, loop.ledger)),
    )


def _role(release: str, state: ServingState) -> str:
    if state.canary and state.canary.target.release == release:
        return "canary"
    return "stable" if state.stable and state.stable.release == release else ""


def _target(target: Target | None) -> TargetShape | None:
    if target is None:
        return None
    return TargetShape(release=target.release, url=target.url, model=target.model, adapter=target.adapter)


def _named(target: TargetShape | None) -> str:
    if target is None:
        return "the model of the settings, without a release"
    how = f"an adapter on {target.model}" if target.adapter else "merged"
    return f"{target.release} ({how}) at {target.url}"
