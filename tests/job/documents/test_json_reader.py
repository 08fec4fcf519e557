from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanprep.job.documents.document import BrokenDocument, Document, SourceText
from wanprep.job.documents.json_reader import read_json


def read(text: str) -> object:
    document = read_json(SourceText(text))
    assert isinstance(document, Document), document
    return document.value


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_all_json_is_read(value: object, ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert read(f" \r\n{text}\t") == value


@given(st.text(st.sampled_from('{}[],:"\\ \n01.-eatrufnls/x')))
def test_what_is_accepted_is_what_a_strict_reader_accepts(text: str) -> None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        expected: Any = (json.loads(text, parse_constant=refuse),)
    except ValueError:
        expected = None
    found = read_json(SourceText(text))
    if isinstance(found, Document):
        assert (found.value,) == expected
    elif expected is not None:
        assert "is already" in found.message or "number" in found.message


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        pytest.param('{"a": 1,}', 1, 9, "comma too many", id="comma at the end"),
        pytest.param("[1,\n]", 2, 1, "comma too many", id="comma at the end of a list"),
        pytest.param("[1 2]", 1, 4, "no comma here", id="no comma"),
        pytest.param('{"a": [1, 2}', 1, 12, "no ] that closes the bracket opened on line 1",
                     id="the wrong bracket"),
        pytest.param('{"a": 1\n\n', 1, 8, "ends too early", id="never closed"),
        pytest.param('{"a":', 1, 6, "a value is missing", id="no value at the end"),
        pytest.param('{"a":}', 1, 6, "a value is missing", id="no value"),
        pytest.param('{"a" 1}', 1, 6, "colon", id="no colon"),
        pytest.param("{a: 1}", 1, 2, "must be in double quotes", id="bare key"),
        pytest.param("{1: 1}", 1, 2, "quotes", id="number as a key"),
        pytest.param("{;: 1}", 1, 2, "a key in double quotes", id="no key"),
        pytest.param("{'a': 1}", 1, 2, "double quotes only", id="single quotes"),
        pytest.param("{“a”: 1}", 1, 2, "typographic", id="typographic quotes"),
        pytest.param('{"a": True}', 1, 7, "true, false and null", id="Python"),
        pytest.param('{"a": NaN}', 1, 7, "NaN is not a number", id="NaN"),
        pytest.param('{"a": -Infinity}', 1, 7, "-Infinity is not a number", id="infinity"),
        pytest.param('{"a": 1e999}', 1, 7, "too large", id="as good as infinity"),
        pytest.param('{"a": 01}', 1, 7, "JSON writes numbers like", id="leading zero"),
        pytest.param('{"a": .5}', 1, 7, "JSON writes numbers like", id="leading point"),
        pytest.param('{"a": 1080p}', 1, 7, "must be in quotes", id="text after digits"),
        pytest.param('{"a": %}', 1, 7, "a value is missing", id="anything else"),
        pytest.param("// x\n{}", 1, 1, "comments", id="comment before"),
        pytest.param('{"a": 1 # x\n}', 1, 9, "comments", id="comment within"),
        pytest.param('{"a": 1}\n{"a": 2}', 2, 1, "one job", id="two documents"),
        pytest.param('{"a": "b', 1, 7, "never closed", id="open quote"),
        pytest.param('{"a": "b\\', 1, 7, "never closed", id="open quote and escape"),
        pytest.param('{"a": "b\nc"}', 1, 9, "line break or tab", id="line break in quotes"),
        pytest.param('{"a": "b\x01"}', 1, 9, r"U\+0001", id="control character"),
        pytest.param('{"a": "C:\\pics"}', 1, 10, "backslash", id="backslash"),
        pytest.param('{"a": "\\u12"}', 1, 9, "backslash", id="half an escape"),
        pytest.param('{"a": "\\ud83d"}', 1, 7, "half of a surrogate", id="half a character"),
        pytest.param('{"a": "\\u0000"}', 1, 7, "NUL", id="NUL"),
        pytest.param('{"a": 1,\n "b": 2,\n "a": 3}', 3, 2, "`a` is already on line 1",
                     id="duplicate key"),
        pytest.param("[" * 51 + "]" * 51, 1, 51, "nested over 50", id="too deep"),
        pytest.param("[" * 100_000, 1, 51, "nested over 50", id="far too deep"),
        pytest.param("[" + "1," * 10_000 + "1]", 1, 20_000, "more than 10,000 values",
                     id="too much"),
    ],
)  # fmt: skip
def test_explain_error_of_json(text: str, line: int, column: int, message: str) -> None:
    broken = read_json(SourceText(text))
    assert isinstance(broken, BrokenDocument)
    assert (broken.place.line, broken.place.column) == (line, column)
    assert message.replace("\\", "") in broken.message


def test_fifty_levels_are_fine() -> None:
    assert read("[" * 50 + "]" * 50)


@pytest.mark.parametrize("unit", ['\\"', '"', '"a"', "[", "1", " ", "[],", '{"a":', "\\"])
@pytest.mark.parametrize("start", ["", '"', '["'])
def test_the_time_for_broken_text_grows_with_its_length_only(start: str, unit: str) -> None:
    source = SourceText(start + unit * (20_000 // len(unit)))
    started = time.process_time()
    assert isinstance(read_json(source), BrokenDocument)
    assert time.process_time() - started < 2
