"""To whom work on a run is told."""

from __future__ import annotations

from typing import Protocol


class Teller(Protocol):
    """Hears how far a run is, and what the user should know when it is over."""

    def tell(self, words: str) -> None:
        """Hear how far it is."""
        ...

    def note(self, words: str) -> None:
        """Hear what should be known at the end."""
        ...
