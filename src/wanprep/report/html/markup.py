"""HTML put together so that nothing from outside can become a part of it.

What is a plain text is escaped, always; only what was built here counts as HTML. Everything is
written in ASCII, with other letters as numbers: right whatever encoding it travels in.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID: Final = frozenset({"img", "input"})
# Control characters, halves of letters, and the separators that end lines in scripts.
_UNSEEN: Final = frozenset({"Cc", "Cs", "Cf", "Cn", "Co", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d"  # without them emoji and some scripts fall apart
_HTTPS: Final = "https://"


class Html(str):
    """A piece of a page."""

    __slots__ = ()


def text(value: str) -> Html:
    """Write a text from outside: as it is, with what could act on a reader made visible."""
    plain = value if value.isascii() and value.isprintable() else "".join(map(_letter, value))
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = escaped.replace('"', "&quot;").replace("'", "&#39;")
    return Html(escaped.encode("ascii", "xmlcharrefreplace").decode())


def _letter(letter: str) -> str:
    if unicodedata.category(letter) in _UNSEEN and letter not in _JOINERS:
        return visible(letter)
    return letter


def element(name: str, /, *children: str, **attributes: str | float | bool | None) -> Html:
    """Write an element. `class_` is a class; an attribute that is None or False is left out."""
    said = "".join(
        f" {_name(key)}" if value is True else f' {_name(key)}="{text(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{said}>")
    return Html(f"<{name}{said}>{joined(children)}</{name}>")


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-") if key != "viewBox" else key


def joined(children: Iterable[str]) -> Html:
    """Put pieces together."""
    return Html("".join(each if isinstance(each, Html) else text(each) for each in children))


def link(address: str, *children: str) -> Html:
    """Lead to a page of the web, if it is one that is safe to open."""
    if not address.startswith(_HTTPS):
        return joined(children)
    return element("a", *children, href=address, rel="noopener noreferrer", target="_blank")


def icon(name: str) -> Html:
    """Draw one of the signs that the page defines; the words stand beside it."""
    use = element("use", href=f"#i-{name}")
    return element("svg", use, class_=f"icon i-{name}", aria_hidden="true", viewBox="0 0 16 16")
