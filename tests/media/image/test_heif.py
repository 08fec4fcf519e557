"""HEIC and AVIF: real ones from Pillow, odd ones put together by hand."""

from __future__ import annotations

import io
import random
import struct
import time
from typing import TYPE_CHECKING, Any

import pytest
from iso_boxes import Trak, box, full, moov, video_entry
from PIL import Image

from wanprep.media.image.heif import read_heif
from wanprep.media.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.media.facts import PartialFacts

MAIN, ALPHA, TILE, EXIF = 1, 2, 3, 4
ISPE = full(b"ispe", struct.pack(">II", 64, 48))
AV1C = box(b"av1C", b"\x81\x00\x0c\x00")
HVCC = box(b"hvcC", bytes(16), b"\xfd\xf8\xf8")
AUX_ALPHA = full(b"auxC", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
AUX_DEPTH = full(b"auxC", b"urn:mpeg:hevc:2015:auxid:2\0")
GRID = bytes((0, 0, 0, 0)) + struct.pack(">HH", 64, 48)


def avif(mode: str = "RGB", *, orientation: int = 1, gps: bool = False, frames: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    if gps:
        exif[0x8825] = {1: "N", 2: (27.0, 59.0, 17.0)}
    more = [Image.new(mode, (64, 48), step) for step in range(1, frames)]
    file = io.BytesIO()
    Image.new(mode, (64, 48)).save(
        file, "AVIF", exif=exif, save_all=frames > 1, append_images=more, duration=100
    )
    return file.getvalue()


def read(data: bytes) -> PartialFacts:
    return read_heif(Bytes(data))


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        pytest.param(
            avif(),
            {"kind": "image", "format": "avif", "width": 64, "height": 48, "stored_width": 64,
             "stored_height": 48, "orientation": 1, "alpha": False, "animated": False, "frames": 1,
             "bit_depth": 8, "color": "rgb", "hdr": False, "gps": False, "readable": True},
            id="ordinary",
        ),
        pytest.param(avif("RGBA"), {"alpha": True, "color": "rgb"}, id="alpha"),
        pytest.param(avif("L"), {"alpha": False, "color": "gray"}, id="gray"),
        pytest.param(
            avif(frames=5), {"animated": True, "frames": 5, "readable": True}, id="animated"
        ),
        pytest.param(
            avif(orientation=6),
            {"width": 48, "height": 64, "stored_width": 64, "stored_height": 48, "orientation": 1},
            id="a quarter turn",
        ),
        pytest.param(avif(orientation=3), {"width": 64, "height": 48}, id="a half turn"),
        pytest.param(avif(orientation=2), {"width": 64, "height": 48}, id="mirrored"),
        pytest.param(
            avif(orientation=5), {"width": 48, "height": 64}, id="mirrored and turned"
        ),
        pytest.param(avif(gps=True), {"gps": True, "orientation": 1}, id="location"),
    ],
)  # fmt: skip
def test_what_pillow_writes(data: bytes, facts: dict[str, Any]) -> None:
    found = dict(read(data))

    assert {name: found.get(name) for name in facts} == facts


def infe(item: int, kind: bytes, version: int = 2) -> bytes:
    return full(b"infe", struct.pack(">HH" if version == 2 else ">IH", item, 0), kind, b"\0",
                version=version)  # fmt: skip


def iloc(*places: tuple[int, int, int, int], version: int = 1) -> bytes:
    """Return for each item its holder, its offset there, and its length."""
    rows = b"".join(
        struct.pack(">HHHHII", item, holder, 0, 1, offset, length)
        if version
        else struct.pack(">HHHII", item, 0, 1, offset, length)
        for item, holder, offset, length in places
    )
    return full(b"iloc", b"\x44\x00", struct.pack(">H", len(places)), rows, version=version)


def ipma(*rows: tuple[int, Sequence[int]], wide: bool = False) -> bytes:
    code = ">H" if wide else ">B"
    essential = 0x8000 if wide else 0x80
    entries = (
        struct.pack(">HB", item, len(numbers))
        + b"".join(struct.pack(code, essential | number) for number in numbers)
        for item, numbers in rows
    )
    return full(b"ipma", struct.pack(">I", len(rows)), *entries, flags=int(wide))


def refer(kind: bytes, item: int, *to: int) -> bytes:
    return box(kind, struct.pack(f">HH{len(to)}H", item, len(to), *to))


