"""Perform a flow: give each of its requests an answer until it ends in a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wanprep.submit.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.submit.flow import Flow, Refused, Request, Response

T = TypeVar("T")


def perform(flow: Flow[T], answer: Callable[[Request], Response]) -> T:
    """Run a flow to its end; what `answer` raises ends it as well."""
    try:
        response: Response | None = None
        while True:
            try:
                request = next(flow) if response is None else flow.send(response)
            except StopIteration as end:
                value: T = end.value
                return value
            response = answer(request)
    finally:
        flow.close()


def hushed(error: Refused) -> Refused:
    """Take secrets out of a refusal: services like to quote the key that they refuse."""
    error.args = (redact(str(error)),)
    error.code, error.advice = redact(str(error.code)), redact(error.advice)
    return error
