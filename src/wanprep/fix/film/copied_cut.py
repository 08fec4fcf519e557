"""Find where streams can be cut without decoding them.

Frames lie in a file in the order in which they are decoded; some are shown before others that
lie ahead of them. Only after a frame up to which nothing is missing can a film end cleanly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.inputs import opened
from wanprep.fix.runner import PIPE, run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.recipe import FilmRecipe
    from wanprep.probe.facts import Facts

_BEYOND: Final = 3.0  # seconds: more than any frame is ahead of its turn
_ROUNDING: Final = 0.001  # the film's own length is told in milliseconds, rounded up
_LEAST: Final = 0.001
_PATIENCE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Cut:
    """How many frames of pictures are kept, and those of sound that begin before a time."""

    pictures: int | None  # None: all of them
    sound: float | None

    def options(self) -> dict[str, object]:
        """Say it to ffmpeg."""
        # Were both counted, ffmpeg would leave out what it waits for when the first is done.
        # With the pictures that are counted the sound ends too.
        counted: dict[str, object] = {}
        if self.pictures is not None:
            counted["frames:v"] = self.pictures
        return counted if self.sound is None else {**counted, "t": f"{self.sound:.6f}"}


@dataclass(frozen=True, slots=True)
class _Packet:
    time: float
    end: float


def find_cut(source: str, recipe: FilmRecipe, facts: Facts) -> Cut | None:
    """Look at the time stamps of a clip; None where it needs no cut at all."""
    import ffmpeg

    assert recipe.length is not None  # noqa: S101 - who asks wants a cut
    reader = opened(source, facts, fflags="+genpts")
    streams = [reader["V:0"], reader["a:0"]] if recipe.audio else [reader["V:0"]]
    limit = f"{recipe.length + _BEYOND:.3f}"
    graph = ffmpeg.output(*streams, PIPE, format="framecrc", c="copy", t=limit)
    ran = run_ffmpeg(ffmpeg.get_args(graph), seconds=_PATIENCE)
    tracks = _packets(ran.piped.decode("ascii", "replace"))
    end = recipe.length - _ROUNDING
    sound = _in_time(tracks.get(1, []), end) if recipe.audio == "copy" else None
    pictures = tracks.get(0, [])
    count = _clean(pictures, end)
    return Cut(None if count == len(pictures) else count, sound)


def _packets(table: str) -> dict[int, list[_Packet]]:
    """Read ffmpeg's table: track, time of decoding, time of showing, duration, size, sum."""
    scales: dict[int, float] = {}
    tracks: dict[int, list[_Packet]] = {}
    for line in table.splitlines():
        if line.startswith("#tb "):
            track, _, scale = line[4:].partition(":")
            above, _, below = scale.partition("/")
            scales[int(track)] = int(above) / int(below)
        elif line and not line.startswith("#"):
            number, _, shown, duration, *_ = (word.strip() for word in line.split(","))
            time = int(shown) * scales[int(number)]
            end = time + int(duration) * scales[int(number)]
            tracks.setdefault(int(number), []).append(_Packet(time, end))
    return tracks


def _clean(packets: Sequence[_Packet], end: float) -> int:
    """Count the frames before the last clean place to end."""
    best, latest = 1, float("-inf")
    first = min((packet.time for packet in packets), default=0.0)
    missing = _earliest_after(packets)
    for count, packet in enumerate(packets, 1):
        latest = max(latest, packet.end)
        if latest - min(first, 0.0) > end:
            break
        if missing[count] >= latest - _ROUNDING:
            best = count
    return best


def _earliest_after(packets: Sequence[_Packet]) -> list[float]:
    """Tell for each number of frames when the first of the others is shown."""
    earliest = [float("inf")] * (len(packets) + 1)
    for index in range(len(packets) - 1, -1, -1):
        earliest[index] = min(earliest[index + 1], packets[index].time)
    return earliest


def _in_time(packets: Sequence[_Packet], end: float) -> float:
    """Tell a time in the middle of the last frame that is over in time.

    Frames that are decoded but not played count: many a program adds them to the length.
    """
    lead = min((packet.time for packet in packets), default=0.0)
    kept = [packet for packet in packets if packet.end - min(lead, 0.0) <= end]
    return max((packet.time + packet.end) / 2 for packet in kept) if kept else _LEAST
