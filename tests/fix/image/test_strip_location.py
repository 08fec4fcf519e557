from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from image_results import corners, quarters
from PIL import ExifTags, Image, PngImagePlugin

from wanprep import probe
from wanprep.fix.image.make import make_image
from wanprep.fix.image.strip_location import blank_xmp
from wanprep.fix.plan.plan import CannotFix, StripLocation

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="48,12.5N"'
    b' exif:GPSLongitude="16,22.2E" xmp:Rating="4"/></x:xmpmeta>'
)


def exif() -> Image.Exif:
    written = Image.Exif()
    written[ExifTags.Base.Make] = "Camera"
    written[ExifTags.Base.Orientation] = 6
    written.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (48.0, 12.0, 30.5), 3: "E", 4: (16.0, 22.0, 12.25)}
    )
    return written


def strip(source: Path) -> Path:
    facts = probe(source, cache=False)
    output = source.with_name(f"stripped{source.suffix}")
    result, _ = make_image(str(source), StripLocation(source.suffix), facts, str(output))
    assert result.encodes == 0
    return output


def as_jpeg(path: Path) -> None:
    quarters().save(path, exif=exif(), xmp=XMP, quality=90, icc_profile=b"x" * 200)


def as_png(path: Path) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    text.add_text("exif:GPSLatitude", "48/1, 12/1")
    text.add_text("Title", "A GPS receiver")
    quarters().save(path, exif=exif(), pnginfo=text)


def as_webp(path: Path) -> None:
    quarters().save(path, exif=exif(), xmp=XMP, quality=90)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(as_jpeg, id="jpg"),
        pytest.param(as_png, id="png"),
        pytest.param(as_webp, id="webp"),
    ],
)
def test_only_the_location_is_removed(
    tmp_path: Path, write: Callable[[Path], None], request: pytest.FixtureRequest
) -> None:
    source = tmp_path / f"home.{request.node.callspec.id}"
    write(source)
    assert probe(source, cache=False).gps

    result = strip(source)

    facts = probe(result, cache=False)
    assert not facts.gps
    assert facts.readable
    assert facts.orientation == 6
    with Image.open(source) as before, Image.open(result) as after:
        assert after.tobytes() == before.tobytes()
        assert after.getexif()[ExifTags.Base.Make] == "Camera"
        assert not after.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert after.info.get("icc_profile") == before.info.get("icc_profile")
    assert b"GPSL" not in result.read_bytes()
    assert b'xmp:Rating="4"' in result.read_bytes()
    assert corners(result) == corners(source)


def test_a_png_keeps_every_other_byte(tmp_path: Path) -> None:
    as_png(tmp_path / "home.png")
    before = (tmp_path / "home.png").read_bytes()
    (tmp_path / "home.png").write_bytes(before + b"behind the end")

    after = strip(tmp_path / "home.png").read_bytes()

    assert after.endswith(b"behind the end")
    assert b"A GPS receiver" in after
    assert before[before.index(b"IDAT") : before.index(b"IEND")] in after


def hidden(name: bytes, profile: bytes) -> bytes:
    digits = profile.hex().encode()
    rows = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return b"\n" + name + b"\n%8d\n" % len(profile) + rows + b"\n"


def with_chunk(path: Path, kind: bytes, data: bytes) -> Path:
    quarters().save(path)
    plain = path.read_bytes()
    body = kind + data
    chunk = len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    path.write_bytes(plain[:33] + chunk + plain[33:])
    return path


