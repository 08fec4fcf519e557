"""What a job will cost, as far as it can be told before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wanprep.errors import WanprepError
from wanprep.rules.bounds import bounds
from wanprep.text import plain_number, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.media.facts import Facts
    from wanprep.rules.intent import Intent
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True)
class Estimate:
    """The least and the most that a job should cost."""

    low: float
    high: float
    currency: str
    unseen: tuple[str, ...]  # what the estimate could not see, in sentences


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Nobody can say in advance; why, and where to look, in sentences."""

    why: str


@dataclass(frozen=True, slots=True)
class _Seconds:
    """Of reference clips: the fewest and the most that may be billed."""

    fewest: float
    most: float
    unseen: tuple[str, ...]


def estimate(target: Target, intent: Intent, facts: Mapping[str, Facts]) -> Estimate | Unpriced:
    """Estimate the price of a job; `facts` are those of its files, by their places."""
    price: Mapping[str, Any] | None = target.data.get("price")
    if price is None:
        return Unpriced(f"Nothing is known of the prices of {target.id}.")
    if "look" in price:
        return Unpriced(f"{price['look']}{''.join(_several(price, intent))}")
    length = _parameter("duration", intent, target)
    rate = price["rates"].get(str(_parameter("resolution", intent, target)))
    if rate is None or isinstance(length, bool) or not isinstance(length, int | float):
        return Unpriced(
            f"{target.provider_title} has no price for this length and resolution: "
            "`wanprep check` says which there are."
        )
    clips = _clips(price["clips"], target, intent, facts)
    return Estimate(
        low=_rounded(rate["job"] + rate["second"] * (length + clips.fewest)),
        high=_rounded(rate["job"] + rate["second"] * (length + clips.most)),
        currency=price["currency"],
        unseen=(*clips.unseen, *price["unseen"]),
    )


def _rounded(sum_of_money: float) -> float:
    return round(sum_of_money, 6)  # what lies behind is the noise of binary fractions


def _several(price: Mapping[str, Any], intent: Intent) -> Iterator[str]:
    count = intent.parameters.get(price.get("each", ""), 1)
    if isinstance(count, int) and count > 1:
        yield f" {plural(count, 'video')} are ordered, and each is billed."


def _parameter(name: str, intent: Intent, target: Target) -> Any:  # noqa: ANN401 - JSON
    """Tell a parameter in common words; where the job says nothing, the service's default."""
    if name in intent.parameters:
        return intent.parameters[name]
    field = target.data["fields"]["parameters"][name]
    default = (target.request or {})["properties"][field["name"]].get("default")
    common = {native: word for word, native in field.get("values", {}).items()}
    return common.get(default, default)


def _clips(
    billed: Mapping[str, float] | None, target: Target, intent: Intent, facts: Mapping[str, Facts]
) -> _Seconds:
    pointers = [each.pointer for each in intent.references if each.kind == "video"]
    if not (billed and pointers):
        return _Seconds(0, 0, ())
    share = billed["shared"] / len(pointers)
    known = [facts[pointer].duration if pointer in facts else None for pointer in pointers]
    longest = _longest(target)
    seen = [length for length in known if length is not None]
    hidden = len(known) - len(seen)
    unseen = (
        f"How long {plural(hidden, 'clip')} {'is' if hidden == 1 else 'are'}: reckoned as "
        f"anything up to {plain_number(longest)} s."
    )
    return _Seconds(
        fewest=sum(min(length, share) for length in seen),
        most=sum(seen) + hidden * longest,
        unseen=(unseen,) if hidden else (),
    )


def _longest(target: Target) -> float:
    """Tell how long a clip may be, by the target's own limit."""
    return min(
        float(bound.value)
        for bound in bounds(target.roles["reference_video"])
        if bound.path == ("duration",) and bound.keyword == "maximum"
    )


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
