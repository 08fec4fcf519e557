from __future__ import annotations

import io
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from wanprep.job.documents.character_spans import character_spans
from wanprep.job.documents.document import Document, SourceText
from wanprep.job.documents.yaml_reader import read_yaml


def read_one(text: str) -> Document:
    (document,) = read_yaml(SourceText(text))
    assert isinstance(document, Document)
    return document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: one ONE two", "one ONE two", id="plain"),
        pytest.param("a: one\n   two\n\n\n   ONE", "one two\n\nONE", id="plain over lines"),
        pytest.param("a: one\r\n   ONE", "one ONE", id="plain over windows lines"),
        pytest.param("a: 'it''s ONE'", "it's ONE", id="single quotes"),
        pytest.param("a: 'x  \n\n  ONE'", "x\nONE", id="single quotes over lines"),
        pytest.param('a: "\\u56fe\\x31\\t\\"\\/ ONE"', '图1\t"/ ONE', id="double quotes"),
        pytest.param('a: "\\ud83d\\ude00\\U0001F600 ONE"', "😀😀 ONE", id="surrogates"),
        pytest.param('a: "b  \n  c\\\n   d\\\n\n   ONE"', "b cd\nONE", id="double over lines"),
        pytest.param("a: |\n  one\n\n   two\n  ONE\n\n", "one\n\n two\nONE\n", id="literal"),
        pytest.param("a: |\r\n  one\r\n  ONE\r\n", "one\nONE\n", id="literal windows"),
        pytest.param("a: |+ # x\n\n  one\n  ONE\n\n", "\none\nONE\n\n", id="literal kept"),
        pytest.param("a: |2-\n   one\n  ONE\n", " one\nONE", id="literal with its indent"),
        pytest.param("a:\n  - |\n   one ONE", "one ONE", id="literal without an end"),
        pytest.param("a: >\n  one\n  two\n\n  three\n  ONE\n", "one two\nthree ONE\n", id="folded"),
        pytest.param(
            "a: >-\n  one\n   - two\n\n   - three\n\n  ONE", "one\n - two\n\n - three\n\nONE",
            id="folded with what is not folded",
        ),
        pytest.param("a: >\n\n  x\n  \tONE\n", "\nx\n\tONE\n", id="folded with a tab"),
    ],
)  # fmt: skip
def test_a_word_is_found_where_it_is_written(text: str, value: str) -> None:
    document = read_one(text)
    read = document.value["a"]
    assert value == (read[0] if isinstance(read, list) else read)
    pointer = "/a/0" if isinstance(read, list) else "/a"
    at = value.index("ONE")

    place = document.place_within(pointer, at, at + 3)

    assert place.line == place.end_line
    shown = document.source.line_text(place.line)[place.column - 1 : place.end_column - 1]
    assert shown == "ONE"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param("one", "two", id="another text"),
        pytest.param("a\x85b", "a b", id="a line break of YAML 1.1"),
        pytest.param("|\n\n\n", "x", id="an empty block"),
    ],
)
def test_other_than_the_value_has_no_spans(raw: str, value: str) -> None:
    assert character_spans(raw, value) is None


def test_an_empty_block_is_its_line_breaks() -> None:
    spans = character_spans("|+\n\n \n", "\n\n")
    assert spans
    assert [spans[0], spans[1]] == [(3, 4), (5, 6)]


TEXTS = st.text(st.sampled_from("ab 1:,#'\"\\-é图😀\n\t"), max_size=60)


@given(TEXTS, st.sampled_from([None, '"', "'", "|", ">"]), st.sampled_from(["\n", "\r\n"]))
def test_every_visible_character_is_found(value: str, style: str | None, line_break: str) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_style = style  # type: ignore[assignment]  # ruamel.yaml says None only
    yaml.width = 20
    stream = io.StringIO()
    yaml.dump({"a": value}, stream)
    text = stream.getvalue().replace("\n", line_break)
    (document,) = read_yaml(SourceText(text))
    assume(isinstance(document, Document))  # not all that is dumped is YAML, either
    assert isinstance(document, Document)
    node = next(document.root.children())
    value = str(node.content)  # what is dumped below > is not always the same
    begin, end = node.written

    spans = character_spans(text[begin:end], value)

    if not value.strip():
        return  # nothing refers to a place in there
    assert spans
    for index, character in enumerate(value):
        first, last = spans[index]
        written = text[begin + first : begin + last]
        assert written in {character, character * 2} or written[0] == "\\" or character in " \n"


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("a ", id="words"),
        pytest.param(" ", id="spaces"),
        pytest.param("\\n", id="escapes"),
        pytest.param("a\n", id="lines"),
        pytest.param("a \n\n", id="paragraphs"),
    ],
)
@pytest.mark.parametrize("quote", ['"', "|\n", ">\n", "'", ""])
@pytest.mark.untraced
def test_time_grows_with_the_length_only(unit: str, quote: str) -> None:
    start = time.process_time()
    character_spans(quote + unit * 5_000 + quote, "x")
    assert time.process_time() - start < 5
