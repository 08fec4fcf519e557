"""Read WavPack: libmediainfo finds the last block, the first one says how much there was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.lengths import slack
from wanprep.probe.formats.films.streams import read_streams

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

_UNKNOWN: Final = 0xFFFFFFFF


def read_wavpack(source: Source) -> Found:
    """Tell what a WavPack file is."""
    found = read_streams(source)
    # The head of a block: WavPack's format description, "block header".
    samples = int.from_bytes(source.read_at(12, 4), "little")
    plays, rate = found.get("duration"), found.get("sample_rate")
    if not found["readable"] or samples == _UNKNOWN or not plays or not rate:
        return found
    claimed = samples / rate
    if claimed - plays > slack(claimed, None):
        problem = f"cut off: {plays:,.1f} of {claimed:,.1f} s are there"
        return found | {"readable": False, "problem": problem}
    return found
