"""Read films and sounds in ISO media files: MP4, MOV, M4A, 3GP.

libmediainfo says how the streams are coded; what is counted and measured comes from the
sample tables, and so does the verdict whether all samples are there.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.boxes import boxes, brand_format, payload
from wanprep.probe.formats.films.film_streams import streams_of
from wanprep.probe.formats.films.timing import Timeline, read_timeline
from wanprep.probe.mediainfo import as_found, shown_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.probe.facts import Found
    from wanprep.probe.formats.films.boxes import Box
    from wanprep.probe.formats.films.tracks import Track
    from wanprep.probe.mediainfo import Streams, VideoStream
    from wanprep.probe.source import Source

# Decoders cut pictures to a size that is no multiple of their blocks, containers may not.
_ALIGNMENT: Final = 16


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the boxes that matter lie in a file."""

    ftyp: bytes
    moov: Box | None
    moofs: tuple[Box, ...]  # those that are whole
    needed: int  # bytes of the file, if the last of them is not


def read_movie(source: Source) -> Found:
    """Tell what a film or a sound in boxes is, and how long it really lasts."""
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
    """Tell what the tables know better than any header."""
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
        return "there is neither a picture nor a sound track in it"
    if any(track.encrypted for track in tracks):
        return "encrypted: it cannot be played without a key"
    reach = max(layout.needed, *(track.reach for track in tracks))
    if reach > source.size:
        return _cut_off(source, reach)
    if not any(track.samples for track in tracks):
        return "empty: its index lists no frames and no sound"
    return None


def _seen(source: Source, track: Track) -> int:
    """Count the frames that can be seen of a film that is encrypted or not all there."""
    return 0 if track.encrypted else min(track.frames, track.places.before(source.size))


def _cut_off(source: Source, needed: int) -> str:
    return f"cut off: {source.size:,} of at least {needed:,} bytes are there"


def size_disagreement(streams: Streams, tracks: Sequence[Track]) -> str | None:
    """Tell of a container that gives its picture another size than the codec does."""
    if not streams.videos or len(tracks[0].entries) != 1:
        return None
    entry, stream = tracks[0].entries[0], streams.videos[0]
    if stream.width is None or stream.height is None:
        return None
    says, real = (entry.width, entry.height), (stream.width, stream.height)
    if all(abs(a - b) < _ALIGNMENT for a, b in zip(says, real, strict=True)):
        return None
    return f"its header says {says[0]} x {says[1]} pixels, its picture has {real[0]} x {real[1]}"
