"""Which path of which site is answered by which function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.emulator.exchange import Reply, Stream, Wrong

# "submit" costs money, "poll" asks for a job's status, "open" needs no key.
Nature = Literal["plain", "submit", "poll", "open"]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `{name}` in its path is one piece, `{name...}` the rest with its slashes."""

    method: str
    path: str
    handle: Callable[..., Reply | Stream]
    nature: Nature = "plain"


@dataclass(frozen=True, slots=True)
class Site:
    """A service: the paths below its prefix, and the shape of its errors."""

    prefix: str
    routes: tuple[Route, ...]
    error: Callable[[Wrong], Reply]

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Find the route of a path, and what stands in its places."""
        wanted = "GET" if method == "HEAD" else method
        for route in self.routes:
            found = _pattern(self.prefix + route.path).fullmatch(path)
            if found and route.method == wanted:
                return route, {name: unquote(text) for name, text in found.groupdict().items()}
        return None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    rest = re.sub(r"\\\{(\w+)\\\.\\\.\\\.\\\}", r"(?P<\1>.+)", re.escape(path))
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", rest))
