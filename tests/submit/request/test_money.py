from __future__ import annotations

import pytest

from wanprep.submit.request.price import (
    Estimate,
    TooDear,
    Unpriced,
    at_most,
    hold_against,
    in_words,
)

SURE = Estimate(0.5, 0.5, "USD", ())
RANGE = Estimate(0.5, 1.25, "USD", ("Tax.",))
OTHER = Estimate(3, 3, "CNY", ())
UNKNOWN = Unpriced("Look at their page.")


@pytest.mark.parametrize(
    ("price", "says"),
    [
        pytest.param(SURE, "about 0.50 USD", id="sure"),
        pytest.param(RANGE, "about 0.50 to 1.25 USD", id="range"),
        pytest.param(UNKNOWN, "price unknown", id="unknown"),
    ],
)
def test_in_words(price: Estimate | Unpriced, says: str) -> None:
    assert in_words(price) == says


def test_the_highest_counts() -> None:
    assert at_most([SURE, RANGE, UNKNOWN]) == 1.75
    hold_against([SURE, RANGE], 1.75)
    hold_against([], 0)


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        pytest.param([SURE, RANGE], "up to 1.75 USD, more than --max-cost 1.5", id="too much"),
        pytest.param([UNKNOWN], "unknown. Look at their page. Nothing was sent", id="unknown"),
        pytest.param([OTHER], "the price is in CNY", id="another currency"),
    ],
)
def test_what_is_too_dear(prices: list[Estimate | Unpriced], says: str) -> None:
    with pytest.raises(TooDear, match=says) as caught:
        hold_against(prices, 1.5)
    assert caught.value.exit_code == 1
