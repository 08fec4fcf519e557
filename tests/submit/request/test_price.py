from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from wanprep.check.inputs import read_cases
from wanprep.job.model import read_jobs
from wanprep.media.facts import Facts
from wanprep.rules.target import all_targets
from wanprep.submit.request.price import (
    Estimate,
    TooExpensive,
    Unpriced,
    estimate_price,
    highest_total,
    open_question,
    price_text,
    require_max_cost,
)

if TYPE_CHECKING:
    from wanprep.rules.intent import Intent

TARGETS: Final = all_targets()
EVOLINK: Final = TARGETS["evolink/wan2.7-reference-video"]
WAVESPEED: Final = TARGETS["wavespeed/wan-2.7-reference-to-video"]
OXEN: Final = TARGETS["oxen/wan-v2-7-reference-to-video"]
IMAGE: Final = {"image": "https://x.example/a.jpg"}
CLIP: Final = {"video": "https://x.example/a.mp4"}


def intent(folder: Path, references: list[Any], **parameters: Any) -> Intent:
    document = {"prompt": "x", "references": references, "parameters": parameters}
    (folder / "job.json").write_text(json.dumps(document))
    (case,), _ = read_cases(read_jobs(str(folder / "job.json")), [EVOLINK], TARGETS, [])
    return case.intent


def lengths(*seconds: float | None) -> dict[str, Facts]:
    return {
        f"/references/{place}/video": Facts(path="a.mp4", kind="video", duration=length)
        for place, length in enumerate(seconds)
    }


@pytest.mark.parametrize(
    ("parameters", "dollars"),
    [
        pytest.param({}, 1.00, id="by default: 5 s at 720p"),
        pytest.param({"duration": 5}, 1.00, id="5 s"),
        pytest.param({"duration": 10}, 1.50, id="10 s"),
        pytest.param({"duration": 2}, 0.70, id="2 s"),
        pytest.param({"resolution": "1080P"}, 1.60, id="5 s at 1080p"),
        pytest.param({"resolution": "1080p", "duration": 10}, 2.40, id="10 s at 1080p"),
        pytest.param({"resolution": "1080p", "duration": 2}, 1.12, id="2 s at 1080p"),
        pytest.param({"resolution": "1080p", "duration": 8}, 2.08, id="8 s at 1080p"),
    ],
)
def test_wavespeed(tmp_path: Path, parameters: dict[str, Any], dollars: float) -> None:
    found = estimate_price(WAVESPEED, intent(tmp_path, [CLIP], **parameters), lengths(30))
    assert isinstance(found, Estimate)
    assert (found.low, found.high, found.currency) == (dollars, dollars, "USD")


@pytest.mark.parametrize(
    ("references", "facts", "parameters", "low", "high"),
    [
        pytest.param([IMAGE], {}, {}, 0.43, 0.43, id="images cost nothing"),
        pytest.param([IMAGE], {}, {"resolution": "1080p"}, 0.72, 0.72, id="1080p"),
        pytest.param([CLIP], lengths(8), {}, 0.86, 1.118, id="8 s of video, at most 5 s of it"),
        pytest.param([CLIP], lengths(3), {}, 0.688, 0.688, id="a short video"),
        pytest.param(
            [CLIP, CLIP], lengths(8, 1.2), {"duration": 10}, 1.1782, 1.6512, id="two share 5 s"
        ),
        pytest.param([CLIP], {}, {}, 0.43, 3.01, id="a video without facts"),
        pytest.param([CLIP], lengths(None), {}, 0.43, 3.01, id="a video of unknown length"),
    ],
)
def test_evolink(
    tmp_path: Path,
    references: list[Any],
    facts: dict[str, Facts],
    parameters: dict[str, Any],
    low: float,
    high: float,
) -> None:
    found = estimate_price(EVOLINK, intent(tmp_path, references, **parameters), facts)
    assert isinstance(found, Estimate)
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)
    hidden = [note for note in found.unseen if "up to 30 s" in note]
    assert bool(hidden) == (high == 3.01)
    assert all(note.endswith(".") for note in found.unseen)


def test_credits_at_a_rate(tmp_path: Path) -> None:
    of_job = intent(tmp_path, [CLIP], resolution="720p", duration=5)
    found = estimate_price(TARGETS["comfy/wan2.7-r2v"], of_job, lengths(3))
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == (0.800112, 0.800112)  # 8 s of 21.1 credits
    assert found.currency == "USD"


def test_a_price_that_is_not_published_says_where_to_look(tmp_path: Path) -> None:
    one = estimate_price(OXEN, intent(tmp_path, [IMAGE]), {})
    assert isinstance(one, Unpriced)
    assert "oxen.ai" in one.why
    three = estimate_price(OXEN, intent(tmp_path, [IMAGE], num_generations=3), {})
    assert isinstance(three, Unpriced)
    assert three.why == f"{one.why} 3 videos are ordered, and each is billed."
    runcomfy = estimate_price(
        TARGETS["runcomfy/wan-2-2-image-to-video"], intent(tmp_path, [IMAGE]), {}
    )
    assert isinstance(runcomfy, Unpriced)


@pytest.mark.parametrize(
    "parameters",
    [{"duration": "five"}, {"duration": True}, {"resolution": "4k"}, {"resolution": [1]}],
)
def test_nonsense_has_no_price(tmp_path: Path, parameters: dict[str, Any]) -> None:
    found = estimate_price(EVOLINK, intent(tmp_path, [IMAGE], **parameters), {})
    assert isinstance(found, Unpriced)
    assert "wanprep check" in found.why


def test_what_is_not_an_endpoint_has_no_price(tmp_path: Path) -> None:
    found = estimate_price(TARGETS["wan/2.7"], intent(tmp_path, [IMAGE]), {})
    assert found == Unpriced("There are no prices for wan/2.7.")


