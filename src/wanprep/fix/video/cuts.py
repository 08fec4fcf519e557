"""Which part of a clip is kept, so that container, images and sound all end in time.

A frame is shown from its time stamp until the next, so the last one must begin a frame before
the end. Coded sound is a little longer than what was put in: it begins with a block that is not
played and ends with a block that is filled up. Whoever does not know adds them to its length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.ffmpeg import PIPE, run_ffmpeg
from wanprep.fix.ffmpeg_input import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.plan.plan import VideoRecipe
    from wanprep.media.facts import Facts


_ROUNDED: Final = frozenset({"mkv", "webm"})


_RATES: Final = (
    24_000 / 1001, 24.0, 25.0, 30_000 / 1001, 30.0, 48.0, 50.0, 60_000 / 1001, 60.0, 120.0,
)  # fmt: skip


_NEAR: Final = 6e-4  # 24 and 23.976 are 1e-3 apart


def true_rate(facts: Facts) -> float | None:
    """Tell the rate that was meant, where all time stamps are near to one."""
    if facts.format not in _ROUNDED or facts.vfr or not facts.fps:
        return None
    nearest = min(_RATES, key=lambda rate: abs(rate - (facts.fps or 0)))
    return nearest if abs(nearest / facts.fps - 1) < _NEAR else None


# In these ffmpeg finds any image by the index; elsewhere it would begin in the middle of one.
_INDEXED: Final = frozenset({"3gp", "mkv", "mov", "mp4", "webm"})


_AAC_BLOCK: Final = 1024


_LONGEST_BLOCK: Final = 2048  # of HE-AAC; MP3 has 1152


_USUAL_FPS: Final = 24.0


_LEAST: Final = 0.001


_FEW: Final = 4  # images


_STEADY: Final = (30.0, 60.0)


# A time stamp may be rounded to the other side of where a cut is asked for.
_ROUNDING: Final = 0.0005


# As AAC is written here: what every player knows, and short blocks.
RATES: Final = (32_000, 44_100, 48_000)


@dataclass(frozen=True, slots=True)
class Part:
    """Seconds from the beginning of the file: skipped by seeking, and by decoding."""

    seek: float
    skip: float
    images: float | None  # from the start on; the first frame at this time is left out
    sound: float | None
    fps: float | None = None  # made constant before anything is cut


def part(recipe: VideoRecipe, facts: Facts, less: float = 0.0) -> Part:
    """Work out where to cut; `less` is by how much a first attempt came out too long."""
    start = _on_a_frame(recipe.start or 0.0, facts)
    steady = _steady(recipe, facts)
    # The image that is shown at the start may have come up long before.
    is_found = facts.format in _INDEXED and not steady
    seek, skip = (start, 0.0) if is_found else (0.0, start)
    if recipe.length is None:
        return Part(seek, skip, None, None, steady or true_rate(facts))
    length = recipe.length - less
    natural = steady or facts.fps or _USUAL_FPS
    slowest = min(recipe.fps or natural, natural)
    return Part(
        seek,
        skip,
        max(_LEAST, length - 1 / slowest + _ROUNDING),
        max(_LEAST, length - _added_sound(recipe, facts)),
        steady or true_rate(facts),
    )


def _steady(recipe: VideoRecipe, facts: Facts) -> float | None:
    """Choose a rate for a clip with images that last long: there a cut would go amiss."""
    if not (recipe.start or recipe.length):
        return None
    fps = facts.fps or 0.0
    if not facts.vfr and (recipe.length is None or recipe.length * (fps or _USUAL_FPS) >= _FEW):
        return None
    return next((rate for rate in _STEADY if rate >= fps), _STEADY[-1])


def _added_sound(recipe: VideoRecipe, facts: Facts) -> float:
    """Tell by how many seconds coded sound may outlast what was asked for."""
    if is_sound_copied(recipe):
        return _LONGEST_BLOCK / (facts.sample_rate or RATES[0])
    return 2 * _AAC_BLOCK / sound_rate(facts)


def is_sound_copied(recipe: VideoRecipe) -> bool:
    """Tell whether the sound stays as it is coded.

    Sound that begins in the middle has to be coded anew: copied, it would bring all of its
    beginning along, hidden, and many a program counts that.
    """
    return recipe.audio == "copy" and not recipe.start


def sound_rate(facts: Facts) -> int:
    """Choose the rate at which sound is encoded."""
    return facts.sample_rate if facts.sample_rate in RATES else RATES[-1]


def _on_a_frame(start: float, facts: Facts) -> float:
    """Begin where a frame does, or the image would stay away for a moment."""
    if start <= 0 or facts.vfr or not facts.fps:
        return max(0.0, start)
    return max(0.0, int(start * facts.fps + 1e-6) / facts.fps - _ROUNDING)


_BEYOND: Final = 3.0  # seconds: more than any frame is ahead of its turn


_COPIED_CUT_ROUNDING: Final = 0.001  # the video's own length is told in milliseconds, rounded up


_COPIED_CUT_LEAST: Final = 0.001


_PATIENCE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Cut:
    """How many frames of images are kept, and those of sound that begin before a time."""

    images: int | None  # None: all of them
    sound: float | None

    def options(self) -> dict[str, object]:
        """Say it to ffmpeg."""
        # Were both counted, ffmpeg would leave out what it waits for when the first is done.
        # With the images that are counted the sound ends too.
        counted: dict[str, object] = {}
        if self.images is not None:
            counted["frames:v"] = self.images
        return counted if self.sound is None else {**counted, "t": f"{self.sound:.6f}"}


@dataclass(frozen=True, slots=True)
class _Packet:
    time: float
    end: float


def find_cut(source: str, recipe: VideoRecipe, facts: Facts) -> Cut | None:
    """Look at the time stamps of a clip; None where it needs no cut at all."""
    import ffmpeg

    assert recipe.length is not None  # noqa: S101 - who asks wants a cut
    reader = opened(source, facts, fflags="+genpts")
    streams = [reader["V:0"], reader["a:0"]] if recipe.audio else [reader["V:0"]]
    limit = f"{recipe.length + _BEYOND:.3f}"
    graph = ffmpeg.output(*streams, PIPE, format="framecrc", c="copy", t=limit)
    ran = run_ffmpeg(ffmpeg.get_args(graph), seconds=_PATIENCE)
    tracks = _packets(ran.piped.decode("ascii", "replace"))
    end = recipe.length - _COPIED_CUT_ROUNDING
    sound = _in_time(tracks.get(1, []), end) if recipe.audio == "copy" else None
    images = tracks.get(0, [])
    count = _clean(images, end)
    return Cut(None if count == len(images) else count, sound)


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
        if missing[count] >= latest - _COPIED_CUT_ROUNDING:
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
    return max((packet.time + packet.end) / 2 for packet in kept) if kept else _COPIED_CUT_LEAST