def heif(
    *properties: bytes,
    brand: bytes = b"mif1",
    kinds: Sequence[tuple[int, bytes]] = ((MAIN, b"av01"),),
    has: Sequence[tuple[int, Sequence[int]]] | None = None,
    places: Sequence[tuple[int, int, int, int]] = ((MAIN, 0, 0, 9),),
    refs: Sequence[bytes] = (),
    idat: bytes = b"",
    without: bytes = b"",
    primary: int = MAIN,
    tables: bytes = b"",
    more: bytes = b"",
) -> bytes:
    """Make a HEIF file; by default its main item has all the properties."""
    rows = has or [(MAIN, range(1, len(properties) + 1))]
    parts = {
        b"hdlr": full(b"hdlr", bytes(4), b"pict", bytes(13)),
        b"pitm": full(b"pitm", struct.pack(">H", primary)),
        b"iinf": full(b"iinf", struct.pack(">H", len(kinds)), *(infe(*kind) for kind in kinds)),
        b"iloc": iloc(*places),
        b"iprp": box(b"iprp", box(b"ipco", *properties), ipma(*rows)),
        b"iref": full(b"iref", *refs),
        b"idat": box(b"idat", idat),
        b"": tables,
    }
    parts.pop(without, None)
    ftyp = box(b"ftyp", brand, bytes(4), b"mif1")
    return ftyp + full(b"meta", *parts.values()) + more


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        pytest.param(
            heif(ISPE, AV1C), {"format": "avif", "width": 64, "bit_depth": 8, "readable": True},
            id="named by its codec: AVIF",
        ),
        pytest.param(
            heif(ISPE, HVCC, kinds=[(MAIN, b"hvc1")], brand=b"avif"), {"format": "heic"},
            id="named by its codec: HEIC",
        ),
        pytest.param(
            heif(ISPE, kinds=[(MAIN, b"unci")], brand=b"heic"), {"format": "heic"},
            id="named by its brand",
        ),
        pytest.param(
            heif(ISPE, AV1C, box(b"irot", b"\1")), {"width": 48, "height": 64, "stored_width": 64},
            id="a quarter turn",
        ),
        pytest.param(heif(ISPE, AV1C, box(b"irot", b"\2")), {"width": 64}, id="a half turn"),
        pytest.param(heif(ISPE, AV1C, box(b"irot", b"\3")), {"width": 48}, id="three quarters"),
        pytest.param(heif(ISPE, AV1C, box(b"irot")), {"width": 64}, id="a turn of nothing"),
        pytest.param(
            heif(box(b"irot", b"\1"), AV1C, ISPE), {"width": 48, "height": 64, "stored_width": 64},
            id="a turn in front of the size",
        ),
        pytest.param(
            heif(ISPE, AV1C, box(b"irot", b"\1"), box(b"imir", b"\1")),
            {"width": 48, "height": 64}, id="turned and mirrored",
        ),
        pytest.param(
            heif(ISPE, AV1C, box(b"clap", struct.pack(">8I", 60, 1, 80, 2, 0, 1, 0, 1))),
            {"width": 60, "height": 40, "stored_width": 64, "stored_height": 48}, id="cropped",
        ),
        pytest.param(
            heif(
                ISPE, AV1C, box(b"clap", struct.pack(">8I", 60, 1, 40, 1, 0, 1, 0, 1)),
                box(b"irot", b"\1"),
            ),
            {"width": 40, "height": 60}, id="cropped, then turned",
        ),
        pytest.param(
            heif(ISPE, AV1C, box(b"clap", struct.pack(">8I", 600, 1, 40, 1, 0, 1, 0, 1))),
            {"width": 64, "height": 48}, id="cropped to more than there is",
        ),
        pytest.param(
            heif(ISPE, AV1C, box(b"clap", bytes(32))), {"width": 64}, id="cropped by zero"
        ),
        pytest.param(
            heif(ISPE, box(b"av1C", b"\x81\x00\x4c\x00")), {"bit_depth": 10}, id="AV1 of 10 bits"
        ),
        pytest.param(
            heif(ISPE, box(b"av1C", b"\x81\x00\x6c\x00")), {"bit_depth": 12}, id="AV1 of 12 bits"
        ),
        pytest.param(
            heif(ISPE, box(b"av1C", b"\x81\x00\x1c\x00")), {"color": "gray"}, id="AV1 in gray"
        ),
        pytest.param(
            heif(ISPE, box(b"hvcC", bytes(16), b"\xfd\xfa"), kinds=[(MAIN, b"hvc1")]),
            {"bit_depth": 10}, id="HEVC of 10 bits",
        ),
        pytest.param(
            heif(ISPE, AV1C, full(b"pixi", b"\3\x0a\x0a\x0a")), {"bit_depth": 10}, id="pixi"
        ),
        pytest.param(
            heif(ISPE, AV1C, full(b"pixi", b"\0")), {"bit_depth": 8}, id="pixi of nothing"
        ),
        pytest.param(
            heif(ISPE, AV1C, box(b"colr", b"prof"),
                 box(b"colr", b"nclx", struct.pack(">HHHB", 9, 16, 9, 0))),
            {"hdr": False}, id="the first colours count",
        ),
        pytest.param(
            heif(ISPE, AV1C, box(b"colr", b"nclx", struct.pack(">HHHB", 9, 18, 9, 0))),
            {"hdr": True}, id="HLG",
        ),
        pytest.param(
            heif(
                ISPE, AV1C, AUX_ALPHA, kinds=[(MAIN, b"av01"), (ALPHA, b"av01")],
                has=[(MAIN, [1, 2]), (ALPHA, [1, 2, 3])],
                places=[(MAIN, 0, 0, 9), (ALPHA, 0, 9, 9)], refs=[refer(b"auxl", ALPHA, MAIN)],
            ),
            {"alpha": True, "readable": True}, id="alpha",
        ),
        pytest.param(
            heif(
                ISPE, AV1C, AUX_DEPTH, kinds=[(MAIN, b"av01"), (ALPHA, b"av01")],
                has=[(MAIN, [1, 2]), (ALPHA, [1, 2, 3])], refs=[refer(b"auxl", ALPHA, MAIN)],
            ),
            {"alpha": False}, id="depth is no alpha",
        ),
        pytest.param(
            heif(
                ISPE, AV1C, AUX_ALPHA, kinds=[(MAIN, b"av01"), (ALPHA, b"av01")],
                has=[(MAIN, [1, 2]), (ALPHA, [1, 2, 3])], refs=[refer(b"auxl", ALPHA, 99)],
            ),
            {"alpha": False}, id="another image's alpha",
        ),
        pytest.param(
            heif(
                full(b"ispe", struct.pack(">II", 1000, 500)), ISPE, HVCC, box(b"irot", b"\3"),
                AUX_ALPHA,
                kinds=[(MAIN, b"grid"), (TILE, b"hvc1"), (ALPHA, b"hvc1")],
                has=[(MAIN, [1, 4]), (TILE, [2, 3]), (ALPHA, [2, 3, 5])],
                places=[(MAIN, 1, 0, 8), (TILE, 0, 0, 9), (ALPHA, 0, 0, 9)], idat=GRID,
                refs=[refer(b"dimg", MAIN, TILE, TILE), refer(b"auxl", ALPHA, TILE)],
            ),
            {"format": "heic", "width": 500, "height": 1000, "stored_width": 1000, "alpha": True,
             "bit_depth": 8, "readable": True},
            id="a grid of tiles, as iPhones write it",
        ),
        pytest.param(
            heif(
                ISPE, AV1C, kinds=[(MAIN, b"iden"), (TILE, b"av01")],
                has=[(MAIN, [1]), (TILE, [1, 2])], places=[(TILE, 0, 0, 9)],
                refs=[refer(b"dimg", MAIN, TILE), refer(b"dimg", TILE, MAIN)],
            ),
            {"format": "avif", "readable": True}, id="an image made of one that is made of it",
        ),
        pytest.param(
            heif(ISPE, AV1C, has=[(MAIN, [2]), (MAIN, [1])]),
            {"readable": False}, id="properties given twice: the first count",
        ),
        pytest.param(
            heif(ISPE, AV1C, has=[(MAIN, [1, 2, 77, 0])]), {"readable": True},
            id="properties that are not there",
        ),
        pytest.param(
            heif(ISPE, AV1C, places=[(MAIN, 2, 0, 9)]), {"readable": True},
            id="data inside another item",
        ),
        pytest.param(
            heif(ISPE, AV1C, without=b"hdlr"), {"readable": True}, id="no handler"
        ),
        pytest.param(heif(ISPE, AV1C, without=b"iref"), {"readable": True}, id="no references"),
    ],
)  # fmt: skip
def test_properties(data: bytes, facts: dict[str, Any]) -> None:
    found = dict(read(data))

    assert {name: found.get(name) for name in facts} == facts


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(
            box(b"ftyp", b"heic"), "cut off or unfinished: its index (meta) is missing",
            id="no index",
        ),
        pytest.param(
            heif(ISPE, AV1C)[:200], "cut off: 200 of at least 235 bytes are there",
            id="half an index",
        ),
        pytest.param(
            heif(ISPE, AV1C, places=[(MAIN, 0, 5000, 1000)]),
            "cut off: 235 of at least 6,000 bytes are there", id="data past the end",
        ),
        pytest.param(
            heif(ISPE, AV1C, kinds=[(MAIN, b"av01"), (TILE, b"av01")],
                 places=[(MAIN, 0, 0, 9), (TILE, 0, 5000, 0)]),
            "cut off: 272 of at least 5,001 bytes are there", id="a thumbnail's data past the end",
        ),
        pytest.param(
            heif(ISPE, AV1C, places=[(MAIN, 1, 4, 9)], idat=b"short"),
            "damaged: the location of its image is outside of its index", id="data past the index",
        ),
        pytest.param(
            heif(ISPE, AV1C, primary=7), "damaged: it has no primary image",
            id="a main image that is not there",
        ),
        pytest.param(
            heif(ISPE, AV1C, without=b"pitm"), "damaged: it has no primary image",
            id="no main image",
        ),
        pytest.param(
            heif(ISPE, AV1C, without=b"iinf"), "damaged: it has no primary image",
            id="no items",
        ),
        pytest.param(
            heif(ISPE, AV1C, without=b"iloc"), "damaged: the location of its image is missing",
            id="no places",
        ),
        pytest.param(
            heif(AV1C), "damaged: the size of its image is missing", id="no size"
        ),
        pytest.param(
            heif(ISPE, AV1C, without=b"iprp"), "damaged: the size of its image is missing",
            id="no properties",
        ),
        pytest.param(
            box(b"ftyp", b"avif", bytes(4), b"mif1") + full(
                b"meta", full(b"pitm", b"\0\1"), full(b"iinf", b"\0\1", infe(1, b"av01")),
                box(b"iprp"),
            ),
            "damaged: the size of its image is missing", id="no box for properties",
        ),
        pytest.param(
            heif(ISPE), "damaged: the decoder configuration of its image is missing",
            id="no decoder's setup",
        ),
        pytest.param(
            heif(ISPE, box(b"av1C")), "damaged: the tables of its index are invalid",
            id="an empty decoder's setup",
        ),
        pytest.param(
            heif(ISPE, AV1C, more=moov(0), brand=b"avis"), "damaged: there is no image in it",
            id="a sequence of nothing",
        ),
        pytest.param(
            heif(ISPE, AV1C, refs=[box(b"auxl", b"\0\1")]),
            "damaged: the tables of its index are invalid", id="half a reference",
        ),
    ],
)  # fmt: skip
def test_unusable(data: bytes, problem: str) -> None:
    found = read(data)

    assert (found["readable"], found["problem"]) == (False, problem)


