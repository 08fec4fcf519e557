from __future__ import annotations

from pathlib import Path

import pytest
from sample_videos import X264, make, recipe_for, remake

from wanprep.fix.plan.plan import Window
from wanprep.fix.video.place_window import place_window
from wanprep.media.facts import Facts
from wanprep.media.probe_file import probe_file

# A detailed, colourful patch on a plain ground, moving a little.
_SUBJECT = "color=0x808890:s=320x120:r=5:d=2[a];testsrc2=s=80x100:r=5:d=2[b];[a][b]overlay={x}:10"


def _clip(path: Path, x: str) -> str:
    return make(path, _SUBJECT.format(x=x), how=X264)


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("x", "low", "high"),
    [("3+2*t", 0, 30), ("235-2*t", 170, 200), ("120", 50, 150)],
    ids=["left", "right", "middle"],
)
def test_smart(tmp_path: Path, x: str, low: int, high: int) -> None:
    source = _clip(tmp_path / "a.mp4", x)
    facts = probe_file(source)
    recipe = recipe_for(facts, window=Window((120, 120), "smart"))

    window = place_window(source, recipe, facts).window

    assert window
    assert window.corner
    assert low <= window.corner[0] <= high
    assert window.corner[1] == 0


def test_turned(tmp_path: Path) -> None:
    source = remake(_clip(tmp_path / "a.mp4", "3"), tmp_path / "b.mp4",
                    before="-display_rotation -90")  # fmt: skip
    facts = probe_file(source)
    assert (facts.width, facts.height) == (120, 320)

    window = place_window(
        source, recipe_for(facts, window=Window((120, 120), "smart")), facts
    ).window

    assert window
    assert window.corner is not None
    assert window.corner[1] < 30  # turned clockwise, the left side is the top


def test_what_cannot_be_decoded_is_cut_in_the_middle(tmp_path: Path) -> None:
    facts = Facts(path="", kind="video", format="mp4", width=641, height=240, duration=1.0)
    recipe = recipe_for(facts, window=Window((240, 240), "smart"))

    window = place_window(str(tmp_path / "none.mp4"), recipe, facts).window

    assert window == Window((240, 240), "smart", (200, 0))


def test_center_and_an_existing_corner() -> None:
    facts = Facts(path="", kind="video", width=640, height=240)
    placed = recipe_for(facts, window=Window((100, 100), "smart", (7, 9)))

    assert place_window("", placed, facts) is placed
    assert place_window("", recipe_for(facts), facts).window is None
    centered = place_window("", recipe_for(facts, window=Window((100, 100), "center")), facts)
    assert centered.window == Window((100, 100), "center", (270, 70))
