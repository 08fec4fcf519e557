"""SVG: how large a drawing wants to be shown."""

from __future__ import annotations

import time
from typing import Any

import pytest

from wanprep.media.image.svg import read_svg
from wanprep.media.source import Bytes

ORDINARY = {
    "kind": "image",
    "format": "svg",
    "width": 64,
    "height": 48,
    "stored_width": 64,
    "stored_height": 48,
    "aspect": 64 / 48,
    "orientation": 1,
    "alpha": True,
    "animated": False,
    "frames": 1,
    "bit_depth": 8,
    "color": "rgb",
    "gps": False,
    "readable": True,
}
SIZE = 'width="64" height="48"'
PROLOGUE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- <svg width="1" height="1"> is a comment: \xe4 -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [
  <!ENTITY ns "http://www.w3.org/2000/svg">
]>
"""


def svg(attributes: str, inside: str = "<rect/>") -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


FILES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "ordinary": (svg(SIZE), ORDINARY),
    "byte order mark": (b"\xef\xbb\xbf \n" + svg(SIZE), ORDINARY),
    "utf-16": (svg(SIZE).decode().encode("utf-16"), ORDINARY),
    "prologue": (PROLOGUE.encode("latin-1") + svg(SIZE + ' a="&ns;"'), ORDINARY),
    "prefix": (f"<s:svg xmlns:s='x' {SIZE}/>".encode(), ORDINARY),
    "view box": (svg('viewBox="0 0 64 48"'), ORDINARY),
    "view box with commas": (svg('viewBox=" -5,-5, 64,48 "'), ORDINARY),
    "percent": (svg('width="100%" height="100%" viewBox="0 0 64 48"'), ORDINARY),
    "height left open": (svg('width="64" viewBox="0 0 128 96"'), ORDINARY),
    "width left open": (svg('height="48" viewBox="0 0 128 96"'), ORDINARY),
    "size and view box": (svg(SIZE + ' viewBox="0 0 1 1"'), ORDINARY),
    "px": (svg('width="64px" height="48PX"'), ORDINARY),
    "odd numbers": (svg('width=" +6.4e1 " height="48."'), ORDINARY),
    "in, pt": (svg('width="1in" height="72pt"'), {"width": 96, "height": 96}),
    "cm, mm": (svg('width="2.54cm" height="19.05mm"'), {"aspect": 96 / 72}),
    "pc, em": (svg('width="2pc" height="3em"'), {"width": 32, "height": 48}),
    "ex, tiny": (svg('width="12ex" height=".5"'), {"width": 96, "height": 1}),
    "fractions": (svg('width="99.6" height="9.4"'), {"width": 100, "height": 9}),
    "no size": (svg(""), {"width": None, "height": None}),
    "one side": (svg('width="64"'), {"width": None}),
    "nothing to see": (svg('width="0" height="-5"'), {"width": None}),
    "endless": (svg('width="1e400" height="1e400"'), {"width": None}),
    "odd view box": (svg('viewBox="none"'), {"width": None}),
    "empty view box": (svg('viewBox="0 0 0 0"'), {"width": None}),
    "long": (svg(SIZE, "<path d='M0 0'/>" * 9_999), ORDINARY),
}


def test_facts() -> None:
    found = {name: dict(read_svg(Bytes(data))) for name, (data, _) in FILES.items()}

    assert {
        name: {key: found[name].get(key) for key in expected}
        for name, (_, expected) in FILES.items()
    } == {name: expected for name, (_, expected) in FILES.items()}
    assert [name for name, facts in found.items() if "problem" in facts] == []


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("data", "problem", "width"),
    [
        pytest.param(svg(SIZE)[:-3], "cut off", 64, id="last tag"),
        pytest.param(svg(SIZE)[:-6], "cut off", 64, id="last tag missing"),
        pytest.param(svg(SIZE)[:30], "cut off", None, id="first tag"),
        pytest.param(svg(SIZE, "<g></g>" * 20_000)[:-20], "cut off", 64, id="long"),
        pytest.param(svg(SIZE, "<g></b>"), "line 1 is not well-formed", 64, id="crossed tags"),
        pytest.param(svg(SIZE, "&nothing;"), "not well-formed", 64, id="unknown entity"),
        pytest.param(
            svg(SIZE) + svg(SIZE), "line 1 is not well-formed", 64, id="two drawings"
        ),
        pytest.param(b"<html><svg/></html>", "first tag is not svg", None, id="a page"),
        pytest.param(b"plain words about <svg", "not well-formed", None, id="text"),
        pytest.param(b'<?xml version="1.0" encoding="x"?><svg/>', "encoding", None, id="encoding"),
    ],
)  # fmt: skip
def test_unusable(data: bytes, problem: str, width: int | None) -> None:
    found = read_svg(Bytes(data))

    assert found["readable"] is False
    assert problem in found["problem"]
    assert found.get("width") == width


def test_a_billion_laughs_are_not_laughed() -> None:
    head = f'<!DOCTYPE svg [<!ENTITY a0 "ha">{LAUGHS}]><svg width="&a9;"/>'
    started = time.process_time()

    assert read_svg(Bytes(head.encode()))["readable"] is False
    assert time.process_time() - started < 20