def test_wide_tables() -> None:
    """Big files need 32-bit item numbers, 16-bit property numbers, lengths of 64 bits."""
    place = struct.pack(">IHHQH", MAIN, 0, 0, 20, 1) + struct.pack(">IQQ", 0, 4, 9)
    meta = full(
        b"meta",
        full(b"pitm", struct.pack(">I", MAIN), version=1),
        full(b"iinf", struct.pack(">I", 1), infe(MAIN, b"av01", version=3), version=1),
        full(b"iloc", b"\x88\x84", struct.pack(">I", 1), place, version=2),
        box(
            b"iprp",
            box(b"ipco", ISPE, AV1C),
            full(b"ipma", struct.pack(">IIBHH", 1, MAIN, 2, 0x8001, 2), version=1, flags=1),
        ),
        full(b"iref", box(b"cdsc", struct.pack(">IHI", 9, 1, MAIN)), version=1),
    )

    found = read(box(b"ftyp", b"avif", bytes(4), b"mif1") + meta)

    assert (found["readable"], found["width"], found["bit_depth"]) == (True, 64, 8)


def test_old_places() -> None:
    old = iloc((MAIN, 0, 5000, 1000), version=0)

    assert "6,000" in read(heif(ISPE, AV1C, without=b"iloc", tables=old))["problem"]


