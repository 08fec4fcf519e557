"""Read the tracks of an ISO media file, and work out what a player shows of them.

Headers (ISO/IEC 14496-12 8.2.2, 8.3.2, 8.4.2) come with 32-bit or with 64-bit times. An edit
list (8.6.6) states which part of its media a player shows, and when. An edit may be empty
(nothing is shown for a while), begin inside the media (what comes before is needed for
decoding only), end before them, or be one of many.
"""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.video.boxes import Box, children, find, payload
from wanprep.media.video.samples import (
    ChunkTable,
    SampleEntry,
    Samples,
    is_variable,
    presentation_times,
    read_entries,
    read_samples,
    times_within,
    unpack,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.media.source import Source


_ENABLED: Final = 0x1
_MATRIX: Final = struct.Struct(">9i")
UPRIGHT: Final = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True, slots=True)
class Clock:
    """Ticks per second, and the length in ticks; None: unknown."""

    scale: int
    duration: int | None


@dataclass(frozen=True, slots=True)
class TrackHeader:
    """The fields of a track header."""

    id: int
    enabled: bool
    duration: int | None  # in the ticks of mvhd
    matrix: tuple[int, ...]
    display_size: bytes  # two numbers of 16.16 bits


def read_clock(header: bytes) -> Clock:
    """Read the clock of a file (mvhd) or of the media of a track (mdhd)."""
    if len(header) < 20:
        return Clock(0, None)
    if header[0]:
        scale, duration = struct.unpack_from(">IQ", header, 20)
        return Clock(scale, _stated(duration, 64))
    scale, duration = struct.unpack_from(">II", header, 12)
    return Clock(scale, _stated(duration, 32))


def read_movie_matrix(mvhd: bytes) -> tuple[int, ...]:
    """Return the matrix that is applied to all tracks."""
    if len(mvhd) < 84:
        return UPRIGHT
    return _MATRIX.unpack_from(mvhd, 48 if mvhd[0] else 36)


def read_track_header(tkhd: bytes) -> TrackHeader:
    """Read a tkhd box."""
    wide = tkhd[0]
    track, duration = struct.unpack_from(">I4xQ" if wide else ">I4xI", tkhd, 20 if wide else 12)
    return TrackHeader(
        id=track,
        enabled=bool(tkhd[3] & _ENABLED),
        duration=_stated(duration, 64 if wide else 32),
        matrix=_MATRIX.unpack_from(tkhd, 52 if wide else 40),
        display_size=tkhd[88:96] if wide else tkhd[76:84],
    )


def rotation(track: tuple[int, ...], movie: tuple[int, ...]) -> int:
    """Return the rotation by the matrices, clockwise in steps of 90 degrees.

    As in ffmpeg, the upper edge of a mirrored frame counts.
    """
    a, b, c, d = movie[0], movie[1], movie[3], movie[4]
    across, down = track[0] * a + track[1] * c, track[0] * b + track[1] * d
    return round(math.degrees(math.atan2(down, across)) / 90) * 90 % 360


def _stated(duration: int, bits: int) -> int | None:
    """Return None where all bits are set: the length is unknown."""
    return None if duration == (1 << bits) - 1 else duration


