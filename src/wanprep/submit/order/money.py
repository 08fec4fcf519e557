"""Say what jobs will cost, and hold it against what the user is willing to pay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.errors import WanprepError
from wanprep.submit.order.price import Estimate, Unpriced

if TYPE_CHECKING:
    from collections.abc import Sequence


class TooDear(WanprepError):
    """Nothing is sent for this price."""

    exit_code = 1


def in_words(estimate: Estimate | Unpriced) -> str:
    """Say a price, or that nobody knows it."""
    match estimate:
        case Unpriced():
            return "price unknown"
        case Estimate(low=low, high=high, currency=currency) if low == high:
            return f"about {high:.2f} {currency}"
        case Estimate(low=low, high=high, currency=currency):
            return f"about {low:.2f} to {high:.2f} {currency}"


def as_json(estimate: Estimate | Unpriced) -> dict[str, Any]:
    """Write a price down, with what it could not see."""
    match estimate:
        case Unpriced(why):
            return {"says": in_words(estimate), "why": why}
        case Estimate(low, high, currency, unseen):
            numbers = {"low": low, "high": high, "currency": currency}
            return {"says": in_words(estimate), **numbers, "unseen": list(unseen)}


def at_most(estimates: Sequence[Estimate | Unpriced]) -> float:
    """Add up what is known, at its highest."""
    return sum(each.high for each in estimates if isinstance(each, Estimate))


def hold_against(estimates: Sequence[Estimate | Unpriced], most: float) -> None:
    """Refuse what costs more, or may do so."""
    for each in estimates:
        if isinstance(each, Unpriced):
            raise TooDear(
                f"with --max-cost nothing is sent whose price is unknown. {each.why}"
                " Nothing was sent. Leave out --max-cost to be asked instead."
            )
        if each.currency != "USD":
            raise TooDear(
                f"--max-cost is in USD, and the price is in {each.currency}. Nothing was sent."
                " Leave out --max-cost to send it."
            )
    total = at_most(estimates)
    if total > most:
        raise TooDear(
            f"this would cost up to {total:.2f} USD, more than --max-cost {most:g}."
            " Nothing was sent. Raise --max-cost, or send fewer jobs or shorter ones."
        )
