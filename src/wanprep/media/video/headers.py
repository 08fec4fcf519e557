"""The headers of an ISO media file and its tracks: time scales, rotation, edit lists, location.

ISO/IEC 14496-12 8.2.2, 8.3.2, 8.4.2 and 8.6.6. Headers come with 32-bit or with 64-bit times.
An edit list states which part of its media a player shows, and when. An edit may be empty
(nothing is shown for a while), begin inside the media (what comes before is needed for
decoding only), end before them, or be one of many.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.media.video.boxes import boxes, children, find, meta_boxes, payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.media.source import Source
    from wanprep.media.video.boxes import Box

_ENABLED: Final = 0x1
_MATRIX: Final = struct.Struct(">9i")
UPRIGHT: Final = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True, slots=True)
class Clock:
    """Ticks per second, and a claimed length in ticks (None where it is "not known")."""

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
    """Read the clock of a file (mvhd) or of a track's media (mdhd)."""
    if len(header) < 20:
        return Clock(0, None)
    if header[0]:
        scale, duration = struct.unpack_from(">IQ", header, 20)
        return Clock(scale, _known(duration, 64))
    scale, duration = struct.unpack_from(">II", header, 12)
    return Clock(scale, _known(duration, 32))


def read_movie_matrix(mvhd: bytes) -> tuple[int, ...]:
    """Return the matrix that turns the whole video."""
    if len(mvhd) < 84:
        return UPRIGHT
    return _MATRIX.unpack_from(mvhd, 48 if mvhd[0] else 36)


def read_track_header(tkhd: bytes) -> TrackHeader:
    """Read a track header."""
    wide = tkhd[0]
    track, duration = struct.unpack_from(">I4xQ" if wide else ">I4xI", tkhd, 20 if wide else 12)
    return TrackHeader(
        id=track,
        enabled=bool(tkhd[3] & _ENABLED),
        duration=_known(duration, 64 if wide else 32),
        matrix=_MATRIX.unpack_from(tkhd, 52 if wide else 40),
        display_size=tkhd[88:96] if wide else tkhd[76:84],
    )


def rotation(track: tuple[int, ...], movie: tuple[int, ...]) -> int:
    """Return by how many degrees clockwise, in steps of 90, the matrices turn a frame.

    A mirrored frame counts as ffmpeg has it: by where its upper edge ends up.
    """
    a, b, c, d = movie[0], movie[1], movie[3], movie[4]
    across, down = track[0] * a + track[1] * c, track[0] * b + track[1] * d
    return round(math.degrees(math.atan2(down, across)) / 90) * 90 % 360


def _known(duration: int, bits: int) -> int | None:
    """Take all bits set for what it means: a length that is not known."""
    return None if duration == (1 << bits) - 1 else duration


_MOST: Final = 10_000
_EMPTY: Final = -1
_NORMAL_RATE: Final = 0x10000


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of an edit list."""

    duration: int  # in the ticks of mvhd
    media_time: int  # in the track's, or -1: nothing is shown
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a player shows of a track, in seconds, and from when to when in media time."""

    duration: float
    delay: float  # before it begins
    claimed: float  # the sum of the lengths in the edit list
    windows: tuple[tuple[int, int], ...]

    @property
    def span(self) -> tuple[int, int]:
        """Return from when to when there is anything to see."""
        return min(begin for begin, _ in self.windows), max(end for _, end in self.windows)


def read_edits(source: Source, trak: Box) -> tuple[Edit, ...]:
    """Return the entries of a track's edit list, if it has one."""
    data = payload(source, find(source, trak, b"edts", b"elst"))
    if len(data) < 8:
        return ()
    entry = struct.Struct(">Qqi" if data[0] else ">Iii")
    count = min(int.from_bytes(data[4:8], "big"), (len(data) - 8) // entry.size, _MOST)
    rows = entry.iter_unpack(data[8 : 8 + count * entry.size])
    return tuple(Edit(length, start, rate / _NORMAL_RATE) for length, start, rate in rows)


def show(
    edits: Sequence[Edit], span: tuple[int, int, int], scales: tuple[int, int], *, growing: bool
) -> Shown:
    """Apply edits to media.

    `span` is from when to when they last, and when the last frame begins: where frames are
    reordered and nothing makes up for it, that is past the end of them all.

    `scales` are the ticks per second of the video and of the track. The last edit of a
    `growing` (fragmented) video covers all that follows, whatever length it gives: it was
    written before the fragments were.
    """
    movie, media = scales
    begin, end, last = span
    # One tick more than there is: a last frame of no length is shown as well.
    stop = max(end, last) + 1
    whole = Shown((end - begin) / media, 0.0, 0.0, ((begin, stop),))
    delay = length = claimed = 0.0
    windows = []
    for number, edit in enumerate(edits, 1):
        seconds = edit.duration / movie
        if edit.media_time == _EMPTY:
            delay += seconds
            continue
        # A rate of 0 holds one frame for the whole edit.
        rate = edit.rate if edit.rate > 0 else 0.0
        there = max(0, end - max(begin, edit.media_time))
        if number == len(edits) and (growing or not edit.duration):
            shown, seconds = max(0, stop - edit.media_time), there / media
        else:
            shown = round(seconds * media * rate)
        windows.append((edit.media_time, edit.media_time + shown))
        claimed += seconds
        length += seconds if rate == 0 else min(shown, there) / media / rate
    if not length:  # an edit list that leaves nothing is one that players pass over
        return whole
    return Shown(length, delay, claimed, tuple(windows))


_QUICKTIME: Final = b"\xa9xyz"  # user data of cameras and phones
_3GPP: Final = b"loci"  # 3GPP TS 26.244 8.12
_APPLE_KEY: Final = b"com.apple.quicktime.location.ISO6709"
_LONGEST: Final = 1024 * 1024


def has_location(source: Source, moov: Box) -> bool:
    """Look in the places where phones, cameras and editors leave coordinates."""
    for holder in (moov, find(source, moov, b"udta")):
        if holder is None:
            continue
        inside = children(source, holder)
        if _QUICKTIME in inside or _3GPP in inside:
            return True
        if b"meta" in inside and _in_meta(source, inside[b"meta"]):
            return True
    return False


def _in_meta(source: Source, meta: Box) -> bool:
    inside = meta_boxes(source, meta)
    if b"ilst" not in inside:
        return False
    items = {box.kind for box in boxes(source, inside[b"ilst"].start, inside[b"ilst"].end)}
    if _QUICKTIME in items:
        return True
    keys = payload(source, inside.get(b"keys"), _LONGEST)
    return _APPLE_KEY in keys
