from __future__ import annotations

import os
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from image_results import CORNERS, SIZE, all_near, at, corners, fixed, near, quarters, recipe
from PIL import Image

from wanprep import Facts, probe
from wanprep.fix.image import decode as decoding
from wanprep.fix.image.decode import _TURNS, decode
from wanprep.fix.image.make import make_image
from wanprep.fix.plan.plan import CannotFix

CORPUS = Path(os.environ.get("WANPREP_TEST_CORPUS", "") or "no corpus named")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("moving.gif", {}, id="gif"),
        pytest.param("moving.png", {}, id="apng"),
        pytest.param("moving.webp", {"lossless": True}, id="webp"),
        pytest.param("moving.avif", {"quality": 95}, id="avif"),
        pytest.param("pages.tif", {}, id="tiff"),
        pytest.param("photos.mpo", {"quality": 95}, id="mpo"),
    ],
)
def test_the_first_frame_is_kept(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    others = [Image.new("RGB", SIZE, color) for color in ("black", "white")]
    quarters().save(tmp_path / name, save_all=True, append_images=others, duration=100, **options)

    result, output = fixed(tmp_path / name)

    with Image.open(result) as opened:
        assert opened.format == "PNG"
        assert getattr(opened, "n_frames", 1) == 1
    assert all_near(corners(result), CORNERS, 12)
    assert output.encodes == 1


def test_a_first_frame_smaller_than_the_screen_stands_in_it(tmp_path: Path) -> None:
    frame = Image.new("P", (20, 10), 0)
    frame.putpalette([200, 30, 30])
    frame.save(tmp_path / "small.gif")
    data = bytearray((tmp_path / "small.gif").read_bytes())
    data[6:10] = bytes((40, 0, 20, 0))
    (tmp_path / "small.gif").write_bytes(data)

    result, _ = fixed(tmp_path / "small.gif")

    with Image.open(result) as opened:
        assert opened.size == (40, 20)
    assert near(at(result, 0.2, 0.2), (200, 30, 30)), "its first frame"
    assert at(result, 0.8, 0.8) == (255, 255, 255), "what it leaves bare shows through"


def test_the_alpha_of_a_webp_counts_without_its_flag(tmp_path: Path) -> None:
    half = Image.new("RGBA", SIZE, (200, 30, 30, 128))
    half.paste((0, 0, 0, 0), (0, 0, SIZE[0] // 2, SIZE[1]))
    half.save(tmp_path / "quiet.webp", quality=95)
    data = bytearray((tmp_path / "quiet.webp").read_bytes())
    assert data[12:16] == b"VP8X"
    data[20] &= ~0x10
    (tmp_path / "quiet.webp").write_bytes(data)

    result, _ = fixed(tmp_path / "quiet.webp")

    assert at(result, 0.2, 0.5) == (255, 255, 255)
    assert near(at(result, 0.8, 0.5), (227, 142, 142), 8)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("progressive.jpg", {"progressive": True, "quality": 95}, id="progressive"),
        pytest.param("gray.jpg", {}, id="gray"),
        pytest.param("halves.jpg", {"subsampling": "4:2:2", "quality": 95}, id="4:2:2"),
        pytest.param("plain.bmp", {}, id="bmp"),
        pytest.param("plain.ppm", {}, id="netpbm"),
        pytest.param("plain.jp2", {}, id="jpeg 2000"),
        pytest.param("packed.tif", {"compression": "tiff_lzw"}, id="lzw"),
        pytest.param("photo.tif", {"compression": "jpeg"}, id="jpeg in tiff"),
        pytest.param("fax.tif", {"compression": "group4"}, id="fax"),
    ],
)
def test_rare_encodings_are_decoded(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    mode = {"gray.jpg": "L", "fax.tif": "1"}.get(name, "RGB")
    drawn = quarters(mode=mode)
    drawn.save(tmp_path / name, **options)

    result, _ = fixed(tmp_path / name)

    expected = [
        drawn.convert("RGB").getpixel((x, y)) for x, y in ((19, 12), (76, 12), (19, 51), (76, 51))
    ]
    assert all_near(corners(result), expected, 8)


def test_a_comment_is_not_copied(tmp_path: Path) -> None:
    quarters().save(tmp_path / "said.jpg", comment=b"taken at home", dpi=(300, 300))

    result, _ = fixed(tmp_path / "said.jpg", format="jpeg", suffix=".jpg")

    assert b"taken at home" not in result.read_bytes()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".gif", ".bmp", ".tif", ".avif"])
