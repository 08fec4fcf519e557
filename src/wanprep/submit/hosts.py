"""Places that give a local file a public address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from wanprep.submit.flow import HostedUrl
    from wanprep.submit.provider import LocalFile


class Host(Protocol):
    """Puts a file somewhere below an address and tells where the world can fetch it."""

    def __call__(self, file: LocalFile, below: str) -> HostedUrl:
        """Store a file below an address such as s3://bucket/prefix; raise CannotHost if not."""
        ...
