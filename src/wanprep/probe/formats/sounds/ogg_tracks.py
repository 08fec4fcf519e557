"""What the first packet of a stream inside Ogg says: its codec, and how it counts time.

Each codec gives the granule, Ogg's time stamp, a meaning of its own; and only its packets
tell how much of it one page holds, which is needed where a recording does not begin at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.flac_frames import STREAM_INFO, read_stream_info
from wanprep.probe.formats.sounds.vorbis import count_samples as _count_vorbis
from wanprep.probe.mediainfo import AudioStream, VideoStream

if TYPE_CHECKING:
    from collections.abc import Callable

_OPUS_RATE: Final = 48000  # whatever was encoded (RFC 7845 section 4)


@dataclass(frozen=True, slots=True)
class Track:
    """A stream, and its clock."""

    stream: AudioStream | VideoStream
    rate: float  # samples or frames a second
    count: Callable[[list[bytes], bytes], int]  # of some packets, by the end of the headers
    place: Callable[[int], int] = int  # samples or frames up to a granule
    skip: int = 0  # samples in front that are decoded and not played


def read_track(packet: bytes) -> Track | None:
    """Read a stream's first packet, None where it holds neither sound nor pictures we know."""
    for magic, read in _READERS.items():
        if packet.startswith(magic):
            return read(packet)
    return None


def _vorbis(packet: bytes) -> Track:
    rate = int.from_bytes(packet[12:16], "little")
    sizes = 1 << (packet[28] & 15), 1 << (packet[28] >> 4)
    return Track(
        AudioStream("vorbis", rate, packet[11]),
        rate,
        lambda packets, setup: _count_vorbis(packets, setup, sizes),
    )


def _opus(packet: bytes) -> Track:
    skip = int.from_bytes(packet[10:12], "little")
    stream = AudioStream("opus", _OPUS_RATE, packet[9])
    return Track(stream, _OPUS_RATE, lambda packets, _: sum(map(_opus_samples, packets)), skip=skip)


def _opus_samples(packet: bytes) -> int:
    """Count the samples of a packet by its first two bytes (RFC 6716 section 3.1)."""
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    else:
        frame = (480, 960)[config & 1] if config < 16 else 120 << (config & 3)
    frames = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[code]
    return frames * frame


def _flac(packet: bytes) -> Track:
    info = read_stream_info(packet[17 : 17 + STREAM_INFO])
    stream = AudioStream("flac", info.rate, info.channels, bit_depth=info.bits)
    return Track(stream, info.rate, lambda packets, _: len(packets) * info.block)


def _speex(packet: bytes) -> Track:
    rate, channels, frame, frames = (
        int.from_bytes(packet[at : at + 4], "little") for at in (36, 48, 56, 64)
    )
    samples = frame * max(frames, 1)
    stream = AudioStream("speex", rate, channels)
    return Track(stream, rate, lambda packets, _: len(packets) * samples)


def _theora(packet: bytes) -> Track:
    """Read the header that appendix A.2.1 of the Theora specification describes."""
    width, height = (int.from_bytes(packet[at : at + 3], "big") for at in (14, 17))
    fps = _ratio(packet, 22, 26, 4) or 0.0
    shape = _ratio(packet, 30, 33, 3)
    shift = (packet[40] & 3) << 3 | packet[41] >> 5
    # Up to version 3.2.0 the first frame was number 0.
    first = 0 if tuple(packet[7:10]) >= (3, 2, 1) else 1
    return _video(
        VideoStream("theora", width, height, shape, color="yuv", bit_depth=8, fps=fps),
        lambda granule: (granule >> shift) + (granule & (1 << shift) - 1) + first,
    )


def _vp8(packet: bytes) -> Track:
    width, height = (int.from_bytes(packet[at : at + 2], "big") for at in (8, 10))
    shape = _ratio(packet, 12, 15, 3)
    fps = _ratio(packet, 18, 22, 4) or 0.0
    return _video(
        VideoStream("vp8", width, height, shape, color="yuv", bit_depth=8, fps=fps),
        lambda granule: granule >> 32,
    )


def _video(stream: VideoStream, place: Callable[[int], int]) -> Track:
    return Track(stream, stream.fps or 0, lambda packets, _: len(packets), place)


def _ratio(packet: bytes, above: int, below: int, length: int) -> float | None:
    """Read a fraction, None where it is 0 or makes no sense."""
    upper, lower = (int.from_bytes(packet[at : at + length], "big") for at in (above, below))
    return upper / lower if upper and lower else None


_READERS: Final = {
    b"\x01vorbis": _vorbis,
    b"\x7fFLAC": _flac,
    b"\x80theora": _theora,
    b"OVP80\x01": _vp8,
    b"OpusHead": _opus,
    b"Speex   ": _speex,
}
