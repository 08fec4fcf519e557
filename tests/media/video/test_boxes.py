"""The walk over boxes."""

from __future__ import annotations

import struct

import pytest
from iso_boxes import box, full

from wanprep.media.source import Bytes
from wanprep.media.video.boxes import Box, boxes, brand_format, children, find, meta_boxes, payload


def whole(data: bytes, kind: bytes = b"root") -> Box:
    return Box(kind, 0, 0, len(data))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(box(b"free", b"abc"), [(b"free", b"abc", 0)], id="ordinary"),
        pytest.param(
            struct.pack(">I4sQ", 1, b"mdat", 19) + b"abc", [(b"mdat", b"abc", 0)], id="64-bit size"
        ),
        pytest.param(
            struct.pack(">I4s", 0, b"mdat") + b"abc", [(b"mdat", b"abc", 0)], id="to the end"
        ),
        pytest.param(
            box(b"uuid", bytes(16), b"abc"), [(b"uuid", b"abc", 0)], id="uuid has a longer header"
        ),
        pytest.param(
            struct.pack(">I4s", 100, b"mdat") + b"abc", [(b"mdat", b"abc", 89)], id="cut off"
        ),
        pytest.param(
            struct.pack(">I4sQ", 1, b"mdat", 2**63) + b"abc",
            [(b"mdat", b"abc", 2**63 - 19)],
            id="longer than any disk",
        ),
        pytest.param(
            box(b"free") + struct.pack(">I4s", 4, b"oops") + box(b"free"),
            [(b"free", b"", 0)],
            id="a size below the header's ends the walk",
        ),
        pytest.param(box(b"free") + b"\0\0\0", [(b"free", b"", 0)], id="a few bytes left over"),
        pytest.param(struct.pack(">I4s", 1, b"mdat"), [], id="64-bit size missing"),
        pytest.param(
            box(b"aaaa") + box(b"bbbb", b"x"),
            [(b"aaaa", b"", 0), (b"bbbb", b"x", 0)],
            id="side by side",
        ),
    ],
)
def test_walk(data: bytes, found: list[tuple[bytes, bytes, int]]) -> None:
    source = Bytes(data)

    assert [(b.kind, payload(source, b), b.missing) for b in boxes(source)] == found


def test_a_box_never_reaches_past_its_parent() -> None:
    data = box(b"moov", struct.pack(">I4s", 100, b"trak")) + box(b"free", bytes(200))
    source = Bytes(data)
    moov = next(boxes(source))

    trak = children(source, moov)[b"trak"]

    assert (trak.end, trak.missing) == (moov.end, 92)


def test_endless_boxes_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wanprep.media.video.boxes._MAX", 1000)
    assert len(list(boxes(Bytes(box(b"free") * 999)))) == 999
    with pytest.raises(ValueError, match="more boxes"):
        list(boxes(Bytes(box(b"free") * 1001)))


def test_paths_lead_to_the_first_of_that_name() -> None:
    data = box(b"moov", box(b"trak", box(b"tkhd", b"1")), box(b"trak", box(b"tkhd", b"2")))
    source = Bytes(data)

    assert payload(source, find(source, whole(data), b"moov", b"trak", b"tkhd")) == b"1"
    assert find(source, whole(data), b"moov", b"udta", b"meta") is None
    assert payload(source, None) == b""


def test_payloads_have_a_limit() -> None:
    source = Bytes(box(b"data", bytes(100)))

    with pytest.raises(ValueError, match="100 bytes, more than 99"):
        payload(source, next(boxes(source)), limit=99)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(full(b"meta", box(b"hdlr", bytes(24)), box(b"ilst")), id="MP4"),
        pytest.param(box(b"meta", box(b"hdlr", bytes(24)), box(b"ilst")), id="QuickTime"),
        pytest.param(full(b"meta", box(b"ilst"), box(b"hdlr", bytes(24))), id="handler last"),
    ],
)
def test_meta_with_and_without_a_version(data: bytes) -> None:
    source = Bytes(data)

    assert meta_boxes(source, next(boxes(source))).keys() == {b"hdlr", b"ilst"}


def test_brands() -> None:
    brands = {
        (b"", b""): "mov",
        (b"qt  ", b"qt  "): "mov",
        (b"isom", b"isomqt  "): "mp4",
        (b"mp42", b"mp42isom"): "mp4",
        (b"M4V ", b"M4V mp42"): "mp4",
        (b"MSNV", b"MSNVisom"): "mp4",
        (b"XAVC", b"XAVCmp42"): "mp4",
        (b"dash", b"iso6"): "mp4",
        (b"avc1", b"isom"): "mp4",
        (b"M4A ", b"M4A mp42"): "m4a",
        (b"M4B ", b""): "m4a",
        (b"3gp5", b"isom"): "3gp",
        (b"3g2a", b""): "3gp",
        (b"heic", b"mif1heic"): "heic",
        (b"heix", b"mif1"): "heic",
        (b"mif1", b"mif1heic"): "heic",
        (b"mif1", b"mif1avif"): "avif",
        (b"mif1", b"mif1"): "heic",
        (b"msf1", b"msf1hevc"): "heic",
        (b"avif", b"mif1"): "avif",
        (b"avis", b"avifmsf1"): "avif",
        (b"crx ", b"isom"): "cr3",
    }

    found = {
        (major, compatible): brand_format(major + bytes(4) + compatible if major else b"")
        for major, compatible in brands
    }

    assert found == brands
