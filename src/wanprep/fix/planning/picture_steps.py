"""Say what happens to a picture that is decoded and written anew, whatever its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.fix.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.probe.facts import Facts


def picture_steps(facts: Facts, written: str, background: str) -> Iterator[Step]:
    """List the changes, in no order."""
    if (facts.orientation or 1) != 1:
        yield Step("turn", "safe", "turn it upright")
    if (facts.frames or 1) > 1:
        what = "frame" if facts.animated else "picture"
        yield Step("first-frame", "lossy", f"keep only the first of its {facts.frames} {what}s")
    if words := _color(facts):
        yield Step("color", "lossy", words)
    if facts.alpha:
        yield Step("flatten", "lossy", f"put it on {background} wherever it is transparent")
    yield _encode(facts.format, written)


def _color(facts: Facts) -> str:
    if facts.color in {"cmyk", "lab"}:
        return f"convert its colours from {facts.color.upper()} to sRGB"
    if facts.hdr:
        return "convert its colours from HDR to sRGB"
    return f"reduce it from {facts.bit_depth} to 8 bits" if (facts.bit_depth or 8) > 8 else ""


def _encode(was: str, written: str) -> Step:
    name = written.upper()
    words = f"write it anew as {name}" if was == written else f"convert {was.upper()} to {name}"
    return Step("encode", "safe" if written == "png" else "lossy", words)
