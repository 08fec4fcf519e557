"""Lists that come in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wanprep.emulator.exchange import Wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


def page_of(items: Sequence[T], page: object, size: object) -> Sequence[T]:
    """Return one page, counted from 1."""
    number, length = _whole(page), _whole(size)
    return items[(number - 1) * length : number * length]


def _whole(value: object) -> int:
    text = str(value)
    if not text.isdecimal() or int(text) < 1:
        raise Wrong(400, f"{text[:20]!r} is no whole number from 1: pages are counted from 1")
    return int(text)
