"""Sound that takes the same number of bytes every second: its bytes tell how long it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.sound import disagreement, playable, unplayable

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

_SLACK: Final = 0.02  # seconds: a few bytes too many or too few are no news


@dataclass(frozen=True, slots=True)
class Data:
    """Where the bytes of the sound lie; no size means up to the end of the file."""

    start: int
    size: int | None

    def there(self, source: Source) -> int:
        """Tell how many of them there are."""
        rest = max(0, source.size - self.start)
        return rest if self.size is None else min(self.size, rest)


def even_sound(
    found: Found, source: Source, data: Data, byte_rate: float, claimed: float | None = None
) -> Found:
    """Add how long the sound plays, which is as long as its bytes last."""
    seconds = data.there(source) / byte_rate
    if claimed is None:
        claimed = seconds if data.size is None else data.size / byte_rate
    problem = disagreement(claimed, seconds, _SLACK)
    if not seconds:
        return unplayable(found, problem or "it holds no sound")
    return playable(found, seconds, problem)


def uneven_sound(found: Found, source: Source, data: Data, seconds: float | None) -> Found:
    """Add how long compressed sound plays, of which only a table knows the length."""
    there = data.there(source)
    if data.size is not None and there < data.size:
        return unplayable(found, f"cut off: {there:,} of {data.size:,} bytes of sound are there")
    if seconds is None:
        return unplayable(found, "its table of packets is missing")
    return playable(found, seconds) if seconds > 0 else unplayable(found, "it holds no sound")
