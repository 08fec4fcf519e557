"""Read ISO media files: MP4, MOV, M4A, 3GP.

A header is wrong in files that were cut, joined or streamed. The sample tables are what a
player goes by: they give the lengths, rates and numbers of frames, and whether all samples
are in the file. libmediainfo names the codecs.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from wanprep.media.mediainfo import as_found, shown_size
from wanprep.media.source import Bytes
from wanprep.media.video.boxes import Box, boxes, brand_format, children, find, payload
from wanprep.media.video.excerpt import streams_of
from wanprep.media.video.fragments import add_fragments, read_defaults
from wanprep.media.video.headers import has_location, read_clock, read_movie_matrix
from wanprep.media.video.tracks import Claim, Movie, RawTrack, Track, finish, read_track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.media.facts import Found
    from wanprep.media.mediainfo import Streams, VideoStream
    from wanprep.media.source import Source
    from wanprep.media.video.tracks import Track

_TOLERANCE: Final = 0.1  # seconds by which honest headers are off
_UNPACKED: Final = 16 * 1024 * 1024
_MEASURES: Final = (attrgetter("end"), attrgetter("duration"), attrgetter("media_duration"))


@dataclass(frozen=True, slots=True)
class Timeline:
    """A video's tracks, what its headers claim of its length, and whether it holds a location."""

    tracks: tuple[Track, ...]
    claims: tuple[Claim, ...]
    gps: bool

    def of(self, *handlers: str) -> tuple[Track, ...]:
        """Return the tracks of these kinds, in this order, those first that are switched on.

        Cover art is left out; so are tracks without samples, unless there is nothing else.
        """
        chosen = [t for t in self.tracks if t.handler in handlers and not t.cover]
        chosen = [t for t in chosen if t.samples] or chosen
        return tuple(sorted(chosen, key=lambda t: (handlers.index(t.handler), not t.enabled)))

    def disagreement(self) -> str | None:
        """Return how a header differs from the length of the samples."""
        media = self.of("vide", "soun")
        tolerance = max([_TOLERANCE, *(1 / track.fps for track in media if track.fps)])
        for claim in (*self.claims, *(claim for track in media for claim in track.claims)):
            if all(abs(found - claim.seconds) > tolerance for found in claim.found):
                real = claim.found[0]
                return f"its header says {claim.seconds:,.2f} s, its samples last {real:,.2f} s"
        return None


def read_timeline(source: Source, moov: Box, moofs: Sequence[Box] = ()) -> Timeline:
    """Read a video's index, and those of its fragments if it has any."""
    index = _index(source, moov)
    root = Box(moov.kind, 0, 0, index.size)
    inside = children(index, root)
    mvhd = payload(index, inside.get(b"mvhd"))
    movie = Movie(read_clock(mvhd), read_movie_matrix(mvhd), fragmented=bool(moofs))
    traks = [box for box in boxes(index) if box.kind == b"trak"]
    raws = [raw for box in traks if (raw := read_track(index, box)) is not None]
    tracks = finish(raws, movie)
    lengths = _lengths(tracks)
    ticks = movie.clock.duration
    claims = [] if ticks is None else [ticks]
    if moofs:
        mvex = inside.get(b"mvex")
        tracks = finish(_with_fragments(source, moofs, index, mvex, raws), movie)
        # The video's header may give the length of what came before the first fragment.
        lengths = (*_lengths(tracks), *lengths)
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
    defaults = read_defaults(index, mvex) if mvex else {}
    samples = {raw.header.id: raw.samples for raw in raws}
    grown = add_fragments(source, moofs, defaults, samples)
    return [replace(raw, samples=grown[raw.header.id]) for raw in raws]


def _mehd(index: Source, mvex: Box | None) -> int:
    return int.from_bytes(payload(index, find(index, mvex, b"mehd"))[4:]) if mvex else 0


def _lengths(tracks: Sequence[Track]) -> tuple[float, ...]:
    """Return the lengths that a video of these tracks may honestly claim, the likeliest first."""
    media = [track for track in tracks if track.handler in {"vide", "soun"} and not track.cover]
    presented = [track for track in media if track.enabled]
    return tuple(
        max(map(measure, group))
        for group in (presented, media, tracks)
        if group
        for measure in _MEASURES
    )


