"""What can come between a request and its answer, and what it means for the one who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.errors import WanprepError
from wanprep.plugins.flow import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping


class Broken(Exception):
    """An exchange that brought no whole answer."""

    def __init__(self, reason: str, *, begun: bool, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.begun = begun  # a byte of the request may have arrived
        self.hopeless = hopeless  # to try again brings the same


class NotSent(Refused):
    """No byte of a paid request has left this machine: nothing was ordered."""


class Uncertain(Exception):
    """A paid request has left, and nobody can say what came of it. It is never sent again."""

    def __init__(
        self, reason: str, *, status: int | None = None, told: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.told = told or {}  # headers by which the provider's support finds the request


class NoAnswer(WanprepError):
    """A question that costs nothing found no answer that makes sense, however often asked."""

    exit_code = 1


class CannotHost(WanprepError):
    """A local file finds no public address; the message names the ways out."""


class ResultGone(WanprepError):
    """The link to a result is dead; the provider may have a fresh one."""

    exit_code = 1


class BadResult(WanprepError):
    """What came over a result's link is not the video. Nothing was kept."""

    exit_code = 1


class CannotSave(WanprepError):
    """A result finds no place on this machine's disk; it can be fetched again."""

    exit_code = 1