def exif_at(place: tuple[int, int, int, int], idat: bytes = b"") -> bytes:
    return heif(
        ISPE, AV1C, kinds=[(MAIN, b"av01"), (EXIF, b"Exif")],
        places=[(MAIN, 0, 0, 9), place], idat=idat,
    )  # fmt: skip


def test_only_the_location_is_read_from_exif() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (27.0, 59.0, 17.0)}
    idat = struct.pack(">I", 0) + exif.tobytes()

    found = read(exif_at((EXIF, 1, 0, len(idat)), idat))

    assert (found["gps"], found["orientation"], found["width"]) == (True, 1, 64)


@pytest.mark.parametrize("place", [(EXIF, 1, 0, 0), (EXIF, 2, 0, 0), (99, 1, 0, 0)])
def test_exif_that_is_not_there(place: tuple[int, int, int, int]) -> None:
    assert read(exif_at(place))["gps"] is False


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        pytest.param(
            box(b"ftyp", b"avis")
            + moov(1000, Trak(handler=b"pict", entry=video_entry(b"av01"), at=0)),
            {"animated": True, "frames": 10, "width": 64, "stored_width": 64, "alpha": False,
             "readable": True, "format": "avif"},
            id="without a still image",
        ),
        pytest.param(
            box(b"ftyp", b"avis")
            + moov(
                1000,
                Trak(handler=b"pict", at=0, turned=(0, 1, -1, 0)),
                Trak(id=2, handler=b"auxv", at=0),
            ),
            {"width": 48, "height": 64, "stored_width": 64, "alpha": True},
            id="turned, with alpha",
        ),
        pytest.param(
            box(b"ftyp", b"msf1") + moov(1000, Trak(handler=b"pict", at=0, deltas=((1, 60),))),
            {"animated": False, "frames": 1, "format": "heic"},
            id="a sequence of one",
        ),
        pytest.param(
            box(b"ftyp", b"avis") + moov(1000, Trak(handler=b"pict", at=90_000)),
            {"readable": False, "problem": "cut off: 551 of at least 90,010 bytes are there"},
            id="cut off",
        ),
        pytest.param(
            heif(more=moov(1000, Trak(handler=b"pict", at=0)), brand=b"avis", places=()),
            {"animated": True, "frames": 10, "width": 64, "readable": True},
            id="an index without a still image",
        ),
        pytest.param(
            heif(ISPE, AV1C, more=moov(1000, Trak(handler=b"pict", at=0)), brand=b"heic"),
            {"animated": False, "frames": 1},
            id="a still image that comes with a video",
        ),
    ],
)  # fmt: skip
def test_sequences(data: bytes, facts: dict[str, Any]) -> None:
    found = dict(read(data))

    assert {name: found.get(name) for name in facts} == facts


@pytest.mark.untraced
def test_every_cut_is_noticed() -> None:
    data = avif("RGBA", orientation=6)

    for length in range(40, len(data)):
        assert not read(data[:length])["readable"], length


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.untraced
def test_broken_bytes_end_in_an_answer(frames: int) -> None:
    whole = avif(gps=True, frames=frames)
    dice = random.Random(7)  # noqa: S311 - the same accidents every time

    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 2, 8))):
            at = dice.randrange(40, 600)
            data[at : at + 4] = dice.choice(
                (bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", dice.randbytes(4))
            )
        started = time.perf_counter()
        assert "readable" in read(bytes(data))
        assert time.perf_counter() - started < 20


@pytest.mark.untraced
def test_tables_without_end_are_not_followed() -> None:
    """Extents of no size at all make no progress in the file, however many there are."""
    rows = struct.pack(">HHHH", MAIN, 0, 0, 0xFFFF) * 50_000
    endless = full(b"iloc", b"\x00\x00", struct.pack(">H", 50_000), rows, version=1)

    started = time.perf_counter()
    found = read(heif(ISPE, AV1C, without=b"iloc", tables=endless))

    assert time.perf_counter() - started < 20
    assert found["readable"]
