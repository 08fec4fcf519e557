"""Perform a flow with answers that are written down, and see what it asked and came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from wanprep.submit.flow import Refused, Unclear

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.submit.flow import Flow, Request, Response

T = TypeVar("T")


class Replayed(NamedTuple, Generic[T]):
    """What a flow asked, and what it came to: its value, or why there is none."""

    requests: list[Request]
    outcome: T | Refused | Unclear


def replay(flow: Flow[T], answers: Iterable[Response]) -> Replayed[T]:
    """Give a flow one answer after the other.

    It must ask exactly as often as there are answers: AssertionError tells when it does not.
    Whatever else it raises is a fault of its own, and is raised.
    """
    waiting, asked = list(answers), list[Any]()
    try:
        asked.append(next(flow))
        while True:
            if not waiting:
                raise AssertionError(f"it asks once more, and no answer is left: {_told(asked)}")
            asked.append(flow.send(waiting.pop(0)))
    except StopIteration as end:
        outcome: T | Refused | Unclear = end.value
    except (Refused, Unclear) as error:
        outcome = error
    finally:
        flow.close()
    if waiting:
        raise AssertionError(f"it ends with {len(waiting)} answers left: {_told(asked)}")
    return Replayed(asked, outcome)


def _told(asked: list[Request]) -> str:
    return ", then ".join(f"{each.method} {each.url}" for each in asked) or "nothing was asked"
