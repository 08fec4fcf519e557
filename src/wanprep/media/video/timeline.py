"""Read the index of an ISO media file, and compare the lengths in its headers with its samples."""

from __future__ import annotations

import zlib
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.source import Bytes
from wanprep.media.video.boxes import Box, boxes, children, find, has_location, payload
from wanprep.media.video.tracks import (
    Claim,
    Movie,
    RawTrack,
    Track,
    build_tracks,
    read_clock,
    read_movie_matrix,
    read_track,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.media.source import Source


_TOLERANCE: Final = 0.1  # seconds by which correct headers are off
_UNPACKED: Final = 16 * 1024 * 1024
_MEASURES: Final = (attrgetter("end"), attrgetter("duration"), attrgetter("media_duration"))


@dataclass(frozen=True, slots=True)
class Timeline:
    """The tracks of a file, the lengths in its headers, and whether it has a location."""

    tracks: tuple[Track, ...]
    claims: tuple[Claim, ...]
    gps: bool

    def of(self, *handlers: str) -> tuple[Track, ...]:
        """Return the tracks of these kinds, in this order, enabled ones first.

        Cover art is left out, and tracks without samples, unless there are no others.
        """
        chosen = [t for t in self.tracks if t.handler in handlers and not t.cover]
        chosen = [t for t in chosen if t.samples] or chosen
        return tuple(sorted(chosen, key=lambda t: (handlers.index(t.handler), not t.enabled)))

    def mismatch(self) -> str | None:
        """Describe a header whose length is not that of the samples."""
        media = self.of("vide", "soun")
        tolerance = max([_TOLERANCE, *(1 / track.fps for track in media if track.fps)])
        for claim in (*self.claims, *(claim for track in media for claim in track.claims)):
            if all(abs(facts - claim.seconds) > tolerance for facts in claim.measured):
                real = claim.measured[0]
                return f"its header gives {claim.seconds:,.2f} s, its samples {real:,.2f} s"
        return None


def read_timeline(source: Source, moov: Box, moofs: Sequence[Box] = ()) -> Timeline:
    """Read the index of a file, and those of its fragments."""
    index = _index(source, moov)
    root = Box(moov.kind, 0, 0, index.size)
    inside = children(index, root)
    mvhd = payload(index, inside.get(b"mvhd"))
    movie = Movie(read_clock(mvhd), read_movie_matrix(mvhd), fragmented=bool(moofs))
    traks = [box for box in boxes(index) if box.kind == b"trak"]
    raws = [raw for box in traks if (raw := read_track(index, box)) is not None]
    tracks = build_tracks(raws, movie)
    lengths = _possible_lengths(tracks)
    ticks = movie.clock.duration
    claims = [] if ticks is None else [ticks]
    if moofs:
        mvex = inside.get(b"mvex")
        tracks = build_tracks(_with_fragments(source, moofs, index, mvex, raws), movie)
        # The header may give the length of the samples before the first fragment.
        lengths = (*_possible_lengths(tracks), *lengths)
        claims = [claim for claim in (ticks, _mehd(index, mvex)) if claim]
    scale = movie.clock.scale
    return Timeline(
        tracks=tracks,
        claims=tuple(Claim(ticks / scale, lengths) for ticks in claims if scale and lengths),
        gps=has_location(index, root),
    )


def _index(source: Source, moov: Box) -> Bytes:
    data = payload(source, moov)
    if data[4:8] != b"cmov":
        return Bytes(data)
    # QuickTime could compress its index (QTFF, "Compressed Movie Resources").
    packed = Bytes(data)
    cmvd = payload(packed, find(packed, Box(b"moov", 0, 0, len(data)), b"cmov", b"cmvd"))
    unpacked = Bytes(zlib.decompressobj().decompress(cmvd[4:], _UNPACKED))
    return Bytes(payload(unpacked, next(boxes(unpacked), None)))


def _with_fragments(
    source: Source, moofs: Sequence[Box], index: Source, mvex: Box | None, raws: list[RawTrack]
) -> list[RawTrack]:
    from wanprep.media.video.fragments import add_fragments, read_defaults

    defaults = read_defaults(index, mvex) if mvex else {}
    samples = {raw.header.id: raw.samples for raw in raws}
    extended = add_fragments(source, moofs, defaults, samples)
    return [replace(raw, samples=extended[raw.header.id]) for raw in raws]


def _mehd(index: Source, mvex: Box | None) -> int:
    return int.from_bytes(payload(index, find(index, mvex, b"mehd"))[4:]) if mvex else 0


def _possible_lengths(tracks: Sequence[Track]) -> tuple[float, ...]:
    """Return the lengths that a correct header may give, the likeliest first."""
    media = [track for track in tracks if track.handler in {"vide", "soun"} and not track.cover]
    presented = [track for track in media if track.enabled]
    return tuple(
        max(map(measure, group))
        for group in (presented, media, tracks)
        if group
        for measure in _MEASURES
    )
