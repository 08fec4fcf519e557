"""Where a video is cut, so that container, frames and audio all end in time.

A frame is shown from its time stamp until the next, so the last one must begin a frame before
the end. Encoded audio is a little longer than what was put in: it begins with a block that is not
played and ends with a block that is filled up. Programs that do not know add them to its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix import encoder_settings as settings
from wanprep.fix.ffmpeg import input_stream, run_ffmpeg
from wanprep.media.ffmpeg import STDOUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.plan.plan import VideoRecipe
    from wanprep.media.facts import Facts

_USUAL_FPS: Final = 24.0
_SHORTEST: Final = 0.001
# A time stamp may be rounded across the requested cut.
_STAMP_ROUNDING: Final = 0.0005

# These containers round time stamps to milliseconds.
_ROUNDED: Final = frozenset({"mkv", "webm"})
_STANDARD_RATES: Final = (
    24_000 / 1001, 24.0, 25.0, 30_000 / 1001, 30.0, 48.0, 50.0, 60_000 / 1001, 60.0, 120.0,
)  # fmt: skip
_RATE_TOLERANCE: Final = 6e-4  # 24 and 23.976 are 1e-3 apart

# In these ffmpeg finds any frame by the index; elsewhere it would begin in the middle of a group.
_INDEXED: Final = frozenset({"3gp", "mkv", "mov", "mp4", "webm"})
_FEW_FRAMES: Final = 4
_CONSTANT_RATES: Final = (30.0, 60.0)
_LONGEST_AUDIO_BLOCK: Final = 2048  # samples, of HE-AAC; MP3 has 1152

_LOOK_AHEAD: Final = 3.0  # seconds: more than any frame is ahead of its turn
_LENGTH_ROUNDING: Final = 0.001  # the video's own length is stored in milliseconds, rounded up
_TIME_LIMIT: Final = 300.0


@dataclass(frozen=True, slots=True)
class Trim:
    """How the source is trimmed while it is decoded, in seconds."""

    seek: float  # skipped by seeking
    skip: float  # skipped by decoding
    video: float | None  # from the start on; the first frame at this time is left out
    audio: float | None
    fps: float | None = None  # to convert to before anything is cut


def find_trim(recipe: VideoRecipe, facts: Facts, shorten_by: float = 0.0) -> Trim:
    """Calculate where to trim; `shorten_by` is by how much an earlier attempt was too long."""
    start = _start_of_frame(recipe.start or 0.0, facts)
    constant = _constant_rate(recipe, facts)
    fps = constant or standard_rate(facts)
    # With a constant rate the frame that is shown at the start may have come up long before.
    is_found = facts.format in _INDEXED and not constant
    seek, skip = (start, 0.0) if is_found else (0.0, start)
    if recipe.length is None:
        return Trim(seek, skip, None, None, fps)
    length = recipe.length - shorten_by
    natural = constant or facts.fps or _USUAL_FPS
    last_frame = 1 / min(recipe.fps or natural, natural)
    return Trim(
        seek,
        skip,
        max(_SHORTEST, length - last_frame + _STAMP_ROUNDING),
        max(_SHORTEST, length - _added_audio(recipe, facts)),
        fps,
    )


def standard_rate(facts: Facts) -> float | None:
    """Return the frame rate before time stamps were rounded, if a standard one is near."""
    if facts.format not in _ROUNDED or facts.vfr or not facts.fps:
        return None
    nearest = min(_STANDARD_RATES, key=lambda rate: abs(rate - (facts.fps or 0)))
    return nearest if abs(nearest / facts.fps - 1) < _RATE_TOLERANCE else None


def _constant_rate(recipe: VideoRecipe, facts: Facts) -> float | None:
    """Choose a rate for a video whose frames last too long to be cut at one."""
    if not (recipe.start or recipe.length):
        return None
    fps = facts.fps or 0.0
    is_short = recipe.length and recipe.length * (fps or _USUAL_FPS) < _FEW_FRAMES
    if not facts.vfr and not is_short:
        return None
    return next((rate for rate in _CONSTANT_RATES if rate >= fps), _CONSTANT_RATES[-1])


def _added_audio(recipe: VideoRecipe, facts: Facts) -> float:
    """Return by how many seconds encoded audio may exceed the requested length."""
    if is_audio_copied(recipe):
        return _LONGEST_AUDIO_BLOCK / (facts.sample_rate or settings.AAC_SAMPLE_RATES[0])
    return 2 * settings.AAC_FRAME / aac_sample_rate(facts)


def is_audio_copied(recipe: VideoRecipe) -> bool:
    """Return whether the audio is not encoded again.

    Audio that begins in the middle must be: a copy would contain all of its beginning, hidden,
    and many programs count that.
    """
    return recipe.audio == "copy" and not recipe.start


def aac_sample_rate(facts: Facts) -> int:
    """Keep the sample rate if all AAC players support it."""
    rates = settings.AAC_SAMPLE_RATES
    return facts.sample_rate if facts.sample_rate in rates else rates[-1]


def _start_of_frame(start: float, facts: Facts) -> float:
    """Begin where a frame does: else none would be shown for a moment."""
    if start <= 0 or facts.vfr or not facts.fps:
        return max(0.0, start)
    return max(0.0, int(start * facts.fps + 1e-6) / facts.fps - _STAMP_ROUNDING)


@dataclass(frozen=True, slots=True)
class _Packet:
    time: float
    end: float


def find_cut(source: str, recipe: VideoRecipe, facts: Facts) -> dict[str, object]:
    """Read the time stamps and return the options that end a copy cleanly."""
    import ffmpeg

    assert recipe.length is not None  # noqa: S101 - callers want a cut
    reader = input_stream(source, facts, fflags="+genpts")
    streams = [reader["V:0"], reader["a:0"]] if recipe.audio else [reader["V:0"]]
    limit = f"{recipe.length + _LOOK_AHEAD:.3f}"
    graph = ffmpeg.output(*streams, STDOUT, format="framecrc", c="copy", t=limit)
    run = run_ffmpeg(ffmpeg.get_args(graph), seconds=_TIME_LIMIT)
    tracks = _read_packets(run.stdout.decode("ascii", "replace"))
    end = recipe.length - _LENGTH_ROUNDING
    audio = _audio_end(tracks.get(1, []), end) if recipe.audio == "copy" else None
    frames = tracks.get(0, [])
    count = _count_frames(frames, end)
    return _cut_options(None if count == len(frames) else count, audio)


def _cut_options(frames: int | None, audio: float | None) -> dict[str, object]:
    """End after so many frames, None for all, and before audio that begins at a time."""
    # Audio is not counted: ffmpeg would leave out what it waits for when one stream is done. When
    # the frames are complete the audio ends too.
    options: dict[str, object] = {} if frames is None else {"frames:v": frames}
    return options if audio is None else options | {"t": f"{audio:.6f}"}


def _read_packets(table: str) -> dict[int, list[_Packet]]:
    """Parse framecrc: `stream, dts, pts, duration, size, checksum`, and `#tb stream: time base`."""
    time_bases: dict[int, float] = {}
    tracks: dict[int, list[_Packet]] = {}
    for line in table.splitlines():
        if line.startswith("#tb "):
            track, _, time_base = line[4:].partition(":")
            above, _, below = time_base.partition("/")
            time_bases[int(track)] = int(above) / int(below)
        elif line and not line.startswith("#"):
            number, _, pts, duration, *_ = (int(word) for word in line.split(",")[:5])
            base = time_bases[number]
            packet = _Packet(pts * base, (pts + duration) * base)
            tracks.setdefault(number, []).append(packet)
    return tracks


def _count_frames(packets: Sequence[_Packet], end: float) -> int:
    """Count the frames before the last place where all that precede it are shown first."""
    earliest_after = [float("inf")]
    for packet in reversed(packets):
        earliest_after.append(min(earliest_after[-1], packet.time))
    lead = min(0.0, earliest_after[-1])
    best, latest = 1, float("-inf")
    for count, packet in enumerate(packets, 1):
        latest = max(latest, packet.end)
        if latest - lead > end:
            break
        if earliest_after[len(packets) - count] >= latest - _LENGTH_ROUNDING:
            best = count
    return best


def _audio_end(packets: Sequence[_Packet], end: float) -> float:
    """Return a time in the middle of the last packet that ends in time.

    Packets that are decoded but not played count: many programs add them to the length.
    """
    lead = min((packet.time for packet in packets), default=0.0)
    kept = [packet for packet in packets if packet.end - min(lead, 0.0) <= end]
    return max((packet.time + packet.end) / 2 for packet in kept) if kept else _SHORTEST
