"""Say how a picture or a clip comes to its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.fix.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.limits import Limits
    from wanprep.fix.planning.fit import Fit
    from wanprep.fix.recipe import Size, Window
    from wanprep.probe.facts import Facts


def size_steps(fit: Fit, background: str, rules: tuple[str, ...]) -> Iterator[Step]:
    """List what happens to the size; `rules` are those that ask for another shape."""
    if fit.window is not None:
        words = f"crop {px(fit.source)} to {px(fit.part)} px, {_kept(fit.window)}"
        yield Step("crop", "asks", words, rules)
    if fit.size is not None:
        yield _scale(fit.part, fit.size)
    if fit.canvas is not None:
        words = f"pad {px(fit.drawn)} to {px(fit.canvas)} px with {background}"
        yield Step("pad", "asks", words, rules)


def shape_rules(facts: Facts, limits: Limits) -> tuple[str, ...]:
    """Name the rules for whose sake a shape changes: its own, or those of the sides."""
    return limits.broken_by(facts, ["aspect"]) or limits.broken_by(facts, ["width", "height"])


def px(size: Size) -> str:
    """Write a size as people do."""
    return f"{size[0]}x{size[1]}"


def _kept(window: Window) -> str:
    return "keeping its middle" if window.choose == "center" else "keeping what stands out"


def _scale(part: Size, size: Size) -> Step:
    if size[0] * size[1] <= part[0] * part[1]:
        return Step("scale", "lossy", f"scale {px(part)} to {px(size)} px")
    return Step("scale", "lossy", f"scale up {px(part)} to {px(size)} px (it will look soft)")
