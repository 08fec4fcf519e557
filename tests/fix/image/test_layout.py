from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_results import recipe
from PIL import Image

from wanprep.fix.image.encode import Layout, actual_layout, apply_layout, planned_layout


def test_a_plain_result_is_as_large_as_its_source() -> None:
    assert planned_layout(recipe(), (30, 20)) == Layout((30, 20), (30, 20))


def test_what_is_scaled_stands_in_the_middle_of_its_canvas() -> None:
    layout = planned_layout(recipe(size=(100, 50), canvas=(100, 101)), (200, 100))
    assert layout == Layout((100, 50), (100, 101))
    assert layout.corner == (0, 25)


def test_padding_has_the_color_of_the_background() -> None:
    image = apply_layout(Image.new("RGB", (8, 4), "red"), Layout((4, 2), (4, 6)), "#0000ff")
    assert [image.getpixel((2, y)) for y in range(6)] == [
        (0, 0, 255), (0, 0, 255), (255, 0, 0), (255, 0, 0), (0, 0, 255), (0, 0, 255),
    ]  # fmt: skip


@settings(deadline=None)
@given(width=st.integers(1, 9000), height=st.integers(1, 9000), factor=st.floats(0.01, 0.99))
def test_what_shrinks_never_becomes_more_of_a_strip(width: int, height: int, factor: float) -> None:
    across, down = Layout((width, height), (width, height)).shrink(factor).canvas

    assert 1 <= across <= width
    assert 1 <= down <= height
    assert max(across, down) * min(width, height) <= max(width, height) * min(across, down)


@pytest.mark.parametrize("factor", [1.0, 0.8, 0.31])
def test_a_result_that_had_to_shrink_is_found_in_its_canvas(factor: float) -> None:
    wanted = recipe(size=(400, 200), canvas=(400, 401))
    layout = planned_layout(wanted, (800, 400)).shrink(factor)

    found = actual_layout(wanted, (800, 400), layout.canvas)

    assert found.canvas == layout.canvas
    assert all(abs(a - b) <= 1 for a, b in zip(found.image, layout.image, strict=True))
