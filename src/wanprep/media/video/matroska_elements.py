"""Walk the elements of a Matroska file: its tracks, and when each frame is shown.

EBML is RFC 8794, Matroska RFC 9559. Only the heads of the blocks are read. An hour of video has
some 250,000 of them, hence one flat loop: segments and clusters are entered, all else is
skipped. Element numbers are unique over all levels, so the nesting does not matter, nor do the
unknown sizes of live muxers.
"""

from __future__ import annotations

import struct
from dataclasses import field
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.source import at_hand, blocks
from wanprep.media.video.frame_times import Clock, Timestamps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.source import Source


_SHORTEST: Final = 2  # a number and a size of one byte each


def head(data: bytes, at: int) -> tuple[int, int | None, int]:
    """Read an element's number, its size (None means unknown) and the length of the two.

    The number keeps its length marker, as the specifications print it.
    """
    id_length = 9 - data[at].bit_length()
    size_length = 9 - data[at + id_length].bit_length()
    if id_length > 4 or size_length > 8:
        raise ValueError("not an EBML element")
    element = int.from_bytes(data[at : at + id_length], "big")
    length = id_length + size_length
    # All bits set means unknown (RFC 8794, 6.2): the writer could not go back to fill it in.
    unknown = (1 << 7 * size_length) - 1
    size = int.from_bytes(data[at + id_length : at + length], "big") & unknown
    return element, None if size == unknown else size, length


