"""Read the tracks of an ISO media file: sample descriptions (14496-12 8.5.2), samples, edits."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.media.source import Bytes
from wanprep.media.video.boxes import Box, boxes, children, payload
from wanprep.media.video.frame_times import shown_at, varies, within
from wanprep.media.video.headers import (
    Clock,
    Edit,
    Shown,
    TrackHeader,
    read_clock,
    read_edits,
    read_track_header,
    rotation,
    show,
)
from wanprep.media.video.sample_tables import Places, Samples, read_samples, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.media.source import Source
    from wanprep.media.video.boxes import Box

# What stands before the boxes inside an entry: 14496-12 12.1.3 and 12.2.3; QuickTime's audio
# descriptions of version 1 and 2 are longer (QTFF, "Sound Sample Descriptions").
_VIDEO_FIELDS: Final = 78
_AUDIO_FIELDS: Final = {0: 28, 1: 44, 2: 64}
_PRORES_4444: Final = frozenset({b"ap4h", b"ap4x"})
_DEPTH_WITH_ALPHA: Final = 32  # against 24 (QTFF, "Video Sample Description")
_ENCRYPTED: Final = frozenset({b"encv", b"enca", b"drmi", b"drms", b"aavd"})
_DOLBY_VISION: Final = frozenset({b"dvh1", b"dvhe", b"dva1", b"dvav", b"dav1"})
_DOLBY_BOXES: Final = frozenset({b"dvcC", b"dvvC", b"dvwC"})
_HDR_TRANSFERS: Final = frozenset({16, 18})  # PQ and HLG (ISO/IEC 23091-2 8.2)
_LONGEST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SampleEntry:
    """How some samples of a track are coded."""

    codec: bytes
    encrypted: bool
    width: int = 0
    height: int = 0
    sar: float | None = None
    hdr: bool = False
    alpha: bool = False
    channels: int = 0
    sample_rate: int = 0


def read_entries(source: Source, stsd: Box | None, handler: bytes) -> tuple[SampleEntry, ...]:
    """Return the entries of a sample description; most tracks have one."""
    if stsd is None:
        return ()
    entries = boxes(source, stsd.start + 8, stsd.end)
    return tuple(_entry(box, payload(source, box, _LONGEST), handler) for box in entries)


def _entry(box: Box, data: bytes, handler: bytes) -> SampleEntry:
    if handler in {b"vide", b"pict", b"auxv"} and len(data) >= _VIDEO_FIELDS:
        inside = dict(_inside(data, _VIDEO_FIELDS))
        width, height = struct.unpack_from(">HH", data, 24)
        return SampleEntry(
            codec=box.kind,
            encrypted=box.kind in _ENCRYPTED or b"sinf" in inside,
            width=width,
            height=height,
            sar=_sar(inside.get(b"pasp", b"")),
            hdr=_is_hdr(box.kind, inside),
            alpha=box.kind in _PRORES_4444 and data[75] == _DEPTH_WITH_ALPHA,
        )
    encrypted = box.kind in _ENCRYPTED
    if handler == b"soun" and len(data) >= _AUDIO_FIELDS[0]:
        # The ISO format has a version 1 as well, which is no longer than version 0.
        starts = {_AUDIO_FIELDS[0], _AUDIO_FIELDS.get(data[9], _AUDIO_FIELDS[0])}
        channels, sample_rate = struct.unpack_from(">H6xI", data, 16)
        return SampleEntry(
            codec=box.kind,
            encrypted=encrypted
            or any(kind == b"sinf" for start in starts for kind, _ in _inside(data, start)),
            channels=channels,
            sample_rate=sample_rate >> 16,
        )
    return SampleEntry(codec=box.kind, encrypted=encrypted)


def _inside(data: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    source = Bytes(data)
    for box in boxes(source, start):
        yield box.kind, payload(source, box)


def _sar(pasp: bytes) -> float | None:
    if len(pasp) < 8:
        return None
    across, down = struct.unpack_from(">II", pasp)
    return across / down if across and down else None


def _is_hdr(codec: bytes, inside: dict[bytes, bytes]) -> bool:
    if codec in _DOLBY_VISION or inside.keys() & _DOLBY_BOXES:
        return True
    return is_hdr_colour(inside.get(b"colr", b""))


def is_hdr_colour(colr: bytes) -> bool:
    """Return whether a colour box gives one of the two transfers of high dynamic range."""
    if colr[:4] not in {b"nclx", b"nclc"} or len(colr) < 8:
        return False
    return int.from_bytes(colr[6:8], "big") in _HDR_TRANSFERS


_STILLS: Final = frozenset({b"jpeg", b"png "})
_FASTEST_CLOCK: Final = 2**31 - 1  # ticks a second: players read more as a negative number
_LONGEST_STSD: Final = 1024 * 1024
_VIDEO: Final = frozenset({b"vide", b"pict"})  # videos, and sequences in HEIC and AVIF


@dataclass(frozen=True, slots=True)
class Movie:
    """What all tracks of a video share."""

    clock: Clock
    matrix: tuple[int, ...]
    fragmented: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A length in seconds that a header gives, and the lengths that would bear it out."""

    seconds: float
    found: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RawTrack:
    """A track as it lies in the index."""

    header: TrackHeader
    clock: Clock  # of its media
    handler: bytes
    stsd: bytes  # how its samples are coded
    entries: tuple[SampleEntry, ...]
    edits: tuple[Edit, ...]
    samples: Samples
    chapters: frozenset[int]  # tracks that only hold this one's chapter names and frames


