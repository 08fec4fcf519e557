"""Pages of the HTML report, taken apart as a browser would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from wanprep import check
from wanprep.check.result import Report
from wanprep.report import Style, renderer

EVOLINK: Final = "evolink/wan2.7-reference-video"
RUNCOMFY: Final = "runcomfy/wan-2-7-reference-to-video"
WAVESPEED: Final = "wavespeed/wan-2.7-reference-to-video"
FIXTURES: Final = Path(__file__).parents[2] / "fixtures"


def written(report: Report) -> str:
    return "".join(renderer("html")([report], Style()))


def page_of(*paths: Path, targets: Sequence[str] = ()) -> str:
    return written(check(*paths, targets=targets, offline=True))


@dataclass
class Element:
    """One element, with all the text inside."""

    name: str
    attributes: dict[str, str]
    inside: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def all(self, name: str = "", kind: str = "") -> list[Element]:
        """List the elements below, of this name and class."""
        return list(self._all(name, kind))

    def _all(self, name: str, kind: str) -> Iterator[Element]:
        for each in self.inside:
            if name in {"", each.name} and (not kind or kind in each.classes):
                yield each
            yield from each._all(name, kind)

    def one(self, name: str = "", kind: str = "") -> Element:
        (found,) = self.all(name, kind)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        opened = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(opened)
        if tag not in {"meta", "link", "img", "input"}:
            self._open.append(opened)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        for each in self._open:
            each.pieces.append(data)


def parsed(page: str) -> Element:
    """Read a page; an element that is not closed where it should be is a failure."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader._open == [reader.root]
    return reader.root
