"""Estimate what a job will cost before it is sent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError
from wanprep.rules.bounds import bounds
from wanprep.rules.intent import stated_parameter
from wanprep.text import plain_number, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wanprep.media.facts import Facts
    from wanprep.rules.intent import Intent
    from wanprep.rules.target import Target


_LONGEST_CLIP: Final = 60.0  # seconds, where a target documents no limit


@dataclass(frozen=True, slots=True)
class Estimate:
    """The least and the most that a job should cost."""

    low: float
    high: float
    currency: str
    unseen: tuple[str, ...]  # what the estimate does not include, in sentences


@dataclass(frozen=True, slots=True)
class Unpriced:
    """The price is unknown in advance; why, and where to look, in sentences."""

    why: str


class TooExpensive(WanprepError):
    """The price is above the user's limit; nothing is sent."""

    exit_code = 1


def estimate_price(
    target: Target, intent: Intent, facts: Mapping[str, Facts]
) -> Estimate | Unpriced:
    """Estimate the price of a job; `facts` are those of its files, by pointer."""
    price: Mapping[str, Any] | None = target.data.get("price")
    if price is None:
        return Unpriced(f"There are no prices for {target.id}.")
    if "look" in price:
        count = intent.parameters.get(price.get("each", ""), 1)
        several = isinstance(count, int) and count > 1
        each = f" {plural(count, 'video')} are ordered, and each is billed." if several else ""
        return Unpriced(f"{price['look']}{each}")
    length = stated_parameter("duration", intent, target)
    rates: list[Mapping[str, Any]] = price["rates"]
    rate = next((each for each in rates if _applies(each["when"], intent, target)), None)
    if rate is None or isinstance(length, bool) or not isinstance(length, int | float):
        return Unpriced(
            f"{target.provider_title} has no price for this length and resolution: "
            "`wanprep check` lists which there are."
        )
    clips = _billed_clips(price["clips"], target, intent, facts)
    videos = _whole_number(intent.parameters.get(price.get("each", ""), 1))
    factor = price.get("usd", 1) * videos
    tokens = _tokens_per_second(price, intent, target) if "million_tokens" in rate else (0.0, 0.0)
    ends = ((length + clips.fewest, tokens[0]), (length + clips.most, tokens[1]))
    low, high = (_amount(price, rate, intent, seconds, each) for seconds, each in ends)
    return Estimate(
        low=round(low * factor, 6),  # without the noise of binary fractions
        high=round(high * factor, 6),
        currency="USD" if "usd" in price else price["currency"],
        unseen=(*clips.unseen, *price["unseen"]),
    )


def _whole_number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 1


def _applies(when: Mapping[str, Any], intent: Intent, target: Target) -> bool:
    """Whether a job meets the conditions of a rate."""
    kinds = {f"{each.kind}s" for each in intent.references}
    return all(
        (name in kinds) is value
        if name in {"images", "videos", "audios"}
        else stated_parameter(name, intent, target) == value
        for name, value in when.items()
    )


def _amount(
    price: Mapping[str, Any], rate: Mapping[str, Any], intent: Intent, seconds: float, tokens: float
) -> float:
    """Return the price of a job with so many seconds, and so many tokens in each of them."""
    by_second: float = rate.get("second", 0) * seconds
    if "first_second" in rate:
        by_second = rate["first_second"] + rate.get("second", 0) * max(0, seconds - 1)
    images = sum(each.kind == "image" for each in intent.references)
    by_image: float = rate.get("image", 0) * max(0, images - price.get("free_images", 0))
    by_token: float = rate.get("million_tokens", 0) * tokens * seconds / 1e6
    total: float = rate.get("job", 0) + by_second + by_token + by_image
    return max(total, float(price.get("least", 0)))


def _tokens_per_second(
    price: Mapping[str, Any], intent: Intent, target: Target
) -> tuple[float, float]:
    """Return the fewest and the most tokens in a second of video; one size if that is known."""
    sizes = price["sizes"].get(str(stated_parameter("resolution", intent, target)), {})
    ratio = stated_parameter("aspect_ratio", intent, target)
    known = [sizes[ratio]] if ratio in sizes else list(sizes.values())
    areas = [width * height for width, height in known] or [0]
    each = price["tokens"]["fps"] / price["tokens"]["divisor"]
    return min(areas) * each, max(areas) * each


