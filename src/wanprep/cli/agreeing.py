"""Agree on a price before anything is sent."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from wanprep.errors import WrongUse
from wanprep.submit.order.money import TooDear, at_most, hold_against, in_words
from wanprep.submit.order.price import Estimate, Unpriced
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.submit.journey.journey import Send

ASK_ABOVE: Final = 20.0  # USD, for all jobs of a command


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What the user is willing to pay."""

    most: float | None
    ask_above: float
    consent: bool  # to whatever it costs, up to the most


def agree_on_price(new: Sequence[Send], purse: Purse) -> None:
    """Say what it will cost, and go on only if the user wants that."""
    _say(new)
    estimates = [each.estimate for each in new]
    if purse.most is not None:
        hold_against(estimates, purse.most)
    elif not purse.consent and at_most(estimates) > purse.ask_above:
        _ask(at_most(estimates))


def _say(new: Sequence[Send]) -> None:
    unseen: dict[str, None] = {}
    for each in new:
        price = each.estimate
        why = f". {price.why}" if isinstance(price, Unpriced) else ""
        says = f"{each.errand.name} -> {each.errand.target.id}: {in_words(price)}{why}"
        click.echo(visible(says), err=True)
        unseen |= dict.fromkeys(price.unseen if isinstance(price, Estimate) else ())
    for sentence in unseen:
        click.echo(f"  (not in the estimate: {sentence})", err=True)


def _ask(total: float) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise WrongUse(
            f"this may cost up to {total:.2f} USD, which is asked about at a terminal. Without"
            " one, say --yes, or --max-cost with what it may cost. Nothing was sent."
        )
    if not click.confirm(f"This may cost up to {total:.2f} USD. Send it?", err=True):
        raise TooDear("nothing was sent.")