@dataclass(frozen=True, slots=True)
class Track:
    """What a player makes of a track. Times are in seconds."""

    id: int
    handler: str  # "vide", "soun", "text", ...
    entries: tuple[SampleEntry, ...]
    enabled: bool
    cover: bool  # cover art and chapter frames: no video
    rotation: int  # degrees clockwise a player turns the frame
    samples: int
    frames: int  # samples that are shown
    media_duration: float  # of all samples
    duration: float  # of what is shown
    delay: float  # before the first of them
    fps: float | None
    vfr: bool
    reach: int  # where the last sample ends in the file
    beginning: tuple[tuple[int, int], ...]  # where the first samples lie, and how long they are
    places: Places  # of those that the index itself lists
    stsd: bytes  # how the samples are coded
    display_size: bytes
    claims: tuple[Claim, ...]

    @property
    def encrypted(self) -> bool:
        """Return whether it needs a key."""
        return any(entry.encrypted for entry in self.entries)

    @property
    def end(self) -> float:
        """Return when a player is through with it."""
        return self.delay + self.duration


def read_track(source: Source, trak: Box) -> RawTrack | None:
    """Read a track's boxes; None where the least that makes a track is missing."""
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
        chapters=_chapters(source, inside.get(b"tref")),
    )


def _chapters(source: Source, tref: Box | None) -> frozenset[int]:
    if tref is None:
        return frozenset()
    return frozenset(unpack(payload(source, children(source, tref).get(b"chap")), "I"))


def finish(raws: Iterable[RawTrack], movie: Movie) -> tuple[Track, ...]:
    """Work out what a player shows of each track."""
    raws = tuple(raws)
    chapters = frozenset().union(*(raw.chapters for raw in raws))
    media = [raw for raw in raws if raw.handler in {b"vide", b"soun"} and raw.samples.count]
    return tuple(
        _finish(
            raw,
            movie,
            cover=raw.header.id in chapters or (_is_image(raw) and len(media) > 1),
        )
        for raw in raws
    )


def _is_image(raw: RawTrack) -> bool:
    codecs = {entry.codec for entry in raw.entries}
    return raw.handler == b"vide" and raw.samples.count == 1 and codecs <= _STILLS


def _finish(raw: RawTrack, movie: Movie, *, cover: bool) -> Track:
    samples, scale = raw.samples, raw.clock.scale or 1
    is_video = raw.handler in _VIDEO
    times = shown_at(samples) if is_video else []
    begin = times[0] if times else samples.first
    total = samples.durations.total()
    scales = (movie.clock.scale or 1, scale)
    span = begin, begin + total, times[-1] if times else begin
    shown = show(raw.edits, span, scales, growing=movie.fragmented)
    if scale > _FASTEST_CLOCK:  # the samples cannot be timed: the header is all there is
        shown = replace(shown, duration=(raw.header.duration or 0) / scales[0])
    # Of a video too long to be looked at in full, all frames count as shown.
    is_whole = len(times) == samples.count
    return Track(
        id=raw.header.id,
        handler=raw.handler.decode("latin-1"),
        entries=raw.entries,
        enabled=raw.header.enabled,
        cover=cover,
        rotation=rotation(raw.header.matrix, movie.matrix) if is_video else 0,
        samples=samples.count,
        frames=len(within(times, shown.windows)) if is_whole else samples.count,
        media_duration=total / scale,
        duration=shown.duration,
        delay=shown.delay,
        fps=samples.count * scale / total if is_video and total else None,
        vfr=varies(within(times, [shown.span]), scale),
        reach=samples.reach,
        beginning=samples.beginning,
        places=samples.places,
        stsd=raw.stsd,
        display_size=raw.header.display_size,
        claims=() if movie.fragmented else _claims(raw, scales, shown),
    )


def _claims(raw: RawTrack, scales: tuple[int, int], shown: Shown) -> tuple[Claim, ...]:
    """Collect what headers claim; a fragmented video's were written before there was anything."""
    movie, media = scales
    found = (shown.delay + shown.duration, shown.duration, raw.samples.durations.total() / media)
    claims = [shown.claimed] if shown.claimed else []
    if raw.header.duration:  # 0 is common: players do not look at it
        claims.append(raw.header.duration / movie)
    if raw.clock.duration is not None:
        claims.append(raw.clock.duration / media)
    return tuple(Claim(seconds, found) for seconds in claims)
