"""EBML elements (RFC 8794) that describe a Matroska file and its tracks (RFC 9559, 5.1.2, 5.1.4).

The big ones, which hold the frames, are walked in matroska_blocks.py.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.media.video.frame_times import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST: Final = 2  # a number and a size of one byte each


def head(data: bytes, at: int) -> tuple[int, int | None, int]:
    """Read an element's number, its size (None means unknown) and the length of the two.

    The number keeps its length marker, as the specifications print it.
    """
    id_length = 9 - data[at].bit_length()
    size_length = 9 - data[at + id_length].bit_length()
    if id_length > 4 or size_length > 8:
        raise ValueError("no EBML element where one should be")
    element = int.from_bytes(data[at : at + id_length], "big")
    length = id_length + size_length
    # All bits set means unknown (RFC 8794, 6.2): the writer could not go back to fill it in.
    unknown = (1 << 7 * size_length) - 1
    size = int.from_bytes(data[at + id_length : at + length], "big") & unknown
    return element, None if size == unknown else size, length


def children(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk the elements of a body; one that makes no sense, or overruns it, ends the walk."""
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
    """One track. `step` is the time from one frame to the next in ns, if given."""

    number: int
    kind: int
    codec: bytes
    step: int | None
    alpha: bool
    rotation: int
    encrypted: bool


def read_clock(body: bytes) -> Clock:
    """Read the Info element: how long a tick is, how many ticks the file claims to last."""
    fields = dict(children(body))
    claimed = real(fields.get(_DURATION, b""))
    tick = number(fields.get(_TIMESTAMP_SCALE, b"")) or _DEFAULT_TICK
    return Clock(rate=_SECOND / tick, claimed=claimed if 0 < claimed < _ENDLESS else None)


def read_tracks(body: bytes) -> dict[int, Track]:
    """Read the Tracks element: every track under its number."""
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
    """Return how far a player turns the frame, clockwise; the file counts the other way."""
    if number(projection.get(_PROJECTION_TYPE, b"")) != 0:
        return 0  # the roll of a sphere, not of a flat frame
    return round(-real(projection.get(_PROJECTION_POSE_ROLL, b""))) % 360


def _is_encrypted(encodings: bytes) -> bool:
    # ContentEncodingType (RFC 9559, 5.1.4.1.31.4): 0 is compression, 1 encryption.
    return any(
        element == _CONTENT_ENCODING
        and number(dict(children(body)).get(_CONTENT_ENCODING_TYPE, b"")) == 1
        for element, body in children(encodings)
    )