@dataclass(frozen=True, slots=True)
class _BilledClips:
    """The fewest and the most seconds of reference videos that may be billed."""

    fewest: float
    most: float
    unseen: tuple[str, ...]


def _billed_clips(
    billed: Mapping[str, float] | None, target: Target, intent: Intent, facts: Mapping[str, Facts]
) -> _BilledClips:
    pointers = [each.pointer for each in intent.references if each.kind == "video"]
    if billed is None or not pointers:
        return _BilledClips(0, 0, ())
    share = billed.get("shared", math.inf) / len(pointers)
    durations = [facts[pointer].duration if pointer in facts else None for pointer in pointers]
    lengths = [length for length in durations if length is not None]
    hidden = len(durations) - len(lengths)
    longest = _longest_clip(target)
    unseen = (
        f"How long {plural(hidden, 'video')} {'is' if hidden == 1 else 'are'}: counted as "
        f"anything up to {plain_number(longest)} s."
    )
    return _BilledClips(
        fewest=sum(min(length, share) for length in lengths),
        most=sum(lengths) + hidden * longest,
        unseen=(unseen,) if hidden else (),
    )


def _longest_clip(target: Target) -> float:
    """Return the target's limit of a reference video's duration."""
    limits = (
        float(bound.value)
        for bound in bounds(target.roles["reference_video"])
        if bound.path == ("duration",) and bound.keyword == "maximum"
    )
    return min(limits, default=_LONGEST_CLIP)


def price_text(price: Estimate | Unpriced) -> str:
    """Format a price: about 0.43 to 3.01 USD."""
    match price:
        case Unpriced():
            return "price unknown"
        case Estimate(low=low, high=high, currency=currency) if low == high:
            return f"about {high:.2f} {currency}"
        case Estimate(low=low, high=high, currency=currency):
            return f"about {low:.2f} to {high:.2f} {currency}"


def price_json(price: Estimate | Unpriced) -> dict[str, Any]:
    """Format a price for the ledger and the receipt."""
    match price:
        case Unpriced(why):
            return {"says": price_text(price), "why": why}
        case Estimate(low, high, currency, unseen):
            numbers = {"low": low, "high": high, "currency": currency}
            return {"says": price_text(price), **numbers, "unseen": list(unseen)}


def highest_total(prices: Sequence[Estimate | Unpriced]) -> float:
    """Add up the estimates in USD, each at its highest."""
    known = [each.high for each in prices if isinstance(each, Estimate) and each.currency == "USD"]
    return round(sum(known), 6)  # without the noise of binary fractions


def open_question(prices: Sequence[Estimate | Unpriced], ask_above: float) -> str:
    """State what the user must accept about the price of jobs; empty where there is nothing."""
    unknown = sum(isinstance(each, Unpriced) or each.currency != "USD" for each in prices)
    total = highest_total(prices)
    if unknown and unknown == len(prices):
        return f"the price of {'the job' if unknown == 1 else f'all {unknown} jobs'} is unknown"
    if unknown:
        others = f"the others may cost up to {total:.2f} USD"
        return f"the price of {unknown} of {len(prices)} jobs is unknown, and {others}"
    return f"this may cost up to {total:.2f} USD" if total > ask_above else ""


def require_max_cost(prices: Sequence[Estimate | Unpriced], most: float) -> None:
    """Raise TooExpensive if jobs cost more, or may do so."""
    for each in prices:
        if isinstance(each, Unpriced):
            raise TooExpensive(
                f"with a limit on the cost, nothing is sent whose price is unknown. {each.why}"
                " Nothing was sent.",
                command=f"with --max-cost nothing is sent whose price is unknown. {each.why}"
                " Nothing was sent. Pass --yes in place of --max-cost to accept any price.",
            )
        if each.currency != "USD":
            raise TooExpensive(
                f"the limit is in USD, and the price is in {each.currency}. Nothing was sent.",
                command=f"--max-cost is in USD, and the price is in {each.currency}. Nothing was"
                " sent. Pass --yes in place of --max-cost to accept it.",
            )
    total = highest_total(prices)
    if not total <= most:  # so that nan allows nothing
        raise TooExpensive(
            f"this would cost up to {total:.2f} USD, more than the limit of {most:g} USD. Nothing"
            " was sent. Raise the limit, or send fewer jobs or shorter ones.",
            command=f"this would cost up to {total:.2f} USD, more than --max-cost {most:g}."
            " Nothing was sent. Raise --max-cost, or send fewer jobs or shorter ones.",
        )