def children(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the elements of a body up to the first invalid one."""
    at = 0
    while at + _SHORTEST <= len(body):
        try:
            element, size, length = head(body, at)
        except (IndexError, ValueError):
            return
        at += length
        if size is None or at + size > len(body):
            return
        yield element, body[at : at + size]
        at += size


def number(body: bytes) -> int:
    """Read an unsigned integer."""
    return int.from_bytes(body[:8], "big")


def real(body: bytes) -> float:
    """Read a floating-point number, which is four or eight bytes long."""
    if len(body) not in {4, 8}:
        return 0.0
    (value,) = struct.unpack(">f" if len(body) == 4 else ">d", body)
    return float(value)


VIDEO: Final = 1
AUDIO: Final = 2

_SECOND: Final = 1_000_000_000
_DEFAULT_TICK: Final = 1_000_000
_ENDLESS: Final = 1e18
_TIMESTAMP_SCALE: Final = 0x2AD7B1
_DURATION: Final = 0x4489

_TRACK_ENTRY: Final = 0xAE
_TRACK_NUMBER: Final = 0xD7
_TRACK_TYPE: Final = 0x83
_CODEC_ID: Final = 0x86
_DEFAULT_DURATION: Final = 0x23E383
_VIDEO: Final = 0xE0
_ALPHA_MODE: Final = 0x53C0
_PROJECTION: Final = 0x7670
_PROJECTION_TYPE: Final = 0x7671
_PROJECTION_POSE_ROLL: Final = 0x7675
_CONTENT_ENCODINGS: Final = 0x6D80
_CONTENT_ENCODING: Final = 0x6240
_CONTENT_ENCODING_TYPE: Final = 0x5033


@dataclass(frozen=True, slots=True)
class Track:
    """One track; `step` is the time between frames in ns, if stated."""

    number: int
    kind: int
    codec: bytes
    step: int | None
    alpha: bool
    rotation: int
    encrypted: bool


def read_clock(body: bytes) -> Clock:
    """Read the Info element: the length of a tick, and of the file."""
    fields = dict(children(body))
    claimed = real(fields.get(_DURATION, b""))
    tick = number(fields.get(_TIMESTAMP_SCALE, b"")) or _DEFAULT_TICK
    return Clock(rate=_SECOND / tick, claimed=claimed if 0 < claimed < _ENDLESS else None)


def read_tracks(body: bytes) -> dict[int, Track]:
    """Read the Tracks element: the tracks by number."""
    tracks = [_track(entry) for element, entry in children(body) if element == _TRACK_ENTRY]
    return {track.number: track for track in tracks}


def _track(entry: bytes) -> Track:
    fields = dict(children(entry))
    video = dict(children(fields.get(_VIDEO, b"")))
    return Track(
        number=number(fields.get(_TRACK_NUMBER, b"")),
        kind=number(fields.get(_TRACK_TYPE, b"")),
        codec=fields.get(_CODEC_ID, b"").rstrip(b"\0"),
        step=number(fields.get(_DEFAULT_DURATION, b"")) or None,
        alpha=number(video.get(_ALPHA_MODE, b"")) == 1,
        rotation=_rotation(dict(children(video.get(_PROJECTION, b"")))),
        encrypted=_is_encrypted(fields.get(_CONTENT_ENCODINGS, b"")),
    )


def _rotation(projection: dict[int, bytes]) -> int:
    """Return the clockwise rotation; the file stores it counterclockwise."""
    if number(projection.get(_PROJECTION_TYPE, b"")) != 0:
        return 0  # the roll of a spherical video
    return round(-real(projection.get(_PROJECTION_POSE_ROLL, b""))) % 360


def _is_encrypted(encodings: bytes) -> bool:
    # ContentEncodingType (RFC 9559, 5.1.4.1.31.4): 0 is compression, 1 encryption.
    return any(
        element == _CONTENT_ENCODING
        and number(dict(children(body)).get(_CONTENT_ENCODING_TYPE, b"")) == 1
        for element, body in children(encodings)
    )


_EBML: Final = 0x1A45DFA3
_DOC_TYPE: Final = 0x4282
_SEGMENT: Final = 0x18538067
_INFO: Final = 0x1549A966
_TRACKS: Final = 0x1654AE6B
_CLUSTER: Final = 0x1F43B675
_CLUSTER_TIMESTAMP: Final = 0xE7
_BLOCK_GROUP: Final = 0xA0
_BLOCK: Final = 0xA1
_SIMPLE_BLOCK: Final = 0xA3
_BLOCK_DURATION: Final = 0x9B

_BLOCKS: Final = (_SIMPLE_BLOCK, _BLOCK)  # a pair is searched quicker than a set
_STEPPED_INTO: Final = frozenset({_SEGMENT, _CLUSTER})
_DESCRIPTIONS: Final = frozenset({_EBML, _INFO, _TRACKS})

# Small enough to skip the frames, large enough for several blocks of audio.
_WINDOW: Final = 2048
_LONGEST_HEAD: Final = 32
_LARGEST_DESCRIPTION: Final = 1 << 20
_LONGEST_SEARCH: Final = 4 << 20
_CLUSTER_MARK: Final = _CLUSTER.to_bytes(4, "big")
# About eight hours of video, which is beyond every limit.
_MAX_ELEMENTS: Final = 2_000_000
_SMALL: Final = 1 << 20  # a remote file that is read to its end
_FIRST_BLOCKS: Final = 3  # of each track

# The flags of a block (RFC 9559, 10.1).
_LACED: Final = 0x06
_INVISIBLE: Final = 0x08
# In the first byte of a VP8 frame (RFC 6386, 9.1): reference frames are not shown, and few muxers
# set the block's own flag.
_VP8_SHOWN: Final = 0x10


@dataclass(slots=True)
class Walk:
    """A walk through all elements of a file, and its results."""

    source: Source
    doc_type: bytes = b""
    clock: Clock | None = None
    tracks: dict[int, Track] | None = None
    times: dict[int, Timestamps] = field(default_factory=dict)
    vp8: frozenset[int] = frozenset()  # the numbers of VP8 tracks
    tracks_element: bytes = b""
    first_blocks: list[tuple[int, int]] = field(default_factory=list)  # offset and size
    end: int | None = None  # of the segment by its header
    truncated: bool = False  # a block overruns the end of the file
    complete: bool = True  # False: it has too many elements, or most of it is on a server
    cluster_time: int = 0
    cluster_end: int | None = None
    latest: tuple[int, int] = (0, 0)  # the track and the time of the last block

    def run(self) -> None:
        """Walk through the whole file."""
        at, base, window = 0, 0, b""
        for _ in range(_MAX_ELEMENTS):
            if (
                at >= self.source.size
                or self.truncated
                or (self.end is not None and at >= self.end)
            ):
                return
            start = at - base
            if start + _LONGEST_HEAD > len(window):
                held = at_hand(self.source, at)
                if held < _LONGEST_HEAD and self._is_described() and at + held < self.source.size:
                    break
                length = min(_WINDOW, max(_LONGEST_HEAD, held))
                window = self.source.read_at(at, length).ljust(_LONGEST_HEAD, b"\0")
                base, start = at, 0
            try:
                if window[start] >= 0x80:  # a number of one byte: inside a cluster
                    after = base + self._read_in_cluster(window, start, base)
                else:
                    after = self._read_other(window, start, at)
            except ValueError:
                after = self._next_cluster(at)
            at = after
        self.complete = False

    def _is_described(self) -> bool:
        """Whether all but exact lengths is known, and those of a remote file cost too much."""
        is_large = self.source.size > _SMALL
        return is_large and bool(self.first_blocks and self.clock and self.clock.claimed)

    def _next_cluster(self, start: int) -> int:
        """Return where to continue after an invalid element, as decoders do."""
        if self.cluster_end is not None and start < self.cluster_end <= self.source.size:
            return self.cluster_end
        for offset, block in blocks(self.source, start + 1):
            if (found := block.find(_CLUSTER_MARK)) >= 0:
                return offset + found
            if offset > start + _LONGEST_SEARCH:
                break
        return self.source.size

    def _read_in_cluster(self, window: bytes, start: int, base: int) -> int:
        """Read an element of a cluster, and return the offset of the next one."""
        element = window[start]
        body, size = _short_head(window, start)
        if element == _BLOCK_GROUP:
            return body
        if self.cluster_end is not None and base + start < self.cluster_end < base + body + size:
            raise ValueError("an element that extends beyond its cluster")
        if element in _BLOCKS:
            if base + body + size > self.source.size:
                self.truncated = True
            elif self._add_block(window, body):
                self.first_blocks.append((base + body, size))
        elif element == _CLUSTER_TIMESTAMP:
            self.cluster_time = number(window[body : body + size])
        elif element == _BLOCK_DURATION:
            track, stamp = self.latest
            if times := self.times.get(track):
                times.end = max(times.end, stamp + number(window[body : body + size]))
        return body + size

    def _add_block(self, window: bytes, body: int) -> bool:
        """Add the time stamp of a block; return whether it is among the first of its track."""
        track = window[body] & 0x7F
        if window[body] < 0x80:  # a track number above 127 takes two bytes
            track = track << 8 & 0x3F00 | window[body + 1]
            body += 1
        times = self.times.get(track)
        if times is None:
            return False
        after = window[body + 1] << 8 | window[body + 2]
        stamp = self.cluster_time + (after if after < 0x8000 else after - 0x10000)
        self.latest = track, stamp
        flags = window[body + 3]
        if flags & _INVISIBLE or (track in self.vp8 and not window[body + 4] & _VP8_SHOWN):
            return False
        times.ticks.append(stamp)
        if flags & _LACED:
            times.last_lace = stamp, window[body + 4] + 1
            times.laced_frames += window[body + 4]
        return len(times.ticks) <= _FIRST_BLOCKS

    def _read_other(self, window: bytes, start: int, at: int) -> int:
        """Read an element outside of clusters, and return the offset of the next one."""
        element, size, length = head(window, start)
        at += length
        if element in _STEPPED_INTO:
            self._step_into(element, at, size)
            return at
        if size is None or (element == _EBML and self.doc_type):
            raise ValueError("a second file, or an element that cannot be skipped")
        if element in _DESCRIPTIONS:
            self._describe(element, self.source.read_at(at, min(size, _LARGEST_DESCRIPTION)))
        return at + size

    def _step_into(self, element: int, body: int, size: int | None) -> None:
        end = None if size is None else body + size
        if element == _CLUSTER:
            self.cluster_end = end
        elif size:  # live muxers also write zero
            self.end = end

    def _describe(self, element: int, body: bytes) -> None:
        if element == _EBML:
            self.doc_type = dict(children(body)).get(_DOC_TYPE, b"").rstrip(b"\0")
        elif element == _INFO and self.clock is None:
            self.clock = read_clock(body)
        elif element == _TRACKS and self.tracks is None:
            self.tracks_element = body
            self.tracks = read_tracks(body)
            self.times = {number: Timestamps() for number in self.tracks}
            self.vp8 = frozenset(n for n, track in self.tracks.items() if track.codec == b"V_VP8")


def _short_head(window: bytes, start: int) -> tuple[int, int]:
    """Read the head of an element with a number of one byte: the start and size of its body."""
    first_blocks = window[start + 1]
    if first_blocks >= 0x80:
        return start + 2, first_blocks & 0x7F
    if first_blocks >= 0x40:
        return start + 3, (first_blocks & 0x3F) << 8 | window[start + 2]
    _, size, length = head(window, start)
    return start + length, size or 0