def test_half_an_image_is_refused(tmp_path: Path, suffix: str) -> None:
    noise = Image.effect_noise((200, 200), 80).convert("RGB")
    noise.save(tmp_path / f"whole{suffix}")
    facts = probe(tmp_path / f"whole{suffix}", cache=False)
    data = (tmp_path / f"whole{suffix}").read_bytes()
    (tmp_path / f"half{suffix}").write_bytes(data[: len(data) // 2])
    output = tmp_path / "made.png"

    with pytest.raises(CannotFix, match="cannot be decoded"):
        make_image(str(tmp_path / f"half{suffix}"), recipe(), facts, str(output))
    assert not output.exists()


@pytest.mark.parametrize(
    ("format_name", "data", "says"),
    [
        pytest.param("svg", b"<svg/>", "SVG is a drawing", id="svg"),
        pytest.param("eps", b"%!PS-Adobe-3.0 EPSF-3.0\n", "EPS is a drawing", id="eps"),
        pytest.param("jxl", b"\xff\x0a", "JXL cannot be decoded here", id="jxl"),
        pytest.param("png", b"text", "damaged, or of an unsupported kind", id="not what it was"),
        pytest.param("heic", b"\0\0\0\x18ftypheic", "cannot be decoded", id="heic"),
        pytest.param("png", None, "No such file", id="gone"),
    ],
)
def test_decode_errors_say_what_to_do(
    tmp_path: Path, format_name: str, data: bytes | None, says: str
) -> None:
    if data is not None:
        (tmp_path / "thing").write_bytes(data)

    with pytest.raises(CannotFix, match=says) as caught:
        decode(str(tmp_path / "thing"), Facts(path="thing", format=format_name))
    assert str(tmp_path) not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_too_many_pixels_are_refused_by_the_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarters((400, 300)).save(tmp_path / "giant.png")
    monkeypatch.setattr(decoding, "MOST_PIXELS", 100_000)

    with pytest.raises(CannotFix, match="too large to be fixed here: it has 0 megapixels"):
        fixed(tmp_path / "giant.png")


def test_a_decompression_bomb_is_refused_outside_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarters((400, 300)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)

    with pytest.raises(CannotFix, match="too large to be fixed here"):
        fixed(tmp_path / "bomb.png")


def test_an_image_of_another_size_than_planned_is_refused(tmp_path: Path) -> None:
    quarters().save(tmp_path / "one.png")
    facts = replace(probe(tmp_path / "one.png", cache=False), width=97)

    with pytest.raises(CannotFix, match="97x64 px, but it decodes to 96x64"):
        make_image(str(tmp_path / "one.png"), recipe(), facts, str(tmp_path / "made.png"))


def test_near_decodes_a_smaller_copy(tmp_path: Path) -> None:
    quarters((1600, 1200)).save(tmp_path / "large.jpg")
    facts = probe(tmp_path / "large.jpg", cache=False)

    assert decode(str(tmp_path / "large.jpg"), facts, (300, 300)).size == (400, 300)
    assert decode(str(tmp_path / "large.jpg"), facts).size == (1600, 1200)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="WANPREP_TEST_CORPUS names no folder")
def test_a_heic_of_a_phone_is_converted(tmp_path: Path) -> None:
    source = CORPUS / "image-other/media3__sample_still_photo.heic"
    facts = probe(source, cache=False)

    output, _ = make_image(str(source), recipe(size=(270, 480)), facts, str(tmp_path / "made.png"))

    with Image.open(tmp_path / "made.png") as opened:
        assert opened.size == (270, 480)
    assert "libheif" in output.tools


@pytest.mark.skipif(not CORPUS.is_dir(), reason="WANPREP_TEST_CORPUS names no folder")
def test_a_transparent_heic_is_flattened(tmp_path: Path) -> None:
    source = CORPUS / "image-other/pheif__RGBA_8__29x100.heif"
    made = tmp_path / "made.png"
    make_image(str(source), recipe(background="#000000"), probe(source, cache=False), str(made))

    left, right, *_ = corners(made)
    assert sum(left) > 2 * sum(right), "the alpha of it fades from left to right"


def test_gray_and_alpha_in_separate_planes_are_refused(tmp_path: Path) -> None:
    # Pillow reads the alpha of such a file as 0 everywhere: the result would be blank.
    width = height = 16
    planes = [bytes([90]) * width * height, bytes([255]) * width * height]
    entries = [
        (256, 3, 1, width), (257, 3, 1, height), (258, 3, 2, 8 | 8 << 16), (259, 3, 1, 1),
        (262, 3, 1, 1), (273, 4, 2, 0), (277, 3, 1, 2), (278, 3, 1, height), (279, 4, 2, 0),
        (284, 3, 1, 2), (338, 3, 1, 2),
    ]  # fmt: skip
    directory = 8
    after = directory + 2 + 12 * len(entries) + 4
    starts, counts, data = after, after + 8, after + 16
    values = {273: starts, 279: counts}
    body = struct.pack("<2sHI", b"II", 42, directory) + struct.pack("<H", len(entries))
    for tag, kind, number, value in entries:
        body += struct.pack("<HHII", tag, kind, number, values.get(tag, value))
    body += struct.pack("<I", 0) + struct.pack("<2I", data, data + len(planes[0]))
    body += struct.pack("<2I", *map(len, planes)) + b"".join(planes)
    path = tmp_path / "apart.tiff"
    path.write_bytes(body)
    facts = probe(path, cache=False)
    assert (facts.format, facts.alpha) == ("tiff", True)
    with pytest.raises(CannotFix, match="in separate planes"):
        decode(str(path), facts)


# How a camera stores the upright image for each orientation: the turn that undoes it, undone.
_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def stored(orientation: int) -> tuple[Image.Image, Image.Exif]:
    turn = _STORED[orientation]
    image = quarters() if turn is None else quarters().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return image, exif


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        pytest.param(".jpg", {"quality": 95}, id="jpeg"),
        pytest.param(".png", {}, id="png"),
        pytest.param(".webp", {"lossless": True}, id="webp"),
        pytest.param(".tif", {}, id="tiff"),
    ],
)
def test_every_orientation_is_turned_upright(
    tmp_path: Path, suffix: str, options: dict[str, Any]
) -> None:
    found = {}
    for orientation in range(1, 9):
        image, exif = stored(orientation)
        image.save(tmp_path / f"{orientation}{suffix}", exif=exif, **options)

        result, _ = fixed(tmp_path / f"{orientation}{suffix}")

        with Image.open(result) as opened:
            is_upright = all_near(corners(result), CORNERS)
            found[orientation] = opened.size, dict(opened.getexif()), is_upright
    assert found == dict.fromkeys(range(1, 9), (SIZE, {}, True))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_an_avif_is_turned_once(tmp_path: Path, orientation: int) -> None:
    # Pillow writes irot for the orientation, and readers must not turn by the EXIF as well.
    image, exif = stored(orientation)
    image.save(tmp_path / "turned.avif", exif=exif, quality=95)

    result, _ = fixed(tmp_path / "turned.avif")

    assert all_near(corners(result), CORNERS, 10)


