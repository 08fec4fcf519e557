from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_results import PLACES, all_near, corners, fixed, near, pixels, quarters, recipe
from PIL import Image
from PIL.JpegImagePlugin import get_sampling

from wanprep.fix.encoder_settings import JPEG_BEST, JPEG_MIN
from wanprep.fix.image.encode import Layout, actual_layout, apply_layout, planned_layout
from wanprep.fix.plan.plan import CannotFix, Window


def test_a_plain_result_is_as_large_as_its_source() -> None:
    assert planned_layout(recipe(), (30, 20)) == Layout((30, 20), (30, 20))


def test_a_scaled_image_is_centered_on_its_canvas() -> None:
    layout = planned_layout(recipe(size=(100, 50), canvas=(100, 101)), (200, 100))
    assert layout == Layout((100, 50), (100, 101))
    assert layout.corner == (0, 25)


def test_padding_has_the_color_of_the_background() -> None:
    image = apply_layout(Image.new("RGB", (8, 4), "red"), Layout((4, 2), (4, 6)), "#0000ff")
    assert [image.getpixel((2, y)) for y in range(6)] == [
        (0, 0, 255), (0, 0, 255), (255, 0, 0), (255, 0, 0), (0, 0, 255), (0, 0, 255),
    ]  # fmt: skip


@given(width=st.integers(1, 9000), height=st.integers(1, 9000), factor=st.floats(0.01, 0.99))
@pytest.mark.untraced
def test_shrinking_never_moves_the_aspect_away_from_1(
    width: int, height: int, factor: float
) -> None:
    across, down = Layout((width, height), (width, height)).shrink(factor).canvas

    assert 1 <= across <= width
    assert 1 <= down <= height
    assert max(across, down) * min(width, height) <= max(width, height) * min(across, down)


@pytest.mark.parametrize("factor", [1.0, 0.8, 0.31])
def test_actual_layout_of_a_shrunk_result(factor: float) -> None:
    planned = recipe(size=(400, 200), canvas=(400, 401))
    layout = planned_layout(planned, (800, 400)).shrink(factor)

    found = actual_layout(planned, (800, 400), layout.canvas)

    assert found.canvas == layout.canvas
    assert all(abs(a - b) <= 1 for a, b in zip(found.image, layout.image, strict=True))


