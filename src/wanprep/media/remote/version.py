"""Which version of a file a server sent, and what is known of it."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from wanprep.media.facts import Facts

# A file that changed again within the second has the same Last-Modified (RFC 9110, 8.8.2.2).
_SETTLED: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Version:
    """What identifies a version of a file; empty strings where the server does not."""

    etag: str = ""
    modified: str = ""

    @property
    def strong_etag(self) -> str:
        """The ETag, if equal ones mean equal bytes."""
        return "" if self.etag.startswith("W/") else self.etag

    @property
    def is_lasting(self) -> bool:
        """Whether another version will have another one of these."""
        return bool(self.etag) or _is_settled(self.modified)

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for nothing if this is still the version."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.modified} if self.modified else {}

    def if_range(self) -> dict[str, str]:
        """Return the header that asks for a part of this version only."""
        if self.strong_etag:
            return {"If-Range": self.strong_etag}
        return {"If-Range": self.modified} if not self.etag and _is_settled(self.modified) else {}

    def differs(self, other: Version) -> bool:
        """Whether another answer is certainly of another version."""
        mine, its = self.strong_etag, other.strong_etag
        if mine and its:
            return mine != its
        return bool(self.modified and other.modified) and self.modified != other.modified


def _is_settled(modified: str) -> bool:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(modified).astimezone(UTC) < datetime.now(UTC) - _SETTLED
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Probed:
    """The facts of a URL, and the version of the file that they are of."""

    facts: Facts
    version: Version = field(default_factory=Version)
    is_cached: bool = False
