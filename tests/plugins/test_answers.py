from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from wanprep.net.secrets import remember
from wanprep.plugins import Response, Unclear
from wanprep.plugins.answers import (
    as_int,
    as_job_id,
    as_number,
    as_object,
    as_objects,
    as_text,
    as_time,
    as_urls,
    field_errors,
    path_segment,
    text_at,
    value_at,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b"\xff", b"[" * 100_000])
def test_as_object_raises_unclear(body: bytes) -> None:
    with pytest.raises(Unclear):
        as_object(Response(200, {}, body))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("task-unified-1757169743-7cvnl5zw", True),
        ("a.b_c~d:e", True),
        (12345, True),
        ("", False),
        (".", False),
        ("..", False),
        ("a/b", False),
        ("a?b", False),
        ("a b", False),
        ("a\n", False),
        ("ä", False),
        ("a" * 201, False),
        (True, False),
        (None, False),
        (-1, False),
        (1.5, False),
        (["a"], False),
    ],
)
def test_job_ids_are_safe_in_urls(value: object, expected: bool) -> None:
    if expected:
        assert as_job_id(value) == str(value)
        return
    with pytest.raises(Unclear):
        as_job_id(value)


def test_job_ids_with_a_pattern() -> None:
    assert as_job_id("a-1", re.compile("[a-z]-[0-9]")) == "a-1"
    assert path_segment("a/b?c d") == "a%2Fb%3Fc%20d"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param((None, "", " \n", "yes"), "yes", id="the first that is not blank"),
        pytest.param(("two\nlines\tand  blanks",), "two lines and blanks", id="one line"),
        pytest.param(("\x1b[31mred",), "\\x1b[31mred", id="control characters are escaped"),
        pytest.param((1402,), "1402", id="a number"),
        pytest.param((True, 1.5, [], {}), "", id="no text"),
    ],
)
def test_as_text(values: tuple[object, ...], expected: str) -> None:
    assert as_text(*values) == expected


def test_as_text_is_short_and_redacted() -> None:
    remember("canary-5b2e91d7c3a8f604")
    assert len(as_text("x" * 10_000)) == 401
    assert "canary" not in as_text(f"{'x ' * 195}canary-5b2e91d7c3a8f604")


VIDEO = "https://r.example/v.mp4?sig=a%20b"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (VIDEO, [VIDEO]),
        (f" {VIDEO} ", [VIDEO]),
        ([VIDEO, {"url": VIDEO}, [VIDEO], 7], [VIDEO, VIDEO]),
        ({"url": VIDEO}, [VIDEO]),
        ({"url": [VIDEO]}, []),
        ({"other": VIDEO}, []),
        ("ftp://r.example/v", []),
        ("https://r.example/a b", []),
        ("javascript:alert(1)", []),
        ("https://r.example/" + "x" * 9000, []),
        (None, []),
    ],
)
def test_as_urls(value: object, expected: list[str]) -> None:
    assert list(as_urls(value)) == expected


@pytest.mark.parametrize(
    ("value", "found", "without_fraction"),
    [
        (7, 7.0, 7),
        (7.5, 7.5, None),
        (-1, -1.0, None),
        (True, None, None),
        ("7", None, None),
        (float("nan"), None, None),
        (float("inf"), None, None),
        (10**400, None, None),
    ],
)
def test_as_number_and_as_int(
    value: object, found: float | None, without_fraction: int | None
) -> None:
    assert as_number(value) == found
    assert as_int(value) == without_fraction


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(NOON.timestamp(), NOON, id="seconds"),
        pytest.param(NOON.timestamp() * 1000, NOON, id="milliseconds"),
        pytest.param("2026-11-20T12:00:00Z", NOON, id="UTC"),
        pytest.param("2026-11-20T20:00:00+08:00", NOON, id="another zone"),
        pytest.param("2026-11-21T02:00:00", NOON, id="no zone: the earliest"),
        pytest.param("soon", None, id="no time"),
        pytest.param(None, None, id="nothing"),
        pytest.param(1e300, None, id="after year 9999"),
        pytest.param("0001-01-01T00:00:00", None, id="before year 1"),
    ],
)
def test_as_time(value: object, expected: datetime | None) -> None:
    assert as_time(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"a": 1}, 2], [{"a": 1}]),
        ({"data": [{"a": 1}]}, [{"a": 1}]),
        ({"data": {"items": [{"a": 1}]}}, [{"a": 1}]),
        ({"data": {"items": {"items": [{}]}}}, []),
        ({"other": [{}]}, []),
        ("x", []),
    ],
)
def test_as_objects(value: Any, expected: list[Any]) -> None:
    assert as_objects(value, ("data", "items")) == expected


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        pytest.param(("error.message", "error"), "no", id="nested"),
        pytest.param(("error", "message"), "odd", id="an object is no text"),
        pytest.param(("message.text", "nothing", "error.code"), "7", id="no such path"),
        pytest.param(("nothing",), "", id="none"),
    ],
)
def test_text_at(paths: tuple[str, ...], expected: str) -> None:
    body = {"error": {"message": "no", "code": 7}, "message": "odd"}
    assert text_at(body, *paths) == expected
    assert text_at([body], *paths) == ""
    assert value_at(body, "error.code") == 7


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        ([{"loc": ["body", "prompt"], "msg": "too long"}, {"msg": "and"}], "prompt: too long; and"),
        ([{"loc": ["body", "urls", 0], "message": "no URL"}], "urls.0: no URL"),
        ([{"msg": "twice"}, {"msg": "twice"}, 7], "twice"),
        ("no list", ""),
        (None, ""),
    ],
)
def test_errors_of_single_fields(detail: object, text: str) -> None:
    assert field_errors(detail) == text
