"""The parts of the page, until the counts above them are known."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from markupsafe import Markup

from wanprep.closing import Closing
from wanprep.files.spool import Spool
from wanprep.report.html.findings import RANKS

if TYPE_CHECKING:
    from collections.abc import Iterator


class Sections(Closing):
    """Text by section and state, on disk if there is much of it."""

    def __init__(self) -> None:
        self._spools: defaultdict[tuple[str, str], Spool] = defaultdict(Spool)

    def write(self, section: str, state: str, text: str) -> None:
        """Append to a section."""
        self._spools[section, state].write_text(text)

    def read(self, section: str) -> Iterator[Markup]:
        """Yield the lines of a section, the worst state first."""
        for state in RANKS:
            if spool := self._spools.get((section, state)):
                for line in spool.texts():
                    yield Markup(line)  # noqa: S704 - templates wrote it

    def __contains__(self, section: str) -> bool:
        return any(name == section for name, _ in self._spools)

    def close(self) -> None:
        """Remove all of it."""
        for spool in self._spools.values():
            spool.close()
