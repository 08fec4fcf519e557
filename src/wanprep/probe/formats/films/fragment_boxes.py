"""Read the boxes inside a fragment of a film: headers, runs of samples, defaults for both.

ISO/IEC 14496-12 8.8. What a sample does not say itself, the fragment's header says for all of
them, and what that does not say, the film's header (`trex`) does.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.boxes import boxes, payload
from wanprep.probe.formats.films.sample_tables import unpack

if TYPE_CHECKING:
    from wanprep.probe.formats.films.boxes import Box
    from wanprep.probe.source import Source

_MOST_SILENT: Final = 100_000_000  # samples in a run that says nothing of any


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for samples that do not say it themselves."""

    duration: int = 0
    size: int = 0

    def overruled(self, duration: int | None, size: int | None) -> Defaults:
        """Return them with what a fragment says for itself."""
        return Defaults(
            self.duration if duration is None else duration,
            self.size if size is None else size,
        )


def read_defaults(source: Source, mvex: Box) -> dict[int, Defaults]:
    """Return each track's defaults out of the film's header."""
    found = {}
    for box in boxes(source, mvex.start, mvex.end):
        if box.kind == b"trex":
            track, _, duration, size = struct.unpack_from(">4xIIII", payload(source, box))
            found[track] = Defaults(duration, size)
    return found


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of one track's part of a fragment says (14496-12 8.8.7)."""

    track: int
    base: int | None  # from where on places count
    duration: int | None
    size: int | None


def read_header(tfhd: bytes, moof: int) -> Header:
    """Read the header of a part of the fragment that begins at `moof`."""
    flags, track = struct.unpack_from(">II", tfhd)
    base = moof if flags & 0x020000 else None  # default-base-is-moof
    if flags & 0x1:
        base = int.from_bytes(tfhd[8:16], "big")
    fields = iter(unpack(tfhd, "I", 16 if flags & 0x1 else 8))
    if flags & 0x2:
        next(fields, 0)
    duration = next(fields, 0) if flags & 0x8 else None
    return Header(track, base, duration, next(fields, 0) if flags & 0x10 else None)


@dataclass(frozen=True, slots=True)
class Run:
    """Samples side by side (14496-12 8.8.8); what they do not say themselves is None."""

    count: int
    offset: int | None
    durations: array[int] | None
    sizes: array[int] | None
    offsets: array[int] | None


def read_run(trun: bytes) -> Run:
    """Read a run, as far as it is there."""
    flags, count = struct.unpack_from(">II", trun)
    offset = struct.unpack_from(">i", trun, 8)[0] if flags & 0x1 else None
    start = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    columns = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    many = len(columns)
    numbers = unpack(trun, "I", start, count * many)
    # Samples that say nothing of themselves take no room, so there may be billions of them.
    count = min(count, len(numbers) // many if many else _MOST_SILENT)
    table = {flag: numbers[at : count * many : many] for at, flag in enumerate(columns)}
    offsets = table.get(0x800)
    return Run(
        count=count,
        offset=offset,
        durations=table.get(0x100),
        sizes=table.get(0x200),
        # Signed from version 1 on, and in practice always.
        offsets=None if offsets is None else array("i", offsets.tobytes()),
    )
