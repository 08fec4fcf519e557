from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

import pytest
from containers import BOTH, SOUND, make, seconds, survives

from wanprep.probe.formats.films import asf_packets
from wanprep.probe.formats.films.asf import read_asf
from wanprep.probe.formats.films.asf_packets import walk
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from wanprep.probe.facts import Found

WMV = f"{BOTH} -c:v wmv2 -c:a wmav2"
FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def read(data: bytes) -> Found:
    return read_asf(Bytes(data))


def with_property(data: bytes, at: int, number: bytes) -> bytes:
    """Change a number in the File Properties Object."""
    place = data.index(FILE_PROPERTIES) + 24 + at
    return data[:place] + number + data[place + len(number) :]


@pytest.mark.parametrize(
    ("arguments", "target", "codecs"),
    [
        pytest.param(WMV, ".wmv", ("wmv2", "wmav2"), id="WMV"),
        pytest.param(WMV, "asf", ("wmv2", "wmav2"), id="live, without any length"),
        pytest.param(f"{BOTH} -c:v mjpeg -c:a mp2", ".asf", ("mjpeg", "mp2"), id="ASF"),
    ],
)
def test_a_film(arguments: str, target: str, codecs: tuple[str, str]) -> None:
    found = read(make(arguments, target))

    assert found["readable"] is True
    assert "problem" not in found
    assert (found["video_codec"], found["audio_codec"]) == codecs
    assert (found["width"], found["height"], found["frames"]) == (160, 120, 25)
    assert found["vfr"] is False
    assert found["fps"] == pytest.approx(25)
    assert found["video_duration"] == seconds(1)
    assert found["duration"] == seconds(1.22)


def test_sound_alone() -> None:
    found = read(make(f"{SOUND} -c:a wmav1", ".wma"))

    assert (found["kind"], found["audio_codec"], found["channels"]) == ("audio", "wmav1", 1)
    assert found["duration"] == seconds(1.2)
    assert "bit_depth" not in found


def test_a_header_may_say_that_the_last_frame_of_a_sound_is_not_full() -> None:
    data = make(f"{SOUND} -c:a wmav1", ".wma")
    last = struct.pack("<Q", 11_700_000 + 31_000_000)  # of 100 ns, and 3.1 s ahead

    assert read(with_property(data, 40, last))["duration"] == seconds(1.17)


def test_a_file_cut_off_says_how_much_is_there() -> None:
    data = make(WMV, ".wmv")

    found = read(data[:30_000])

    assert found["readable"] is False
    assert found["problem"].startswith("cut off: 30,000 of ")
    assert 0 < found["frames"] < 25


def test_a_live_recording_cut_off_plays_up_to_there() -> None:
    found = read(make(WMV, "asf")[:30_000])

    assert found["readable"] is True
    assert "problem" not in found


def test_a_claim_that_the_frames_do_not_keep() -> None:
    ten_seconds = struct.pack("<Q", 131_000_000)  # of 100 ns, and 3.1 s ahead

    found = read(with_property(make(WMV, ".wmv"), 40, ten_seconds))

    assert found["readable"] is True
    assert found["problem"].startswith("its header says 10.0 s, ")


def test_a_header_alone() -> None:
    data = make(WMV, ".wmv")
    header = int.from_bytes(data[16:24], "little")

    assert read(data[: header + 50])["readable"] is False


def test_encryption() -> None:
    data = make(WMV, ".wmv")
    # The codec list becomes a content encryption object.
    locked = data.replace(
        bytes.fromhex("4052d1861d31d011a3a400a0c90348f6"),
        bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    )

    found = read(locked)

    assert found["readable"] is False
    assert "encrypted" in found["problem"]


def test_packets_of_many_sizes_are_not_walked() -> None:
    found = read(with_property(make(WMV, ".wmv"), 68, struct.pack("<I", 100)))

    assert (found["readable"], found["width"]) == (True, 160)
    assert found["duration"] == seconds(1.2)


def one(stamp: int, *, offset: int = 0, replicated: bytes | None = None) -> bytes:
    """Make a packet with a single piece."""
    copied = struct.pack("<II", 500, stamp) if replicated is None else replicated
    head = b"\x82\0\0" + b"\x08\x5d" + b"\x05" + bytes(6)
    piece = b"\x81\x07" + struct.pack("<I", offset) + bytes((len(copied),)) + copied
    return (head + piece).ljust(100, b"\0")


def several(*stamps: int) -> bytes:
    """Make a packet with several pieces, without error correction but of explicit length."""
    pieces = b"".join(
        b"\x81\x07\0\0\0\0\x08" + struct.pack("<II", 5, stamp) + b"\x05\0movie" for stamp in stamps
    )
    head = b"\x41\x5d" + struct.pack("<H", 15 + len(pieces)) + bytes(6)
    return (head + bytes((0x80 | len(stamps),)) + pieces).ljust(100, b"\0")


def shared(stamp: int, step: int, count: int) -> bytes:
    """Make a packet whose one piece holds several small frames."""
    frames = b"\x04data" * count
    head = b"\x82\0\0" + b"\x01\x5d" + bytes(6) + b"\x81"
    piece = b"\x81\x07" + struct.pack("<I", stamp) + b"\x01" + bytes((step,))
    return (head + piece + struct.pack("<H", len(frames)) + frames).ljust(100, b"\0")


@pytest.mark.parametrize(
    ("packets", "stamps"),
    [
        pytest.param([one(40), one(80)], [40, 80], id="one piece"),
        pytest.param([one(40), one(40, offset=60)], [40], id="the rest of a frame"),
        pytest.param([one(40, replicated=b"")], [], id="no time"),
        pytest.param([several(40, 80), several(120)], [40, 80, 120], id="several pieces"),
        pytest.param([b"\x90" + bytes(99)], [], id="an index"),
    ],
)
def test_packets(packets: list[bytes], stamps: list[int]) -> None:
    walked = walk(Bytes(b"".join(packets)), 0, None, 100)

    assert [*walked.times[1].stamps] == stamps if stamps else not walked.times


def test_small_frames_that_share_a_piece() -> None:
    walked = walk(Bytes(shared(1000, 20, 5)), 0, None, 100)

    assert [*walked.times[1].stamps] == [1000, 1020, 1040, 1060, 1080]


def test_too_much_to_look_at_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asf_packets, "_MOST_PACKETS", 2)

    found = read(make(WMV, ".wmv"))

    assert (found["readable"], found["duration"]) == (True, seconds(1.2))


def test_a_hostile_file_takes_no_time() -> None:
    started = time.monotonic()

    walk(Bytes(b"\x01\x5d\0\0\0\0\0\0\x3f" * 100_000), 0, None, 100)

    assert time.monotonic() - started < 20


def test_damage() -> None:
    survives(read_asf, make(WMV, ".wmv"))
