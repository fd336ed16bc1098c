"""Takes adverse events that answering flagged in onto the desk, when somebody looks at the worklist."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from assistant.triage.case import Case
from assistant.triage.opening import take_in
from ui.triage.tools import TriageTools

EVERY = timedelta(seconds=10)
"""A worklist that is looked at again within this time reads no flags."""


class TakingIn:
    """One taking-in at a time: two at once would only wait for each other."""

    def __init__(self, tools: TriageTools) -> None:
        self._tools = tools
        self._lock = Lock()
        self._last: datetime | None = None

    def take_in(self) -> tuple[Case, ...]:
        """The new candidates. Raises `SaveFailed` or `ReadFailed`."""
        with self._lock:
            self._last = self._tools.desk.now()
            return take_in(self._tools.desk, self._tools.records.flags(), self._tools.records.turn)

    def now_and_then(self) -> None:
        """Take in, unless that was done a moment ago."""
        if self._last is None or self._tools.desk.now() - self._last >= EVERY:
            self.take_in()
