"""What the head of a Matroska file says of its tracks (RFC 9559, 5.1.2 and 5.1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wanprep.probe.formats.films.ebml import children, number, real
from wanprep.probe.formats.films.stamps import Clock

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
    """One track. `step` is the time from one frame to the next in ns, where it is told."""

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
    picture = dict(children(fields.get(_VIDEO, b"")))
    return Track(
        number=number(fields.get(_TRACK_NUMBER, b"")),
        kind=number(fields.get(_TRACK_TYPE, b"")),
        codec=fields.get(_CODEC_ID, b"").rstrip(b"\0"),
        step=number(fields.get(_DEFAULT_DURATION, b"")) or None,
        alpha=number(picture.get(_ALPHA_MODE, b"")) == 1,
        rotation=_rotation(dict(children(picture.get(_PROJECTION, b"")))),
        encrypted=_is_encrypted(fields.get(_CONTENT_ENCODINGS, b"")),
    )


def _rotation(projection: dict[int, bytes]) -> int:
    """Tell how far a player turns the picture, clockwise; the file counts the other way."""
    if number(projection.get(_PROJECTION_TYPE, b"")) != 0:
        return 0  # the roll of a sphere, not of a flat picture
    return round(-real(projection.get(_PROJECTION_POSE_ROLL, b""))) % 360


def _is_encrypted(encodings: bytes) -> bool:
    # ContentEncodingType (RFC 9559, 5.1.4.1.31.4): 0 is compression, 1 encryption.
    return any(
        element == _CONTENT_ENCODING
        and number(dict(children(body)).get(_CONTENT_ENCODING_TYPE, b"")) == 1
        for element, body in children(encodings)
    )
