"""What is a token in a prompt, compared with a corpus of prompts as people write them."""

# ruff: noqa: RUF001 - full-width signs are what this is about

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanprep.job.references.binding import find_ordinals
from wanprep.job.references.find import MAX_TOKENS, find_tokens
from wanprep.job.references.styles import STYLES, fold


class Case(NamedTuple):
    prompt: str
    tokens: list[tuple[str, int, str]]


def corpus() -> list[Case]:
    lines = Path(__file__).with_name("prompts.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Case(row["prompt"], [tuple(token) for token in row["tokens"]]) for row in rows]


CORPUS = corpus()

PIECES = [
    *"Image image IMAGE Images Video videos picture Img character".split(),
    *"图 圖 图片 视频 图一 第1张图 构 意 注意 中 秒 张 个 、 和 至 ～".split(),
    *"0 1 2 10 100 2024 １ 一 ① 1️⃣ - _ # , and or to / & + . : ' \"".split(),
    *"@ < > [ ] { } <<< >>> dogs walk seconds 4k .jpg the first https://a.b/".split(),
    *(" ", "\n", "\r\n", "\u3000", "\u200b", "\ud800"),
]


def test_corpus() -> None:
    found = {
        case.prompt: [(token.kind, token.index, token.style) for token in find_tokens(case.prompt)]
        for case in CORPUS
    }

    assert found == {case.prompt: case.tokens for case in CORPUS}


def test_corpus_is_large_and_mixed() -> None:
    chinese = [
        case for case in CORPUS if any("\u4e00" <= letter < "\ua000" for letter in case.prompt)
    ]
    without = [case for case in CORPUS if not case.tokens]

    assert len(CORPUS) > 300
    assert len(chinese) > 80
    assert len(without) > 70


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        pytest.param("让Image 1走", ["Image 1"], id="between Chinese words"),
        pytest.param("🎬🎬 Image 2's hat", ["Image 2"], id="emoji count one each"),
        pytest.param("a ＠图1 b", ["＠图1"], id="full-width at sign"),
        pytest.param("x {{image1}} y", ["{{image1}}"], id="brackets belong to it"),
        pytest.param("((Image 1))", ["Image 1"], id="round ones do not"),
        pytest.param("Images 1, 2 and 3", ["Images 1", "2", "3"], id="list"),
        pytest.param("Image 1-3 turn", ["Image 1-3"] * 3, id="members of a range share a span"),
        pytest.param("图1、4-5", ["图1", "4-5", "4-5"], id="range within a list"),
        pytest.param("Image\r\n1", ["Image\r\n1"], id="over the end of a line"),
        pytest.param("Image 1️⃣!", ["Image 1️⃣"], id="keycap"),
    ],
)
def test_spans(prompt: str, texts: list[str]) -> None:
    found = find_tokens(prompt)

    assert [token.text for token in found] == texts
    assert [prompt[slice(*token.span)] for token in found] == texts


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=60))
@settings(max_examples=100)
def test_tokens_of_any_text_are_in_order(prompt: str) -> None:
    found = find_tokens(prompt)

    spans = sorted({token.span for token in found})
    assert [token.span for token in found] == sorted(token.span for token in found)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(token.text == prompt[slice(*token.span)] for token in found)
    assert all(0 <= token.index <= 999 for token in found)


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(
            "The woman of Image 1 crosses the square at dusk while pigeons rise around Video 2. ",
            id="a very long story",
        ),
        pytest.param("image", id="a word without an end"),
        pytest.param("image  #  ", id="gaps without a number"),
        pytest.param("image\r\n", id="line breaks without a number"),
        pytest.param("<<<@[{", id="brackets without a token"),
        pytest.param("图", id="图图图"),
        pytest.param("the first ", id="ordinals without a noun"),
        pytest.param("1, 2 and 3, ", id="numbers without a word"),
        pytest.param("https://", id="an endless URL"),
    ],
)
@pytest.mark.untraced
def test_time_grows_with_the_length_only(unit: str) -> None:
    prompt = unit * (200_000 // len(unit))

    started = time.process_time()
    find_tokens(prompt)

    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("Image 1 " * 40_000, id="nothing but tokens"),
        pytest.param("Image 1-20 " * 30_000, id="nothing but ranges"),
        pytest.param("图1" + "、2" * 100_000, id="one endless list"),
    ],
)
@pytest.mark.untraced
def test_the_number_of_tokens_is_bounded(prompt: str) -> None:
    started = time.process_time()
    found = find_tokens(prompt)

    assert len(found) <= MAX_TOKENS + 20
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "style", [each for each in STYLES if each != "@name"]
)  # only a job has names
def test_the_name_of_a_style_is_written_in_it(style: str) -> None:
    found = [*find_tokens(style), *find_ordinals(f"the {style}")]

    assert style in {token.style for token in found}


def test_styles_are_sorted_and_explained() -> None:
    assert list(STYLES) == sorted(STYLES)
    assert all(STYLES.values())


@pytest.mark.parametrize(
    ("prompt", "folded"),
    [
        pytest.param("ＩｍａｇＥ　１", "image 1", id="full-width"),
        pytest.param("Image\u00a01\u20112", "image 1-2", id="unbreakable blanks and hyphens"),
        pytest.param("图1：图2，", "图1：图2，", id="Chinese punctuation stays"),
        pytest.param(
            "see http://a.b/Image1 now", "see \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0 now", id="URL"
        ),
        pytest.param("İ ß ǅ", "İ ß ǅ", id="letters that would change their number"),
    ],
)
def test_fold(prompt: str, folded: str) -> None:
    assert fold(prompt) == folded


@given(st.text())
def test_folding_keeps_offsets(prompt: str) -> None:
    assert len(fold(prompt)) == len(prompt)