def noisy(size: tuple[int, int] = (480, 320)) -> Image.Image:
    coarse = Image.effect_noise((size[0] // 4, size[1] // 4), 90).resize(size)
    return Image.blend(quarters(size), coarse.convert("RGB"), 0.4)


@pytest.mark.parametrize(
    ("suffix", "options", "changes", "sampling"),
    [
        pytest.param(".png", {}, {}, 0, id="sharp source"),
        pytest.param(".jpg", {"subsampling": 0}, {}, 0, id="a fine JPEG"),
        pytest.param(".jpg", {"subsampling": 1}, {}, 1, id="a JPEG of 4:2:2"),
        pytest.param(".jpg", {"subsampling": 2}, {}, 2, id="a JPEG of 4:2:0"),
        pytest.param(".jpg", {"subsampling": 2}, {"size": (48, 32)}, 0, id="scaled down"),
    ],
)
def test_chroma_subsampling_stays(
    tmp_path: Path, suffix: str, options: dict[str, Any], changes: dict[str, object], sampling: int
) -> None:
    quarters().save(tmp_path / f"one{suffix}", **options)

    result, output = fixed(tmp_path / f"one{suffix}", format="jpeg", suffix=".out.jpg", **changes)

    with Image.open(result) as opened:
        assert get_sampling(opened) == sampling
    assert output.settings["quality"] == JPEG_BEST
    assert not output.notes


def test_window_then_size_then_canvas(tmp_path: Path) -> None:
    quarters((96, 64)).save(tmp_path / "one.png")
    window = Window((48, 32), "center", (48, 0))  # all of the green quarter, and nothing else

    result, output = fixed(
        tmp_path / "one.png", window=window, size=(24, 16), canvas=(24, 24), background="#010203"
    )

    image = pixels(result)
    assert image.size == (24, 24)
    assert [image.getpixel((12, y)) for y in (1, 22)] == [(1, 2, 3), (1, 2, 3)]
    assert near(image.getpixel((1, 12)), (30, 160, 40), 3)
    assert output.settings["window"] == [48, 0, 48, 32]
    assert output.settings["size"] == [24, 24]


def test_scaling_up_is_smooth(tmp_path: Path) -> None:
    quarters((24, 16)).save(tmp_path / "small.png")

    result, _ = fixed(tmp_path / "small.png", size=(240, 160))

    assert all_near(
        corners(result), [quarters().getpixel((int(x * 96), int(y * 64))) for x, y in PLACES]
    )


@pytest.mark.parametrize("share", [0.95, 0.7, 0.45])
def test_quality_is_reduced_before_size(tmp_path: Path, share: float) -> None:
    noisy().save(tmp_path / "one.png")
    _, free = fixed(tmp_path / "one.png", format="jpeg", suffix=".jpg")
    best = (tmp_path / "one-made.jpg").stat().st_size
    most = int(best * share)

    result, output = fixed(tmp_path / "one.png", format="jpeg", suffix=".jpg", most_bytes=most)

    size, quality = result.stat().st_size, output.settings["quality"]
    assert size <= most
    assert isinstance(quality, int)
    assert JPEG_MIN <= quality <= JPEG_BEST
    assert output.encodes <= 7
    assert output.settings["size"] == [480, 320]
    assert output.notes == ((f"Written with JPEG quality {quality} to fit {most / 1000:.1f} kB.",)
                          if quality < JPEG_BEST else ())  # fmt: skip
    assert size > most * 0.85, "the highest quality that fits is taken"
    assert free.encodes == 1


def test_size_is_reduced_at_the_lowest_quality(tmp_path: Path) -> None:
    noisy().save(tmp_path / "one.png")

    result, output = fixed(
        tmp_path / "one.png", format="jpeg", suffix=".jpg", most_bytes=9000, smallest=(96, 64)
    )

    with Image.open(result) as opened:
        width, height = opened.size
    assert result.stat().st_size <= 9000
    assert 96 <= width < 480
    assert abs(width / height - 1.5) < 0.02
    assert output.notes[0] == f"Scaled down to {width}x{height} px to fit 9.0 kB."


def test_padding_shrinks_with_its_image(tmp_path: Path) -> None:
    noisy().save(tmp_path / "one.png")

    result, _ = fixed(
        tmp_path / "one.png", format="jpeg", suffix=".jpg", canvas=(480, 480), background="#00ff00",
        most_bytes=9000, smallest=(100, 100),
    )  # fmt: skip

    image = pixels(result)
    assert image.width == image.height < 480
    assert near(image.getpixel((image.width // 2, 2)), (0, 255, 0), 40)
    assert not near(image.getpixel((image.width // 2, image.height // 2)), (0, 255, 0), 40)


@pytest.mark.parametrize(
    "smallest", [pytest.param((400, 267), id="a floor"), pytest.param(None, id="not to be scaled")]
)
def test_the_error_for_too_few_bytes_has_the_numbers(
    tmp_path: Path, smallest: tuple[int, int] | None
) -> None:
    noisy().save(tmp_path / "one.png")

    with pytest.raises(CannotFix, match=r"Even at \d+x\d+ px and quality 70 it takes .* 1\.0 kB"):
        fixed(
            tmp_path / "one.png", format="jpeg", suffix=".jpg", most_bytes=1000, smallest=smallest
        )
    assert not (tmp_path / "one-made.jpg").exists()


def test_the_smallest_size_is_reached_and_not_passed(tmp_path: Path) -> None:
    noisy().save(tmp_path / "one.png")
    smallest = (120, 80)
    fixed(tmp_path / "one.png", format="jpeg", suffix=".jpg", size=smallest)
    at_smallest = tmp_path / "one-made.jpg"
    with Image.open(at_smallest) as opened:
        opened.save(tmp_path / "floor.jpg", quality=JPEG_MIN, optimize=True, subsampling=0)
    most = int((tmp_path / "floor.jpg").stat().st_size * 1.02)

    result, _ = fixed(
        tmp_path / "one.png", format="jpeg", suffix=".jpg", most_bytes=most, smallest=smallest
    )

    with Image.open(result) as opened:
        assert opened.width >= 120
        assert opened.height >= 80
    assert result.stat().st_size <= most


def test_a_png_over_its_bytes_is_optimized_or_refused(tmp_path: Path) -> None:
    gradient = Image.linear_gradient("L").resize((600, 400))
    Image.merge("RGB", (gradient, gradient.rotate(180), gradient)).save(tmp_path / "one.png")
    fixed(tmp_path / "one.png")
    quick = (tmp_path / "one-made.png").stat().st_size
    with Image.open(tmp_path / "one.png") as opened:
        opened.save(tmp_path / "packed.png", optimize=True)
    packed = (tmp_path / "packed.png").stat().st_size
    assert packed < quick, "or this would prove nothing"

    _, output = fixed(tmp_path / "one.png", most_bytes=packed)
    assert output.encodes == 2
    assert (tmp_path / "one-made.png").stat().st_size <= packed

    with pytest.raises(CannotFix, match=r"As PNG it takes .* Save it as JPEG instead"):
        fixed(tmp_path / "one.png", most_bytes=packed // 2)


def test_a_size_that_jpeg_cannot_hold_is_an_error(tmp_path: Path) -> None:
    Image.new("RGB", (66_000, 2)).save(tmp_path / "strip.png")

    with pytest.raises(CannotFix, match="JPEG cannot hold 66000x2 px"):
        fixed(tmp_path / "strip.png", format="jpeg", suffix=".jpg")