_MAX: Final = 10_000
_EMPTY: Final = -1
_NORMAL_RATE: Final = 0x10000


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of an edit list."""

    duration: int  # in the ticks of mvhd
    media_time: int  # in the track's, or -1: nothing is shown
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Presentation:
    """What a player shows of a track, in seconds, and as windows in media time."""

    duration: float
    delay: float  # before it begins
    claimed: float  # the sum of the lengths in the edit list
    windows: tuple[tuple[int, int], ...]

    @property
    def span(self) -> tuple[int, int]:
        """Return the start of the first window and the end of the last."""
        return min(begin for begin, _ in self.windows), max(end for _, end in self.windows)


def read_edits(source: Source, trak: Box) -> tuple[Edit, ...]:
    """Read the edit list of a track."""
    data = payload(source, find(source, trak, b"edts", b"elst"))
    if len(data) < 8:
        return ()
    entry = struct.Struct(">Qqi" if data[0] else ">Iii")
    count = min(int.from_bytes(data[4:8], "big"), (len(data) - 8) // entry.size, _MAX)
    rows = entry.iter_unpack(data[8 : 8 + count * entry.size])
    return tuple(Edit(total, start, rate / _NORMAL_RATE) for total, start, rate in rows)


def apply_edits(
    edits: Sequence[Edit], span: tuple[int, int, int], scales: tuple[int, int], *, growing: bool
) -> Presentation:
    """Apply edits to media.

    `span` is the start and the end of the media, and when the last frame begins: after the end
    where frames are reordered and no edit compensates for that.

    `scales` are the ticks per second of the file and of the track. The last edit of a
    `growing` (fragmented) video covers all that follows, as it was written before the
    fragments.
    """
    movie, media = scales
    begin, end, last = span
    # One tick more: a last frame without a length is shown as well.
    stop = max(end, last) + 1
    unedited = Presentation((end - begin) / media, 0.0, 0.0, ((begin, stop),))
    delay = total = claimed = 0.0
    windows = []
    for number, edit in enumerate(edits, 1):
        seconds = edit.duration / movie
        if edit.media_time == _EMPTY:
            delay += seconds
            continue
        # A rate of 0 holds one frame for the whole edit.
        rate = edit.rate if edit.rate > 0 else 0.0
        available = max(0, end - max(begin, edit.media_time))
        if number == len(edits) and (growing or not edit.duration):
            presentation, seconds = max(0, stop - edit.media_time), available / media
        else:
            presentation = round(seconds * media * rate)
        windows.append((edit.media_time, edit.media_time + presentation))
        claimed += seconds
        total += seconds if rate == 0 else min(presentation, available) / media / rate
    if not total:  # players ignore an edit list that shows nothing
        return unedited
    return Presentation(total, delay, claimed, tuple(windows))


_STILLS: Final = frozenset({b"jpeg", b"png "})
_FASTEST_CLOCK: Final = 2**31 - 1  # ticks a second: players read more as a negative number
_LONGEST_STSD: Final = 1024 * 1024
_VIDEO: Final = frozenset({b"vide", b"pict"})  # video tracks, and image sequences in HEIC and AVIF


@dataclass(frozen=True, slots=True)
class Movie:
    """What all tracks of a file share."""

    clock: Clock
    matrix: tuple[int, ...]
    fragmented: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A length in seconds in a header, and the measured lengths that it may stand for."""

    seconds: float
    measured: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RawTrack:
    """The boxes of a track."""

    header: TrackHeader
    clock: Clock  # of its media
    handler: bytes
    stsd: bytes  # how its samples are coded
    entries: tuple[SampleEntry, ...]
    edits: tuple[Edit, ...]
    samples: Samples
    chapters: frozenset[int]  # tracks with the names and images of this one's chapters


@dataclass(frozen=True, slots=True)
class Track:
    """What a player shows of a track. Times are in seconds."""

    id: int
    handler: str  # "vide", "soun", "text", ...
    entries: tuple[SampleEntry, ...]
    enabled: bool
    cover: bool  # cover art or chapter images, not a video
    rotation: int  # degrees clockwise
    samples: int
    frames: int  # samples that are shown
    media_duration: float  # of all samples
    duration: float  # of what is shown
    delay: float  # before it begins
    fps: float | None
    vfr: bool
    end_of_data: int  # offset in the file
    first_locations: tuple[tuple[int, int], ...]  # offset and size of the first samples
    chunk_table: ChunkTable  # without fragments
    stsd: bytes
    display_size: bytes
    claims: tuple[Claim, ...]

    @property
    def encrypted(self) -> bool:
        """Whether it needs a key."""
        return any(entry.encrypted for entry in self.entries)

    @property
    def end(self) -> float:
        """When a player has shown all of it."""
        return self.delay + self.duration


