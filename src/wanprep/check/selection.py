"""Which findings are reported: those of chosen rules, severe enough, and not in the baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wanprep.check.result import select_findings
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from wanprep.check.baseline import Entry
    from wanprep.check.result import Report
    from wanprep.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The findings to report; everything, unless something is chosen."""

    selected: AbstractSet[str] = frozenset()
    ignored: AbstractSet[str] = frozenset()
    severity: str = "note"  # the lowest
    baseline: tuple[Entry, ...] | None = None

    def apply(self, part: Report) -> Report:
        """Drop the other findings of a report, or of a part of it."""
        chosen = select_findings(part, self.selected, self.ignored, self.severity)
        return drop_baseline(chosen, self.baseline)


def load_baseline(
    config: Config, path: str | None = None, *, disabled: bool = False
) -> tuple[Entry, ...] | None:
    """Read the baseline at a path or, without one, the configuration's."""
    if path and disabled:
        raise UsageError("--baseline FILE and --no-baseline cannot be combined")
    file = Path(path) if path else config.baseline
    if disabled or file is None:
        return None
    from wanprep.check.baseline import read_baseline

    return read_baseline(file)


def drop_baseline(
    report: Report, entries: tuple[Entry, ...] | None, sources: Mapping[str, str] | None = None
) -> Report:
    """Leave out the findings in the baseline, if there is one."""
    if entries is None:
        return report
    from wanprep.check.baseline import without_baseline

    return without_baseline(report, entries, sources or {})
