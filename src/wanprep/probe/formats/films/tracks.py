"""Put together what a film's index tells of one track."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.boxes import children, payload
from wanprep.probe.formats.films.edits import Edit, Shown, read_edits, show
from wanprep.probe.formats.films.headers import (
    Clock,
    TrackHeader,
    read_clock,
    read_track_header,
    rotation,
)
from wanprep.probe.formats.films.pacing import shown_at, varies, within
from wanprep.probe.formats.films.sample_entries import SampleEntry, read_entries
from wanprep.probe.formats.films.sample_tables import Places, Samples, read_samples, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.probe.formats.films.boxes import Box
    from wanprep.probe.source import Source

_STILLS: Final = frozenset({b"jpeg", b"png "})
_FASTEST_CLOCK: Final = 2**31 - 1  # ticks a second: players read more as a negative number
_LONGEST_STSD: Final = 1024 * 1024
_PICTURES: Final = frozenset({b"vide", b"pict"})  # films, and sequences in HEIC and AVIF


@dataclass(frozen=True, slots=True)
class Film:
    """What all tracks of a film share."""

    clock: Clock
    matrix: tuple[int, ...]
    fragmented: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A length in seconds that a header gives, and the lengths that would bear it out."""

    says: float
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
    chapters: frozenset[int]  # tracks that only hold this one's chapter names and pictures


@dataclass(frozen=True, slots=True)
class Track:
    """What a player makes of a track. Times are in seconds."""

    id: int
    handler: str  # "vide", "soun", "text", ...
    entries: tuple[SampleEntry, ...]
    enabled: bool
    cover: bool  # cover art and chapter pictures: no film
    rotation: int  # degrees clockwise a player turns the picture
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
        """Tell whether it needs a key."""
        return any(entry.encrypted for entry in self.entries)

    @property
    def end(self) -> float:
        """Tell when a player is through with it."""
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


def finish(raws: Iterable[RawTrack], film: Film) -> tuple[Track, ...]:
    """Work out what a player shows of each track."""
    raws = tuple(raws)
    chapters = frozenset().union(*(raw.chapters for raw in raws))
    media = [raw for raw in raws if raw.handler in {b"vide", b"soun"} and raw.samples.count]
    return tuple(
        _finish(
            raw,
            film,
            cover=raw.header.id in chapters or (_is_picture(raw) and len(media) > 1),
        )
        for raw in raws
    )


def _is_picture(raw: RawTrack) -> bool:
    codecs = {entry.codec for entry in raw.entries}
    return raw.handler == b"vide" and raw.samples.count == 1 and codecs <= _STILLS


def _finish(raw: RawTrack, film: Film, *, cover: bool) -> Track:
    samples, scale = raw.samples, raw.clock.scale or 1
    is_film = raw.handler in _PICTURES
    times = shown_at(samples) if is_film else []
    begin = times[0] if times else samples.first
    total = samples.durations.total()
    scales = (film.clock.scale or 1, scale)
    span = begin, begin + total, times[-1] if times else begin
    shown = show(raw.edits, span, scales, growing=film.fragmented)
    if scale > _FASTEST_CLOCK:  # the samples cannot be timed: the header is all there is
        shown = replace(shown, duration=(raw.header.duration or 0) / scales[0])
    # Of a film too long to be looked at in full, all frames count as shown.
    is_whole = len(times) == samples.count
    return Track(
        id=raw.header.id,
        handler=raw.handler.decode("latin-1"),
        entries=raw.entries,
        enabled=raw.header.enabled,
        cover=cover,
        rotation=rotation(raw.header.matrix, film.matrix) if is_film else 0,
        samples=samples.count,
        frames=len(within(times, shown.windows)) if is_whole else samples.count,
        media_duration=total / scale,
        duration=shown.duration,
        delay=shown.delay,
        fps=samples.count * scale / total if is_film and total else None,
        vfr=varies(within(times, [shown.span]), scale),
        reach=samples.reach,
        beginning=samples.beginning,
        places=samples.places,
        stsd=raw.stsd,
        display_size=raw.header.display_size,
        claims=() if film.fragmented else _claims(raw, scales, shown),
    )


def _claims(raw: RawTrack, scales: tuple[int, int], shown: Shown) -> tuple[Claim, ...]:
    """Collect what headers claim; a fragmented film's were written before there was anything."""
    film, media = scales
    found = (shown.delay + shown.duration, shown.duration, raw.samples.durations.total() / media)
    claims = [shown.claimed] if shown.claimed else []
    if raw.header.duration:  # 0 is common: players do not look at it
        claims.append(raw.header.duration / film)
    if raw.clock.duration is not None:
        claims.append(raw.clock.duration / media)
    return tuple(Claim(says, found) for says in claims)
