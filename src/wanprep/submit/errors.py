"""Errors of requests, uploads and downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.errors import WanprepError
from wanprep.net.secrets import redact
from wanprep.plugins.flow import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping


class Broken(Exception):
    """A request without a complete response."""

    def __init__(self, reason: str, *, begun: bool, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.begun = begun  # a byte of the request may have arrived
        self.hopeless = hopeless  # another attempt would fail the same way


class NotSent(Refused):
    """No byte of a paid request has left this machine: nothing was ordered."""


def refusal_text(error: Refused) -> str:
    """Format a refusal as sentences: the provider's message, then what to do."""
    return " ".join(filter(None, [f"{str(error).rstrip('.')}.", error.advice]))


def redact_refusal(error: Refused) -> Refused:
    """Redact a refusal: services like to quote the key that they refuse."""
    error.args = (redact(str(error)),)
    error.code, error.advice = redact(str(error.code)), redact(error.advice)
    return error


class Uncertain(Exception):
    """A paid request was sent, and its outcome is unknown. It is never repeated automatically."""

    def __init__(
        self, reason: str, *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers or {}  # headers by which the provider's support finds the request


class NoAnswer(WanprepError):
    """A request that costs nothing got no usable response, however often it was repeated."""

    exit_code = 1

    def __init__(self, message: str, *, hopeless: bool = False) -> None:
        super().__init__(message)
        self.hopeless = hopeless  # it would fail the same way later


class FileChanged(WanprepError):
    """A local file is no longer what was checked; no copy of it is used."""

    exit_code = 1


class ResultGone(WanprepError):
    """The link to a result is dead; the provider may have a fresh one."""

    exit_code = 1


class BadResult(WanprepError):
    """The link of a result does not return the video. Nothing was kept."""

    exit_code = 1


class CannotSave(WanprepError):
    """A result cannot be written to this machine's disk; it can be downloaded again."""

    exit_code = 1