@pytest.mark.parametrize(
    ("kind", "wrap"),
    [
        pytest.param(b"tEXt", lambda text: text, id="plain"),
        pytest.param(b"zTXt", lambda text: b"\0" + zlib.compress(text), id="packed"),
    ],
)
@pytest.mark.parametrize("name", [b"exif", b"APP1"])
def test_exif_in_the_text_of_a_png_is_stripped(
    tmp_path: Path, kind: bytes, wrap: Callable[[bytes], bytes], name: bytes
) -> None:
    keyword = b"Raw profile type " + name + b"\0"
    text = wrap(hidden(name, exif().tobytes()))
    source = with_chunk(tmp_path / "old.png", kind, keyword + text)
    assert probe(source, cache=False).gps

    facts = probe(strip(source), cache=False)

    assert not facts.gps
    assert facts.orientation == 6


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP), id="packed XMP"),
        pytest.param(b"tEXt", b"Raw profile type xmp\0" + hidden(b"xmp", XMP), id="hidden XMP"),
        pytest.param(
            b"tEXt",
            b"Raw profile type APP1\0" + hidden(b"APP1", b"http://ns.adobe.com/xap/1.0/\0" + XMP),
            id="hidden XMP under the name of a segment",
        ),
    ],
)
def test_xmp_in_a_png_is_stripped(tmp_path: Path, kind: bytes, data: bytes) -> None:
    source = with_chunk(tmp_path / "packed.png", kind, data)

    result = strip(source)

    with Image.open(result) as opened:
        opened.load()
        said = b"".join(str(value).encode() for value in opened.info.values())
    assert b"GPSLatitude" not in said
    assert XMP[40:60].hex().encode() not in said.replace(b"\\n", b"") or b"xmp:Rating" in said


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"Raw profile type exif\0\nexif\n 4\nnot digits\n", id="no digits"),
        pytest.param(
            b"Raw profile type exif\0" + hidden(b"exif", b"MM\0*\0\0\0\0"), id="nothing in it"
        ),
        pytest.param(b"Comment\0taken at home", id="a comment"),
    ],
)
def test_text_without_a_location_stays_the_same(tmp_path: Path, data: bytes) -> None:
    source = with_chunk(tmp_path / "text.png", b"tEXt", data)
    assert strip(source).read_bytes() == source.read_bytes()


def test_xmp_in_several_pieces_is_stripped_as_a_whole(tmp_path: Path) -> None:
    whole = b"<a>" + b"x" * 90 + b'<b exif:GPSLatitude="48,12.5N"/></a>'
    digest = hashlib.md5(whole, usedforsecurity=False).hexdigest().upper().encode()
    pieces = [whole[:110], whole[110:]]  # the name of the property is cut in two
    assert b"GPSLatitude" not in pieces[0] + b"|" + pieces[1]
    main = b'http://ns.adobe.com/xap/1.0/\0<d xmpNote:HasExtendedXMP="' + digest + b'"/>'
    segments, at = [main], 0
    for piece in pieces:
        head = b"http://ns.adobe.com/xmp/extension/\0" + digest + struct.pack(">II", len(whole), at)
        segments.append(head + piece)
        at += len(piece)
    quarters().save(tmp_path / "long.jpg")
    plain = (tmp_path / "long.jpg").read_bytes()
    app1 = b"".join(b"\xff\xe1" + struct.pack(">H", len(each) + 2) + each for each in segments)
    (tmp_path / "long.jpg").write_bytes(plain[:2] + app1 + plain[2:])

    after = strip(tmp_path / "long.jpg").read_bytes()

    changed = whole.replace(b' exif:GPSLatitude="48,12.5N"', b" " * 28)
    assert changed[:110] in after
    assert changed[110:] in after
    new = hashlib.md5(changed, usedforsecurity=False).hexdigest().upper().encode()
    assert after.count(new) == 3
    assert digest not in after
    assert len(after) == len(plain) + len(app1)


def test_appended_images_and_videos_are_stripped(tmp_path: Path) -> None:
    as_jpeg(tmp_path / "one.jpg")
    one = (tmp_path / "one.jpg").read_bytes()
    quarters().save(tmp_path / "two.jpg", exif=exif())
    box = b"\0\0\0\x1e\xa9xyz\0\x12\x15\xc7+48.2083+016.3731/"
    video = b"\0\0\0\x18ftypmp42" + bytes(12) + box + bytes(20)
    (tmp_path / "motion.jpg").write_bytes(one + (tmp_path / "two.jpg").read_bytes() + video)

    after = strip(tmp_path / "motion.jpg").read_bytes()

    second = after[len(one) :]
    assert second[:3] == b"\xff\xd8\xff"
    assert b"+48.2083" not in after
    assert b"\0\0\0\x1efree" in after
    (tmp_path / "second.jpg").write_bytes(second)
    assert not probe(tmp_path / "second.jpg", cache=False).gps
    assert len(after) == (tmp_path / "motion.jpg").stat().st_size


