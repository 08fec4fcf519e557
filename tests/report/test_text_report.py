from __future__ import annotations

import unicodedata

import pytest

from wanprep.check.result import Report
from wanprep.report import Style, renderer
from wanprep.report.text import _excerpt
from wanprep.rules.finding import Finding


@pytest.mark.parametrize(
    ("line", "value", "width", "shown", "marks"),
    [
        pytest.param("seed: 0", "0", 40, "seed: 0", "      ^", id="short"),
        pytest.param(
            "prompt: 图1和图2跳舞", "图2", 40, "prompt: 图1和图2跳舞", "             ^^^", id="wide"
        ),
        pytest.param("\tseed: 0", "0", 40, "\\tseed: 0", "        ^", id="a tab"),
        pytest.param("a\x1b[31m 0", "0", 40, "a\\x1b[31m 0", "          ^", id="an escape"),
        pytest.param("cafe\u0301 0", "0", 40, "cafe\u0301 0", "     ^", id="an accent"),
        pytest.param("🙂🙂 0", "0", 40, "🙂🙂 0", "     ^", id="pictograms"),
        pytest.param(
            "a" * 30 + "0" + "b" * 30, "0", 20, "…aaaa0bbbbbbbbbbbbb…", "     ^", id="the middle"
        ),
        pytest.param("0" + "b" * 30, "0", 20, "0bbbbbbbbbbbbbbbbb…", "^", id="the beginning"),
        pytest.param(
            "a" * 30 + "0", "0", 20, "…aaaaaaaaaaaaaaaaa0", "                  ^", id="the end"
        ),
        pytest.param(
            "图" * 30 + "0" + "图" * 30, "0", 20, "…图图0图图图图图图…", "     ^", id="wide and cut"
        ),
        pytest.param("x" * 50, "x" * 50, 20, "x" * 18 + "…", "^" * 18, id="all of it"),
        pytest.param("", "", 20, "", "^", id="nothing"),
        pytest.param("seed:", "", 20, "seed:", "^", id="nothing somewhere"),
    ],
)
def test_marks_stand_under_the_value(
    line: str, value: str, width: int, shown: str, marks: str
) -> None:
    start = line.index(value)
    assert _excerpt(line, start, start + len(value), width) == (shown, marks)


def columns(text: str) -> int:
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


@pytest.mark.parametrize("letters", ["a", "图", "ab图", "\t", "\x1b", "e\u0301", "🙂x"])
def test_the_excerpt_always_fits(letters: str) -> None:
    for length in (0, 1, 9, 10, 11, 19, 20, 21, 100, 100_000):
        line = (letters * length)[:length]
        for start in {0, length // 3, max(0, length - 1), length}:
            shown, marks = _excerpt(line, start, start + 3, 20)
            assert columns(shown) <= 20
            assert marks.index("^") <= columns(shown)  # what is missing belongs behind the end
            assert len(marks.rstrip("^")) + 1 == len(marks) or len(marks) <= columns(shown)


def test_marks_are_aligned_with_wide_letters() -> None:
    line = "图" * 40 + "Image 3" + "图" * 40
    shown, marks = _excerpt(line, 40, 47, 30)
    before = shown[: shown.index("Image 3")]
    assert columns(before) == marks.index("^")
    assert marks.count("^") == 7


@pytest.mark.parametrize(
    ("fixes", "line"),
    [
        pytest.param(["", ""], "\n", id="none"),
        pytest.param(["wanprep fix", ""], "; 1 can be fixed with wanprep fix\n", id="alone"),
        pytest.param(
            ["wanprep fix --trim start", ""],
            "; 1 needs your decision (wanprep fix --yes)\n",
            id="asking",
        ),
        pytest.param(
            ["wanprep fix", "wanprep fix --yes", "wanprep fix --crop pad"],
            "; 1 can be fixed with wanprep fix, 2 more need your decision (--yes)\n",
            id="both",
        ),
    ],
)
def test_the_summary_ends_with_what_can_be_fixed(fixes: list[str], line: str) -> None:
    findings = tuple(
        Finding(
            rule="image-too-small", severity="error", message="Small.", target="a/b", file="a.png",
            fix=fix,
        )
        for fix in fixes
    )  # fmt: skip
    report = Report(
        targets=("a/b",), findings=findings, verdicts=(), unchecked=(), assets=1, jobs=0
    )
    text = "".join(renderer("text")([report], Style()))
    assert text.endswith(f"\n{len(fixes)} errors in 1 of 1 file{line}")
