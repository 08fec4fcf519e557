from __future__ import annotations

import pytest

from wanprep.job.documents.place import Place, SourceText


@pytest.mark.parametrize(
    ("text", "start", "end", "place"),
    [
        pytest.param("abc", 1, 2, Place(1, 2, 1, 3), id="within a line"),
        pytest.param("a\nbc", 2, 4, Place(2, 1, 2, 3), id="unix"),
        pytest.param("a\r\nbc", 3, 5, Place(2, 1, 2, 3), id="windows"),
        pytest.param("a\rbc", 2, 4, Place(2, 1, 2, 3), id="old mac"),
        pytest.param("a\nb\nc", 0, 5, Place(1, 1, 3, 2), id="over lines"),
        pytest.param("图😀x", 2, 3, Place(1, 3, 1, 4), id="characters, not bytes"),
        pytest.param("a\u2028b\x85c", 4, 5, Place(1, 5, 1, 6), id="what ends no line in editors"),
        pytest.param("", 0, 0, Place(1, 1, 1, 1), id="nothing"),
    ],
)
def test_place(text: str, start: int, end: int, place: Place) -> None:
    assert SourceText(text).place(start, end) == place


@pytest.mark.parametrize(
    ("line", "text"), [(0, ""), (1, "one"), (2, ""), (3, "three"), (4, ""), (5, "")]
)
def test_line_text(line: int, text: str) -> None:
    assert SourceText("one\r\n\nthree\n").line_text(line) == text


def test_what_is_missing_at_the_end_is_shown_behind_the_last_character() -> None:
    assert SourceText("a: [\n\n  \n").end_of_content() == 4