def read_track(source: Source, trak: Box) -> RawTrack | None:
    """Read the boxes of a track; None where required ones are missing."""
    inside = children(source, trak)
    if not {b"tkhd", b"mdia"} <= inside.keys():
        return None
    media = children(source, inside[b"mdia"])
    if b"minf" not in media:
        return None
    stbl = children(source, media[b"minf"]).get(b"stbl")
    if stbl is None:
        return None
    handler = payload(source, media.get(b"hdlr"))[8:12]
    stsd = children(source, stbl).get(b"stsd")
    return RawTrack(
        header=read_track_header(payload(source, inside[b"tkhd"])),
        clock=read_clock(payload(source, media.get(b"mdhd"))),
        handler=handler,
        stsd=payload(source, stsd, _LONGEST_STSD),
        entries=read_entries(source, stsd, handler),
        edits=read_edits(source, trak),
        samples=read_samples(source, stbl),
        chapters=_chapter_tracks(source, inside.get(b"tref")),
    )


def _chapter_tracks(source: Source, tref: Box | None) -> frozenset[int]:
    if tref is None:
        return frozenset()
    return frozenset(unpack(payload(source, children(source, tref).get(b"chap")), "I"))


def build_tracks(raws: Iterable[RawTrack], movie: Movie) -> tuple[Track, ...]:
    """Apply edits and rotations to the tracks, and recognise cover art."""
    raws = tuple(raws)
    chapters = frozenset().union(*(raw.chapters for raw in raws))
    media = [raw for raw in raws if raw.handler in {b"vide", b"soun"} and raw.samples.count]
    return tuple(
        _build_track(
            raw, movie, cover=raw.header.id in chapters or (_is_still(raw) and len(media) > 1)
        )
        for raw in raws
    )


def _is_still(raw: RawTrack) -> bool:
    codecs = {entry.codec for entry in raw.entries}
    return raw.handler == b"vide" and raw.samples.count == 1 and codecs <= _STILLS


def _build_track(raw: RawTrack, movie: Movie, *, cover: bool) -> Track:
    samples, scale = raw.samples, raw.clock.scale or 1
    is_video = raw.handler in _VIDEO
    times = presentation_times(samples) if is_video else []
    begin = times[0] if times else samples.first
    total = samples.durations.total()
    scales = (movie.clock.scale or 1, scale)
    span = begin, begin + total, times[-1] if times else begin
    presentation = apply_edits(raw.edits, span, scales, growing=movie.fragmented)
    if scale > _FASTEST_CLOCK:  # only the header gives a length
        presentation = replace(presentation, duration=(raw.header.duration or 0) / scales[0])
    # Of a video with too many frames to inspect, all count as shown.
    is_whole = len(times) == samples.count
    return Track(
        id=raw.header.id,
        handler=raw.handler.decode("latin-1"),
        entries=raw.entries,
        enabled=raw.header.enabled,
        cover=cover,
        rotation=rotation(raw.header.matrix, movie.matrix) if is_video else 0,
        samples=samples.count,
        frames=len(times_within(times, presentation.windows)) if is_whole else samples.count,
        media_duration=total / scale,
        duration=presentation.duration,
        delay=presentation.delay,
        fps=samples.count * scale / total if is_video and total else None,
        vfr=is_variable(times_within(times, [presentation.span]), scale),
        end_of_data=samples.end_of_data,
        first_locations=samples.first_locations,
        chunk_table=samples.chunk_table,
        stsd=raw.stsd,
        display_size=raw.header.display_size,
        claims=() if movie.fragmented else _claims(raw, scales, presentation),
    )


def _claims(
    raw: RawTrack, scales: tuple[int, int], presentation: Presentation
) -> tuple[Claim, ...]:
    """Collect the lengths in headers, except those written before the fragments."""
    movie, media = scales
    measured = (
        presentation.delay + presentation.duration,
        presentation.duration,
        raw.samples.durations.total() / media,
    )
    claims = [presentation.claimed] if presentation.claimed else []
    if raw.header.duration:  # 0 is common; players ignore it
        claims.append(raw.header.duration / movie)
    if raw.clock.duration is not None:
        claims.append(raw.clock.duration / media)
    return tuple(Claim(seconds, measured) for seconds in claims)
