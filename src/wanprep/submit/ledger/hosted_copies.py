"""Local files that were uploaded before, and where: nobody waits for an upload twice."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wanprep.submit.flow import HostedUrl
from wanprep.submit.ledger.run import written

if TYPE_CHECKING:
    from wanprep.submit.ledger.database import Database


class HostedCopies:
    """Addresses by provider and content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, provider: str, sha256: str) -> HostedUrl | None:
        """Find the address of a file that was uploaded before."""
        question = "SELECT url, expires FROM hosted WHERE provider = ? AND sha256 = ?"
        for row in self._database.rows(question, (provider, sha256)):
            expires = row["expires"]
            return HostedUrl(row["url"], datetime.fromisoformat(expires) if expires else None)
        return None

    def put(self, provider: str, sha256: str, hosted: HostedUrl) -> None:
        """Remember where a file was uploaded to."""
        expires = written(hosted.expires) if hosted.expires else None
        with self._database.writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO hosted (provider, sha256, url, expires)"
                " VALUES (?, ?, ?, ?)",
                (provider, sha256, hosted.url, expires),
            )
