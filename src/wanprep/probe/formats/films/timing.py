"""Read out of a film's index what its headers only claim: frames, lengths, rates, turns.

A header is written by whoever wrote the file, and is wrong in files that were cut, joined
or streamed. The sample tables are what a player goes by, so here they are believed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.boxes import Box, boxes, children, find, payload
from wanprep.probe.formats.films.fragment_boxes import read_defaults
from wanprep.probe.formats.films.fragments import add_fragments
from wanprep.probe.formats.films.headers import read_clock, read_film_matrix
from wanprep.probe.formats.films.location import has_location
from wanprep.probe.formats.films.tracks import Claim, Film, RawTrack, Track, finish, read_track
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.probe.source import Source

_TOLERANCE: Final = 0.1  # seconds by which honest headers are off
_UNPACKED: Final = 16 * 1024 * 1024
_MEASURES: Final = (attrgetter("end"), attrgetter("duration"), attrgetter("media_duration"))


@dataclass(frozen=True, slots=True)
class Timeline:
    """A film's tracks, what its headers claim of its length, and whether it says where it was."""

    tracks: tuple[Track, ...]
    claims: tuple[Claim, ...]
    gps: bool

    def of(self, *handlers: str) -> tuple[Track, ...]:
        """Return the tracks of these kinds, in this order, those first that are switched on.

        Cover art is left out; so are tracks without samples, unless there is nothing else.
        """
        wanted = [t for t in self.tracks if t.handler in handlers and not t.cover]
        wanted = [t for t in wanted if t.samples] or wanted
        return tuple(sorted(wanted, key=lambda t: (handlers.index(t.handler), not t.enabled)))

    def disagreement(self) -> str | None:
        """Tell of a header that gives another length than the samples have."""
        media = self.of("vide", "soun")
        tolerance = max([_TOLERANCE, *(1 / track.fps for track in media if track.fps)])
        for claim in (*self.claims, *(claim for track in media for claim in track.claims)):
            if all(abs(found - claim.says) > tolerance for found in claim.found):
                real = claim.found[0]
                return f"its header says {claim.says:,.2f} s, its samples last {real:,.2f} s"
        return None


def read_timeline(source: Source, moov: Box, moofs: Sequence[Box] = ()) -> Timeline:
    """Read a film's index, and those of its fragments if it has any."""
    index = _index(source, moov)
    root = Box(moov.kind, 0, 0, index.size)
    inside = children(index, root)
    mvhd = payload(index, inside.get(b"mvhd"))
    film = Film(read_clock(mvhd), read_film_matrix(mvhd), fragmented=bool(moofs))
    traks = [box for box in boxes(index) if box.kind == b"trak"]
    raws = [raw for box in traks if (raw := read_track(index, box)) is not None]
    tracks = finish(raws, film)
    lengths = _lengths(tracks)
    says = film.clock.duration
    claims = [] if says is None else [says]
    if moofs:
        mvex = inside.get(b"mvex")
        tracks = finish(_with_fragments(source, moofs, index, mvex, raws), film)
        # The film's header may give the length of what came before the first fragment.
        lengths = (*_lengths(tracks), *lengths)
        claims = [ticks for ticks in (says, _mehd(index, mvex)) if ticks]
    scale = film.clock.scale
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
    defaults = read_defaults(index, mvex) if mvex else {}
    samples = {raw.header.id: raw.samples for raw in raws}
    grown = add_fragments(source, moofs, defaults, samples)
    return [replace(raw, samples=grown[raw.header.id]) for raw in raws]


def _mehd(index: Source, mvex: Box | None) -> int:
    return int.from_bytes(payload(index, find(index, mvex, b"mehd"))[4:]) if mvex else 0


def _lengths(tracks: Sequence[Track]) -> tuple[float, ...]:
    """Return the lengths that a film of these tracks may honestly claim, the likeliest first."""
    media = [track for track in tracks if track.handler in {"vide", "soun"} and not track.cover]
    presented = [track for track in media if track.enabled]
    return tuple(
        max(map(measure, group))
        for group in (presented, media, tracks)
        if group
        for measure in _MEASURES
    )
