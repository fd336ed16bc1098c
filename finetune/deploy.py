"""Puts a release before people and takes it away again: canary, promotion, rollback, each step by a named person.

Nothing serves that is not a release whose every hash
was computed again, whose parity was proven and recorded, and whose server was asked and answers as the release. To
deploy and to promote needs the permission to sign releases; to roll back, that or the one to train.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import SecretStr

from assistant.errors import NotAllowed
from assistant.people import May, Person, require
from assistant.serving import Canary, ServingState, Target
from finetune.candidate import ADAPTER, verified
from finetune.errors import DeployRefused, ServerFailed
from finetune.parity import Form, Parity, probe_server
from finetune.proof import checked
from finetune.serving_state import Loop, change, served_now
from finetune.vllm_api import Api
from finetune.vllm_process import NO_KEY

KEPT = 10
"""How many earlier stable targets a rollback can go back through."""
MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Changed:
    """The state after a step, and what whoever took it should know."""

    state: ServingState
    notices: tuple[str, ...] = ()


def deploy_canary(loop: Loop, name: str, share: float, api: Api, person: Person) -> Changed:
    """Give a share of the conversations (0 to 1, ends excluded) to a release, as an adapter on a server of its base.

    The adapter is loaded while the server runs, unless the server has it since its start. Deploying the same canary
    again changes its share.

    Raises:
        NotAllowed, DeployRefused, ServerFailed, FinetuneError: nothing has changed for anybody who asks.
    """
    require(person, May.SIGN_RELEASE)
    if not 0 < share < 1:
        raise DeployRefused("A canary's share lies between 0 and 1, for example 0.1.")
    _, parity = checked(loop, name)
    target = _loaded(loop, name, api)
    verified(loop.release(name))  # again: what the server has read is what was signed, not what came in between
    require_itself(parity, api, target)

    def canary(state: ServingState) -> ServingState:
        if state.canary and state.canary.target.release != name:
            raise DeployRefused(f"{state.canary.target.release} is the canary; promote it or roll it back first.")
        if state.stable and state.stable.release == name:
            raise DeployRefused(f"{name} is the stable release already.")
        return replace(_next(state, person.user_name), canary=Canary(target, share, _now()))

    said = f"The release {name} answers {share:.0%} of the conversations as a canary."
    return Changed(change(loop, person.user_name, said, _facts("canary", target, share=str(share)), canary))


def promote(loop: Loop, name: str, api: Api, person: Person) -> Changed:
    """Give all conversations to a release that a server serves merged, under the release's id; a canary ends.

    Raises:
        NotAllowed, DeployRefused, ServerFailed, FinetuneError: nothing has changed for anybody who asks.
    """
    require(person, May.SIGN_RELEASE)
    _, parity = checked(loop, name)
    target = Target(name, api.url, name)
    if name not in {known.name for known in api.models() if not known.is_adapter}:
        raise DeployRefused(
            f"The server at {api.url} does not serve {name}: start one with “pharmassist models serve {name}”."
        )
    require_itself(parity, api, target)
    return _promoted(loop, target, person)


def promote_unmerged(loop: Loop, api: Api, person: Person) -> Changed:
    """Give all conversations to the canary as it is served, an adapter on its base.

    Raises:
        NotAllowed, DeployRefused, ServerFailed, FinetuneError: nothing has changed for anybody who asks.
    """
    require(person, May.SIGN_RELEASE)
    canary = served_now(loop).canary
    if canary is None:
        raise DeployRefused("There is no canary to promote; name a release and the server that serves it merged.")
    _, parity = checked(loop, canary.target.release)
    require_itself(parity, replace(api, url=canary.target.url), canary.target)
    done = _promoted(loop, canary.target, person)
    return replace(done, notices=("It is served as an adapter; merged into its base it would be faster.",))


def roll_back(loop: Loop, person: Person, why: str, key: SecretStr = NO_KEY) -> Changed:
    """End the canary; where there is none, go back to what was stable before. Questions that have begun are finished.

    It never waits for a server: where the earlier one (asked with `key`) does not answer, the extractive generator
    does, and the notice says so.

    Raises:
        NotAllowed: the person may neither sign releases nor train. DeployRefused: there is nothing to go back to.
    """
    if not (person.may(May.SIGN_RELEASE) or person.may(May.TRAIN)):
        raise NotAllowed(f"{person.name} may not do this: it needs the permission “{May.SIGN_RELEASE.value}”.")
    state = change(loop, person.user_name, f"Rolled back: {why}", {"deed": "rollback"}, _before(person.user_name))
    return Changed(state, _silent(state, key))


def stop_canary(loop: Loop, name: str, why: str) -> Changed:
    """What the machine may do by itself, since it is the safe direction: end the canary `name`, and nothing else.

    Raises `DeployRefused` where it is the canary no more.
    """

    def stopped(state: ServingState) -> ServingState:
        if state.canary is None or state.canary.target.release != name:
            raise DeployRefused(f"{name} is no canary any more.")
        return replace(_next(state, MACHINE), canary=None)

    return Changed(change(loop, MACHINE, f"The canary {name} was stopped: {why}", {"deed": "stopped"}, stopped))


def _before(by: str) -> Callable[[ServingState], ServingState]:
    def before(state: ServingState) -> ServingState:
        if state.canary:
            return replace(_next(state, by), canary=None)
        if not state.previous:
            raise DeployRefused("There is nothing to roll back to: no release was promoted and no canary runs.")
        earlier, *others = state.previous
        return replace(_next(state, by), stable=earlier, stable_since=_now(), previous=tuple(others))

    return before


def _promoted(loop: Loop, target: Target, person: Person) -> Changed:
    def promoted(state: ServingState) -> ServingState:
        if state.stable and state.stable == target:
            raise DeployRefused(f"{target.release} is the stable release already.")
        if state.canary and state.canary.target.release != target.release:
            raise DeployRefused(f"{state.canary.target.release} is the canary; roll it back first.")
        earlier = (state.stable, *state.previous)[:KEPT]
        after = _next(state, person.user_name)
        return replace(after, stable=target, stable_since=_now(), canary=None, previous=earlier)

    said = f"The release {target.release} answers all conversations."
    return Changed(change(loop, person.user_name, said, _facts("promoted", target), promoted))


def _loaded(loop: Loop, name: str, api: Api) -> Target:
    """The release's adapter on the server, loaded now where it is not there yet."""
    folder = (loop.release(name) / ADAPTER).resolve()
    served = api.models()
    base = next((known.name for known in served if not known.is_adapter), "")
    there = next((known for known in served if known.name == name), None)
    if there is None:
        api.load_adapter(name, folder)
    elif not there.is_adapter:
        raise DeployRefused(f"The server at {api.url} serves {name} merged; promote it instead.")
    return Target(name, api.url, base, name)


def require_itself(parity: Parity, api: Api, target: Target) -> None:
    """Raise `DeployRefused` where the server does not answer as the release, `ServerFailed` where not at all."""
    form = Form.ADAPTER if target.adapter else Form.MERGED
    wrong = probe_server(parity, api, target.name, form)
    if wrong:
        raise DeployRefused(f"What {api.url} serves as {target.name} is not the release. {' '.join(wrong)}")


def _silent(state: ServingState, key: SecretStr) -> tuple[str, ...]:
    if state.stable is None:
        return ()
    try:
        if state.stable.name in {known.name for known in Api(state.stable.url, key, 5).models()}:
            return ()
    except ServerFailed:
        pass
    return (f"{state.stable.url} does not answer as {state.stable.name}: the extractive generator does until it does.",)


def _next(state: ServingState, by: str) -> ServingState:
    return replace(state, number=state.number + 1, changed_at=_now(), changed_by=by)


def _facts(deed: str, target: Target, **more: str) -> dict[str, str]:
    return {"deed": deed, "release": target.release, "url": target.url, "name": target.name, **more}


def _now() -> datetime:
    return datetime.now(UTC)
