from __future__ import annotations

import pytest

from wanprep.text import columns, wrap


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("abc", 3), ("图1", 3), ("cafe\u0301", 4), ("…", 1), ("\uff11", 2)]
)
def test_columns(text: str, count: int) -> None:
    assert columns(text) == count


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("", ["- "], id="nothing"),
        pytest.param("one two", ["- one two"], id="it fits"),
        pytest.param("one two three", ["- one two", "  three"], id="it does not"),
        pytest.param("图图图 图图", ["- 图图图", "  图图"], id="wide letters count two"),
        pytest.param("https://a.example/x y", ["- https://a.example/x", "  y"], id="a long word"),
        pytest.param("y https://a.example/x", ["- y", "  https://a.example/x"], id="and another"),
    ],
)
def test_wrapping(text: str, lines: list[str]) -> None:
    assert wrap(text, 10, first="- ", rest="  ").split("\n") == lines