def test_a_tiff_is_not_turned_by_its_xmp(tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6"/></x:xmpmeta>'
    quarters().save(tmp_path / "said.tif", tiffinfo={700: xmp})

    result, _ = fixed(tmp_path / "said.tif")

    assert all_near(corners(result), CORNERS)


def test_a_big_endian_gray_tiff_is_turned(tmp_path: Path) -> None:
    rows = bytes([10, 10, 200, 200] * 2 + [10, 10, 90, 90] * 2)
    tags = [(256, 3, 4), (257, 3, 4), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    tags += [(273, 4, 8), (274, 3, 6), (277, 3, 1), (278, 3, 4), (279, 4, 16)]
    directory = b"".join(
        struct.pack(">HHI", tag, kind, 1)
        + (struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value))
        for tag, kind, value in tags
    )
    data = b"MM\0*" + struct.pack(">I", 24) + rows + struct.pack(">H", len(tags)) + directory
    (tmp_path / "big.tif").write_bytes(data + bytes(4))

    result, _ = fixed(tmp_path / "big.tif")

    assert all_near(corners(result), [(10,) * 3, (10,) * 3, (90,) * 3, (200,) * 3])


def test_every_turn_has_a_name_in_pillow() -> None:
    assert all(hasattr(Image.Transpose, name) for name in _TURNS.values())