def test_a_second_exif_segment_is_stripped_as_well(tmp_path: Path) -> None:
    as_jpeg(tmp_path / "one.jpg")
    data = (tmp_path / "one.jpg").read_bytes()
    length = int.from_bytes(data[data.index(b"Exif") - 2 :][:2], "big")
    start = data.index(b"Exif") - 4
    twice = (
        data[: start + 2 + length] + data[start : start + 2 + length] + data[start + 2 + length :]
    )
    (tmp_path / "twice.jpg").write_bytes(twice)

    after = strip(tmp_path / "twice.jpg").read_bytes()

    assert after.count(b"Exif\0\0") == 2
    assert struct.pack("<2I", 61, 2) not in after
    assert struct.pack(">2I", 61, 2) not in after


@pytest.mark.parametrize("format_name", ["heic", "tiff", "gif"])
def test_other_formats_are_refused(tmp_path: Path, format_name: str) -> None:
    as_jpeg(tmp_path / "home.jpg")
    facts = replace(probe(tmp_path / "home.jpg", cache=False), format=format_name)

    with pytest.raises(CannotFix, match=f"from JPEG, PNG and WEBP, not from {format_name}"):
        make_image(
            str(tmp_path / "home.jpg"), StripLocation(".jpg"), facts, str(tmp_path / "out.jpg")
        )


def test_a_location_in_a_damaged_text_is_an_error(tmp_path: Path) -> None:
    broken = b"Raw profile type exif\0\0" + b"no zlib stream"
    source = with_chunk(tmp_path / "broken.png", b"zTXt", broken)

    with pytest.raises(CannotFix, match="cannot be removed safely"):
        strip(source)
    assert not (tmp_path / "stripped.png").exists()


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    as_jpeg(tmp_path / "home.jpg")
    facts = probe(tmp_path / "home.jpg", cache=False)

    with pytest.raises(CannotFix, match="cannot be read: No such file"):
        make_image(
            str(tmp_path / "gone.jpg"), StripLocation(".jpg"), facts, str(tmp_path / "out.jpg")
        )


@pytest.mark.parametrize("cut", [4, 30, 300])
def test_truncated_files_do_no_harm(tmp_path: Path, cut: int) -> None:
    for write, name in ((as_jpeg, "a.jpg"), (as_png, "a.png"), (as_webp, "a.webp")):
        write(tmp_path / name)
        facts = probe(tmp_path / name, cache=False)
        data = (tmp_path / name).read_bytes()[:cut]
        (tmp_path / name).write_bytes(data)
        output = tmp_path / f"out-{name}"
        make_image(str(tmp_path / name), StripLocation(Path(name).suffix), facts, str(output))
        assert data.endswith(output.read_bytes()[-4:])


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        pytest.param(
            b'<rdf:Description exif:GPSLatitude="48,12.5N" dc:title="A" exif:GPSSpeed=\'1/2\'/>',
            b'<rdf:Description  dc:title="A" />', id="attributes",
        ),
        pytest.param(
            b"<a:b><exif:GPSLatitude>48,12.5N</exif:GPSLatitude><dc:title>GPS</dc:title></a:b>",
            b"<a:b> <dc:title>GPS</dc:title></a:b>", id="elements",
        ),
        pytest.param(
            b"<exif:GPSTimeStamp\n rdf:parseType='Literal'>12</exif:GPSTimeStamp\n><x/>",
            b"<x/>", id="an element with attributes",
        ),
        pytest.param(b"<exif:GPSMapDatum/><x/>", b"<x/>", id="an empty element"),
        pytest.param(
            b'<d drone-dji:GpsLatitude="+48.2" drone-dji:GpsLongtitude="+16.3" drone-dji:Yaw="3"/>',
            b'<d drone-dji:Yaw="3"/>', id="a drone",
        ),
        pytest.param(b'<d ns1:GPSAltitude = "1/2" x="y"/>', b'<d x="y"/>', id="another prefix"),
        pytest.param(b'<d dc:title="No GPS here"/>', b'<d dc:title="No GPS here"/>', id="text"),
    ],
)  # fmt: skip
def test_locations_in_xmp_become_spaces(before: bytes, kept: bytes) -> None:
    after = blank_xmp(before)

    assert len(after) == len(before)
    assert after.split() == kept.split()
