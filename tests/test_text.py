from __future__ import annotations

import json

import pytest

from wanprep.text import file_size, json_text, plural, seconds, visible


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("hero.jpg", "hero.jpg", id="plain"),
        pytest.param("Größe 图片.png", "Größe 图片.png", id="letters of any script"),
        pytest.param("a\nb\tc\r", "a\\nb\\tc\\r", id="line breaks"),
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="escape sequence"),
        pytest.param("\x9b31m", "\\x9b31m", id="the same in one character"),
        pytest.param("gpj.\u202eevil", "gpj.\\u202eevil", id="writing direction reversed"),
        pytest.param("\U000e0041", "\\U000e0041", id="invisible tag letter"),
        pytest.param(b"caf\xe9".decode("utf-8", "surrogateescape"), "caf\\xe9", id="not UTF-8"),
    ],
)
def test_visible(name: str, shown: str) -> None:
    assert visible(name) == shown


def test_json_of_names_that_are_not_utf8() -> None:
    text = json_text({"caf\udce9 \U0001f480": ["a\udcff\udc80", 1.5]})
    assert "\\ud" not in text.replace("\\ud83d\\udc80", "")
    assert json.loads(text.encode("utf-8")) == {"caf\\xe9 \U0001f480": ["a\\xff\\x80", 1.5]}


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (20_000_000, "20.0 MB"),
        (3 * 10**9, "3.0 GB"),
    ],
)
def test_file_size(count: int, text: str) -> None:
    assert file_size(count) == text


@pytest.mark.parametrize(
    ("length", "text"), [(0.5, "0.50 s"), (31.041, "31.04 s"), (120, "2:00.0"), (200.5, "3:20.5")]
)
def test_seconds(length: float, text: str) -> None:
    assert seconds(length) == text


def test_plural() -> None:
    assert [plural(count, "file") for count in (0, 1, 2000)] == ["0 files", "1 file", "2,000 files"]
