"""The facts in EXIF: the orientation, and whether there is a location."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from wanprep.media.image.exif import Exif, open_tiff, read_exif
from wanprep.media.source import Bytes

NOTHING = Exif(orientation=1, gps=False)
BERLIN = (52.0, 31.0, 12.0)


def tags(*entries: tuple[int, int, int, bytes], order: str = "<", following: int = 0) -> bytes:
    """One directory: tag, type, count and the four bytes of each entry."""
    body = b"".join(struct.pack(f"{order}HHI", *entry[:3]) + entry[3] for entry in entries)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return (
        head + struct.pack(order + "H", len(entries)) + body + struct.pack(order + "I", following)
    )


def upright(orientation: int, order: str = "<", kind: int = 3) -> bytes:
    value = struct.pack(order + {1: "B3x", 3: "H2x", 4: "I", 8: "h2x"}[kind], orientation)
    return tags((0x0112, kind, 1, value), order=order)


def located(latitude: tuple[float, ...] | None, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: latitude} if latitude else {0: b"\2\3\0\0"}
    return exif.tobytes()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(upright(6), Exif(6, gps=False), id="sideways"),
        pytest.param(b"Exif\0\0" + upright(6), Exif(6, gps=False), id="with prefix"),
        pytest.param(b"Exif\0\xff" + upright(6), Exif(6, gps=False), id="with odd prefix"),
        pytest.param(upright(8, order=">"), Exif(8, gps=False), id="big-endian"),
        pytest.param(upright(3, kind=4), Exif(3, gps=False), id="as a long number"),
        pytest.param(upright(3, kind=1), Exif(3, gps=False), id="as a byte"),
        pytest.param(upright(-3, kind=8), NOTHING, id="negative"),
        pytest.param(upright(0), NOTHING, id="0"),
        pytest.param(upright(9), NOTHING, id="9"),
        pytest.param(tags((0x0112, 2, 2, b"6\0\0\0")), NOTHING, id="orientation as text"),
        pytest.param(tags((0x0112, 3, 0, b"\6\0\0\0")), NOTHING, id="orientation without value"),
        pytest.param(
            tags((0x0112, 3, 1, b"\6\0\0\0"), (0x0112, 3, 1, b"\3\0\0\0")),
            Exif(6, gps=False),
            id="said twice",
        ),
        pytest.param(located(BERLIN, 5), Exif(5, gps=True), id="located"),
        pytest.param(located((0.0, 0.0, 0.0)), Exif(1, gps=True), id="at the equator"),
        pytest.param(located(None), NOTHING, id="GPS without a position"),
        pytest.param(
            tags((0x0112, 3, 1, b"\6\0\0\0"), (0x8825, 4, 1, b"\xff\xff\xff\xff")),
            Exif(6, gps=False),
            id="GPS nowhere",
        ),
        pytest.param(
            tags((0x0112, 3, 1, b"\6\0\0\0"), (0x8825, 4, 1, b"\x08\0\0\0")),
            Exif(6, gps=False),
            id="GPS in circles",
        ),
        pytest.param(b"", NOTHING, id="empty"),
        pytest.param(b"Exif\0\0", NOTHING, id="nothing but its prefix"),
        pytest.param(b"II*\0\x08\0\0\0", NOTHING, id="no directory"),
        pytest.param(b"II*\0\xff\xff\xff\xff", NOTHING, id="directory nowhere"),
        pytest.param(upright(6)[:16], NOTHING, id="cut off"),
        pytest.param(b"RIFF" + upright(6), NOTHING, id="something else"),
    ],
)
def test_exif(data: bytes, expected: Exif) -> None:
    assert read_exif(data) == expected


def test_a_camera_without_satellites_gives_no_location() -> None:
    directory = struct.pack("<HHHII", 1, 2, 5, 3, 44) + bytes(4) + bytes(24)
    data = tags((0x8825, 4, 1, struct.pack("<I", 26))) + directory

    assert read_exif(data) == NOTHING
    assert read_exif(data[:-24] + struct.pack("<6I", 52, 1, 31, 1, 0, 0)) == Exif(1, gps=True)


def test_the_thumbnail_is_not_read() -> None:
    # IFD1 lies behind IFD0 and describes the thumbnail.
    behind = struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 8, 0, 0)
    data = tags((0x0112, 3, 1, b"\1\0\0\0"), following=26) + behind

    assert read_exif(data) == NOTHING
    assert open_tiff(Bytes(data)).following(8) == 26


def test_claims_of_billions_cost_nothing() -> None:
    data = tags((0x0112, 3, 0xFFFFFFFF, struct.pack("<I", 0)), (0x8825, 4, 0xFFFFFFFF, bytes(4)))

    assert read_exif(data) in {NOTHING, Exif(1, gps=False)}


def test_damage_is_never_an_error() -> None:
    whole = located(BERLIN, 6)
    for at in range(len(whole)):
        assert 1 <= read_exif(whole[:at]).orientation <= 8
        for value in (0, 1, 127, 128, 255):
            damaged = whole[:at] + bytes((value,)) + whole[at + 1 :]
            assert 1 <= read_exif(damaged).orientation <= 8


def test_pillow_and_we_agree_on_images() -> None:
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, "JPEG", exif=exif)
        with Image.open(file) as image:
            assert read_exif(image.info["exif"]).orientation == orientation
