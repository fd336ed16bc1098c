"""The generator that asks whichever model the serving state names for a conversation."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TypeAlias

from assistant.generate import DraftGenerator, Drafting, DraftRequest
from assistant.serving import ServingFile, Target, target_for

REMEMBERED = 1_000
"""Questions of which it is known who drafts them, so that a revision goes to the same model."""

GeneratorOf: TypeAlias = Callable[[Target], DraftGenerator]


class RoutedGenerator:
    """Drafts with the target of each conversation. Safe to share between threads.

    `unreleased` is used where the state names no release, `unknown` where no state can be trusted. A change of the
    state counts from the next question on: a draft that has begun, and its revision, keep their generator, which is
    given up when the last of them has ended.
    """

    def __init__(
        self, serving: ServingFile, generator_of: GeneratorOf, unreleased: DraftGenerator, unknown: DraftGenerator
    ) -> None:
        self._serving = serving
        self._generator_of = generator_of
        self._unreleased = unreleased
        self._unknown = unknown
        self._lock = Lock()
        self._made: Mapping[Target, DraftGenerator] = {}
        self._drafting: OrderedDict[str, DraftGenerator] = OrderedDict()

    @property
    def name(self) -> str:
        """Of the stable target; a draft says what made it."""
        return self._stable().name

    @property
    def model(self) -> str:
        """Of the stable target."""
        return self._stable().model

    @property
    def adapter(self) -> str:
        """Of the stable target."""
        return self._stable().adapter

    @property
    def revises(self) -> bool:
        """Of the stable target."""
        return self._stable().revises

    def draft(self, request: DraftRequest) -> Drafting:
        """Draft with the target of the conversation; raises what that generator raises."""
        return (yield from self._chosen(request).draft(request))

    def _chosen(self, request: DraftRequest) -> DraftGenerator:
        question = request.question
        with self._lock:
            began_with = self._drafting.get(question.id) if request.objections else None
        chosen = began_with or self._for(question.conversation_id)
        with self._lock:
            self._drafting[question.id] = chosen
            while len(self._drafting) > REMEMBERED:
                self._drafting.popitem(last=False)
        return chosen

    def _for(self, conversation_id: str) -> DraftGenerator:
        state = self._serving.now()
        if state is None:
            return self._unknown
        return self._generator(target_for(state, conversation_id), state.targets)

    def _stable(self) -> DraftGenerator:
        state = self._serving.now()
        return self._unknown if state is None else self._generator(state.stable, state.targets)

    def _generator(self, target: Target | None, in_use: tuple[Target, ...]) -> DraftGenerator:
        """The generator of a target, made once; those of targets that are no longer in use are given up."""
        if target is None:
            return self._unreleased
        with self._lock:
            if target not in self._made:
                kept = {each: made for each, made in self._made.items() if each in in_use}
                self._made = {**kept, target: self._generator_of(target)}
            return self._made[target]
