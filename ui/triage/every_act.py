"""Everything that can be done on a case page, by its name; the command line does the same acts."""

from __future__ import annotations

from collections.abc import Mapping

from ui.triage.acts import JUDGING, Doer
from ui.triage.export import EXPORTING
from ui.triage.moves import MOVING

ACTS: Mapping[str, Doer] = {**JUDGING, **MOVING, **EXPORTING}