def test_a_native_body_has_the_same_price(tmp_path: Path) -> None:
    body = {"prompt": "x", "videos": ["https://x.example/a.mp4"], "resolution": "1080p"}
    (tmp_path / "job.json").write_text(json.dumps({"target": WAVESPEED.id, "body": body}))
    (case,), _ = read_cases(read_jobs(str(tmp_path / "job.json")), [], TARGETS, [])
    found = estimate_price(WAVESPEED, case.intent, {})
    assert isinstance(found, Estimate)
    assert found.high == 1.60


def test_several_videos_without_facts(tmp_path: Path) -> None:
    case = intent(tmp_path, [CLIP, CLIP])
    found = estimate_price(EVOLINK, replace(case), {})
    assert isinstance(found, Estimate)
    assert found.unseen[0] == "How long 2 videos are: counted as anything up to 30 s."


SURE = Estimate(0.5, 0.5, "USD", ())
RANGE = Estimate(0.5, 1.25, "USD", ("Tax.",))
OTHER = Estimate(3, 3, "CNY", ())
UNKNOWN = Unpriced("Look at their page.")


TOKENS: Final = {
    "currency": "credits",
    "usd": 0.005,
    "tokens": {"fps": 24, "divisor": 1024},
    "sizes": {"720p": {"16:9": [1280, 720], "1:1": [960, 960]}},
    "rates": [
        {"when": {"resolution": "720p", "videos": True}, "million_tokens": 1200},
        {"when": {"resolution": "720p", "prompt_extend": False}, "million_tokens": 2000},
        {"when": {"resolution": "1080p"}, "first_second": 30, "second": 10, "image": 5, "job": 1},
    ],
    "clips": {},
    "free_images": 1,
    "least": 40,
    "unseen": [],
}


@pytest.mark.parametrize(
    ("references", "parameters", "expected"),
    [
        pytest.param([IMAGE], {"duration": 10}, (2.16, 2.16), id="tokens: 10 x 1280 x 720 x 24"),
        pytest.param([CLIP], {"duration": 10}, (1.9440, 1.9440), id="with a video, in its seconds"),
        pytest.param(
            [IMAGE], {"duration": 10, "aspect_ratio": "auto"}, (2.16, 2.16), id="an unknown ratio"
        ),
        pytest.param([IMAGE], {"duration": 2, "resolution": "1080p"}, (0.205, 0.205),
                     id="a first second, and the rest"),
        pytest.param([IMAGE] * 3, {"duration": 2, "resolution": "1080p"}, (0.255, 0.255),
                     id="images beyond the free one"),
        pytest.param([IMAGE], {"duration": 1, "resolution": "1080p"}, (0.2, 0.2), id="the least"),
        pytest.param([IMAGE], {"duration": 10, "prompt_extend": True}, None, id="no such rate"),
        pytest.param([IMAGE], {"duration": "auto"}, None, id="an unknown length"),
    ],
)  # fmt: skip
def test_rates_with_conditions(
    tmp_path: Path, references: list[Any], parameters: dict[str, Any], expected: Any
) -> None:
    target = replace(EVOLINK, data={**EVOLINK.data, "price": TOKENS})
    found = estimate_price(target, intent(tmp_path, references, **parameters), lengths(5))
    if expected is None:
        assert isinstance(found, Unpriced)
    else:
        assert isinstance(found, Estimate)
        assert (found.low, found.high, found.currency) == (*expected, "USD")


@pytest.mark.parametrize(
    ("price", "says"),
    [
        pytest.param(SURE, "about 0.50 USD", id="sure"),
        pytest.param(RANGE, "about 0.50 to 1.25 USD", id="range"),
        pytest.param(UNKNOWN, "price unknown", id="unknown"),
    ],
)
def test_price_text(price: Estimate | Unpriced, says: str) -> None:
    assert price_text(price) == says


def test_the_highest_price_counts() -> None:
    assert highest_total([SURE, RANGE, UNKNOWN, OTHER]) == 1.75
    require_max_cost([SURE, RANGE], 1.75)
    require_max_cost([Estimate(0.1, 0.1, "USD", ())] * 3, 0.3)
    require_max_cost([], 0)


@pytest.mark.parametrize(
    ("prices", "question"),
    [
        pytest.param([], "", id="nothing new"),
        pytest.param([SURE, SURE], "", id="not above"),
        pytest.param([SURE, RANGE], "this may cost up to 1.75 USD", id="above"),
        pytest.param([UNKNOWN], "the price of the job is unknown", id="unknown"),
        pytest.param([UNKNOWN] * 50, "the price of all 50 jobs is unknown", id="all unknown"),
        pytest.param(
            [SURE, UNKNOWN, OTHER],
            "the price of 2 of 3 jobs is unknown, and the others may cost up to 0.50 USD",
            id="some unknown",
        ),
    ],
)
def test_what_must_be_accepted(prices: list[Estimate | Unpriced], question: str) -> None:
    assert open_question(prices, 1.0) == question


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        pytest.param([SURE, RANGE], "up to 1.75 USD, more than the limit of 1.5", id="too much"),
        pytest.param([UNKNOWN], "unknown. Look at their page. Nothing was sent", id="unknown"),
        pytest.param([OTHER], "the price is in CNY", id="another currency"),
    ],
)
def test_too_expensive(prices: list[Estimate | Unpriced], says: str) -> None:
    with pytest.raises(TooExpensive, match=says) as caught:
        require_max_cost(prices, 1.5)
    with pytest.raises(TooExpensive):
        require_max_cost(prices, float("nan"))  # which no sum is above
    assert caught.value.exit_code == 1
    assert "--max-cost" in caught.value.command
