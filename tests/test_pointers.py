from __future__ import annotations

import pytest

from wanprep.pointers import below, is_within, last, parent, pointer_to, steps


def test_names_are_escaped_and_unescaped() -> None:
    assert below("/a", "b/~1") == "/a/b~1~01"
    assert steps("/a/b~1~01/0") == ["a", "b/~1", "0"]
    assert pointer_to(["a", "b/~1", 0]) == "/a/b~1~01/0"


def test_the_root() -> None:
    assert (pointer_to([]), steps(""), parent(""), last("")) == ("", [], "", "")


def test_ends() -> None:
    assert (parent("/a/b~1c"), last("/a/b~1c")) == ("/a", "b/c")


@pytest.mark.parametrize(
    ("pointer", "outer", "expected"),
    [("/a/b", "/a", True), ("/a", "/a", True), ("/ab", "/a", False), ("/a", "/a/b", False),
     ("/a", "", True)],
)  # fmt: skip
def test_is_within(pointer: str, outer: str, expected: bool) -> None:
    assert is_within(pointer, outer) is expected
