from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from wanprep.fix.image.strip_location import LocationNotRemoved, strip_exif
from wanprep.media.image.exif import read_exif

POSITION = {1: "N", 2: (48.0, 12.0, 30.5), 3: "E", 4: (16.0, 22.0, 12.25), 7: (10.0, 1.0, 2.0)}


def exif(endian: str = "<") -> bytes:
    written = Image.Exif()
    written.endian = endian
    written[ExifTags.Base.Make] = "A camera with a long name"
    written[ExifTags.Base.Orientation] = 6
    written[ExifTags.Base.Software] = "Editor 12"
    written.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureTime] = 0.008
    written.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = bytes(range(200))
    written.get_ifd(ExifTags.IFD.GPSInfo).update(POSITION)
    return written.tobytes()


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("prefixed", [True, False])
def test_only_the_location_is_removed_from_exif(endian: str, prefixed: bool) -> None:
    before = exif(endian)
    before = before if prefixed else before.removeprefix(b"Exif\0\0")
    assert read_exif(before).gps

    after = strip_exif(before)

    assert len(after) == len(before)
    assert read_exif(after).orientation == 6
    assert not read_exif(after).gps
    read = Image.Exif()
    read.load(after)
    assert ExifTags.IFD.GPSInfo not in read
    assert dict(read.get_ifd(ExifTags.IFD.GPSInfo)) == {}
    assert read[ExifTags.Base.Make] == "A camera with a long name"
    assert read[ExifTags.Base.Software] == "Editor 12"
    assert read.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] == bytes(range(200))


def test_no_coordinate_is_left_in_the_bytes() -> None:
    values = struct.pack("<2I", 61, 2)  # 30.5 seconds
    assert values in exif()
    assert values not in strip_exif(exif())


def test_exif_without_location_stays_the_same() -> None:
    plain = Image.Exif()
    plain[ExifTags.Base.Orientation] = 3
    assert strip_exif(plain.tobytes()) == plain.tobytes()
    assert strip_exif(b"Exif\0\0garbage") == b"Exif\0\0garbage"
    assert strip_exif(b"") == b""


def _directory(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def test_the_location_of_a_thumbnail_is_removed() -> None:
    latitude = struct.pack("<6I", 48, 1, 12, 1, 30, 1)
    first = _directory((0x112, 3, 1, 6), following=30)  # 18 bytes from 8, padded to 30
    second = _directory((0x8825, 4, 1, 48))
    position = _directory((2, 5, 3, 66))
    data = b"II*\0" + struct.pack("<I", 8) + first.ljust(22, b"\0") + second + position + latitude

    after = strip_exif(data)

    assert latitude not in after
    assert len(after) == len(data)
    assert after[: 8 + 18] == data[: 8 + 18]


def test_a_wrong_offset_overwrites_nothing() -> None:
    data = b"II*\0" + struct.pack("<I", 8) + _directory((0x112, 3, 1, 6), (0x8825, 4, 1, 8))

    after = strip_exif(data)

    assert read_exif(after).orientation == 6


def test_circular_directories_end() -> None:
    data = b"II*\0" + struct.pack("<I", 8) + _directory((0x112, 3, 1, 6), following=8)
    assert strip_exif(data) == data


def test_a_location_that_cannot_be_removed_is_an_error() -> None:
    latitude = struct.pack("<6I", 48, 1, 12, 1, 30, 1)
    # Of type 3, a short, which holds only half of what Pillow and others read as an address.
    first = _directory((0x8825, 3, 1, 26))
    data = b"II*\0" + struct.pack("<I", 8) + first + _directory((2, 5, 3, 44)) + latitude
    assert read_exif(data).gps
    assert not read_exif(strip_exif(data)).gps

    cut = data[:22]  # the directory's end is missing, so that nothing is taken out
    assert not read_exif(cut).gps
    odd = b"II*\0" + struct.pack("<I", 38) + bytes(30) + struct.pack("<HHHII", 1, 0x8825, 4, 1, 8)
    odd = odd[:8] + _directory((2, 5, 3, 4))[:18].ljust(30, b"\1") + odd[38:]
    if read_exif(odd).gps:
        with pytest.raises(LocationNotRemoved):
            strip_exif(odd)


@settings(max_examples=150)
@given(data=st.data())
def test_damaged_exif_keeps_its_length_or_is_refused(data: st.DataObject) -> None:
    damaged = bytearray(exif(data.draw(st.sampled_from("<>"))))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(6, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    try:
        after = strip_exif(bytes(damaged))
    except (LocationNotRemoved, struct.error):
        return
    assert len(after) == len(damaged)
    assert not read_exif(after).gps
