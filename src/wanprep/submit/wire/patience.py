"""How long to wait for what, and how often to ask again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds, but for the number of attempts."""

    connect: float = 10
    read: float = 60  # between two pieces of an answer
    write: float = 60
    pool: float = 30
    answer: float = 120  # for a whole answer, however slowly it drips
    download: float = 1800
    attempts: int = 5
    pause: float = 0.5  # before the second attempt; doubled for each one after it
    longest_pause: float = 90  # who is told to wait for longer gives up
    total: float = 300  # after this no attempt is begun
