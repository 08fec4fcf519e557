"""A base class for what a `with` statement closes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """A context manager that enters as itself and calls `close` on the way out."""

    __slots__ = ()

    @abstractmethod
    def close(self) -> None:
        """Release what is held; closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
