"""Folding makes letters alike and keeps every offset."""

# ruff: noqa: RUF001 - full-width signs are what this is about

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanprep.job.tokens.folding import fold


@pytest.mark.parametrize(
    ("prompt", "folded"),
    [
        pytest.param("ＩｍａｇＥ　１", "image 1", id="full-width"),
        pytest.param("Image\u00a01\u20112", "image 1-2", id="unbreakable blanks and hyphens"),
        pytest.param("图1：图2，", "图1：图2，", id="Chinese punctuation stays"),
        pytest.param(
            "see http://a.b/Image1 now", "see \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0 now", id="address"
        ),
        pytest.param("İ ß ǅ", "İ ß ǅ", id="letters that would change their number"),
    ],
)
def test_fold(prompt: str, folded: str) -> None:
    assert fold(prompt) == folded


@given(st.text())
def test_offsets_hold(prompt: str) -> None:
    assert len(fold(prompt)) == len(prompt)