# Decoders cut frames to a size that is no multiple of their blocks, containers may not.
_ALIGNMENT: Final = 16


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the boxes that matter lie in a file."""

    ftyp: bytes
    moov: Box | None
    moofs: tuple[Box, ...]  # those that are whole
    needed: int  # bytes of the file, if the last of them is not


def read_movie(source: Source) -> Found:
    """Read an ISO media file, as long as its samples last."""
    layout = _layout(source)
    name = brand_format(layout.ftyp)
    found: Found = {"kind": "audio" if name == "m4a" else "video"}
    problem = _index_problem(source, layout.moov)
    if layout.moov is not None and problem is None:
        try:
            timeline = read_timeline(source, layout.moov, layout.moofs)
        except (ArithmeticError, LookupError, ValueError, struct.error, zlib.error):
            problem = "damaged: the tables of its index make no sense"
        else:
            found = _found(source, layout, timeline)
    found["format"] = name
    return found if problem is None else found | {"readable": False, "problem": problem}


def _found(source: Source, layout: _Layout, timeline: Timeline) -> Found:
    tracks = timeline.of("vide", "soun")
    streams = streams_of(source, layout.ftyp, tracks)
    found = as_found(streams) | _measured(streams, tracks)
    found["gps"] = timeline.gps
    problem = _unusable(source, layout, tracks)
    found["readable"] = problem is None
    if problem and "frames" in found:
        found["frames"] = _seen(source, tracks[0])
    problem = problem or size_disagreement(streams, tracks) or timeline.disagreement()
    return found if problem is None else found | {"problem": problem}


def _index_problem(source: Source, moov: Box | None) -> str | None:
    if moov is None:
        return "cut off or unfinished: its index (moov) is missing"
    return _cut_off(source, moov.end + moov.missing) if moov.missing else None


def _layout(source: Source) -> _Layout:
    ftyp, moofs, needed = b"", [], 0
    moov: Box | None = None
    for box in boxes(source):
        if box.kind in {b"ftyp", b"styp"} and not ftyp:  # a segment alone has only the latter
            ftyp = payload(source, box)
        elif box.kind == b"moov" and moov is None:
            moov = box
        elif box.kind == b"moof" and not box.missing:
            moofs.append(box)
        elif box.kind == b"moof":
            needed = box.end + box.missing
    return _Layout(ftyp, moov, tuple(moofs), needed)


def _measured(streams: Streams, tracks: Sequence[Track]) -> Found:
    """Return what the tables know better than any header."""
    found: Found = {}
    presented = [track for track in tracks if track.enabled] or tracks
    if presented:
        found["duration"] = round(max(track.end for track in presented), 6)
    if audios := [track for track in tracks if track.handler == "soun"]:
        found["audio_duration"] = round(audios[0].duration, 6)
    if streams.videos:
        found |= _video_measured(streams.videos[0], tracks[0])
    return found


def _video_measured(stream: VideoStream, track: Track) -> Found:
    found: Found = {
        "frames": track.frames,
        "vfr": track.vfr,
        "video_duration": round(track.duration, 6),
        "rotation": track.rotation,
        "hdr": stream.hdr or any(entry.hdr for entry in track.entries),
        "alpha": stream.alpha or any(entry.alpha for entry in track.entries),
    }
    if track.fps:
        found["fps"] = round(track.fps, 6)
    sar = next((entry.sar for entry in track.entries if entry.sar), stream.sar)
    if stream.width and stream.height:
        found |= shown_size(stream.width, stream.height, track.rotation, sar)
    return found


def _unusable(source: Source, layout: _Layout, tracks: Sequence[Track]) -> str | None:
    if not tracks:
        return "there is neither a video nor an audio track in it"
    if any(track.encrypted for track in tracks):
        return "encrypted: it cannot be played without a key"
    reach = max(layout.needed, *(track.reach for track in tracks))
    if reach > source.size:
        return _cut_off(source, reach)
    if not any(track.samples for track in tracks):
        return "empty: its index lists no frames and no audio"
    return None


def _seen(source: Source, track: Track) -> int:
    """Count the playable frames of a video that is encrypted or not all there."""
    return 0 if track.encrypted else min(track.frames, track.places.before(source.size))


def _cut_off(source: Source, needed: int) -> str:
    return f"cut off: {source.size:,} of at least {needed:,} bytes are there"


def size_disagreement(streams: Streams, tracks: Sequence[Track]) -> str | None:
    """Return how the size in the container differs from the size in the stream."""
    if not streams.videos or len(tracks[0].entries) != 1:
        return None
    entry, stream = tracks[0].entries[0], streams.videos[0]
    if stream.width is None or stream.height is None:
        return None
    header, real = (entry.width, entry.height), (stream.width, stream.height)
    if all(abs(a - b) < _ALIGNMENT for a, b in zip(header, real, strict=True)):
        return None
    return f"its header says {header[0]} x {header[1]} pixels, its frame has {real[0]} x {real[1]}"
