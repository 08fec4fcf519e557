from __future__ import annotations

import time
from typing import Any

import pytest

from wanprep.job.documents import document as document_module
from wanprep.job.documents.document import BrokenDocument, Document, SourceText
from wanprep.job.documents.yaml_reader import read_yaml


def read(text: str) -> list[Any]:
    """Values of documents; of broken ones, line, column and message."""
    return [
        found.value
        if isinstance(found, Document)
        else (found.place.line, found.place.column, found.message)
        for found in read_yaml(SourceText(text))
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: 16:9", "16:9", id="a ratio is text"),
        pytest.param("a: {b: 16:9}", {"b": "16:9"}, id="a ratio in braces"),
        pytest.param("a: [yes, no, on, 2026-11-20]", ["yes", "no", "on", "2026-11-20"], id="text"),
        pytest.param("a: [1, 0o17, 1.5, true, ~, '1']", [1, 15, 1.5, True, None, "1"], id="core"),
        pytest.param("%YAML 1.1\n---\na: [yes, 017]", ["yes", 17], id="1.1 is read as 1.2"),
        pytest.param("a: &x [b]\n", ["b"], id="an anchor"),
        pytest.param("b: &x [c]\na: [*x, *x]", [["c"], ["c"]], id="aliases"),
        pytest.param("b: &x c\n*x : d\na: 1", 1, id="an alias as a key"),
        pytest.param("b: &x 1\nc: &x 2\na: *x", 2, id="the last anchor counts"),
        pytest.param('a: "\\ud83d\\ude00"', "😀", id="surrogates of JSON"),
        pytest.param('{"a":"b","c":1}', "b", id="JSON"),
        pytest.param("a: <<", "<<", id="no merge"),
        pytest.param("'<<': 1\na: 2", 2, id="a quoted key"),
        pytest.param("a:\n- b\n-\tc", ["b", "c"], id="not indented list, tab after dash"),
        pytest.param("? a\n: b", "b", id="long key"),
        pytest.param("a: |\n  x\n # no comment\nb: 1", "x\n", id="comment after a block"),
    ],
)
def test_values(text: str, value: object) -> None:
    ((found),) = read(text)
    assert found["a"] == value


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        pytest.param("a: 1\nb: 2\na: 3", 3, 1, "`a` is already on line 1", id="duplicate"),
        pytest.param("{a: 1, 'a': 2}", 1, 8, "`a` is already on line 1", id="duplicate in quotes"),
        pytest.param("1: a", 1, 1, "quotes around 1", id="number as a key"),
        pytest.param("true: a", 1, 1, "quotes around true", id="truth as a key"),
        pytest.param("[a]: b", 1, 1, "cannot be a list", id="list as a key"),
        pytest.param("a: {{ x }}", 1, 5, "template", id="template"),
        pytest.param(": b", 1, 1, "no key", id="no key"),
        pytest.param("a: {b:1}", 1, 5, "no space", id="colon without a space"),
        pytest.param("<<: {a: 1}", 1, 1, "write the keys out", id="merge"),
        pytest.param("a: .inf", 1, 4, ".inf is not a number", id="infinity"),
        pytest.param("a: *x", 1, 4, "which does not exist", id="no such anchor"),
        pytest.param("a: &x [*x]", 1, 8, "inside the value", id="recursive"),
        pytest.param("a: &x\n  b: {c: *x}", 2, 10, "inside the value", id="recursive mapping"),
        pytest.param('a: "\\ud83d"', 1, 4, "half of a surrogate", id="half a character"),
        pytest.param('a: "\\0"', 1, 4, "NUL", id="NUL"),
        pytest.param("[" * 60, 1, 51, "nested over 50", id="too deep"),
        pytest.param("- " * 60 + "a", 1, 101, "nested over 50", id="too deep, in lines"),
    ],
)  # fmt: skip
def test_refused_values(text: str, line: int, column: int, message: str) -> None:
    ((found_line, found_column, found_message),) = read(text)
    assert (found_line, found_column) == (line, column)
    assert message in found_message


def test_a_billion_laughs_are_counted_before_they_are_expanded() -> None:
    laughs = "a0: &a0 [" + ", ".join(["ha"] * 10) + "]\n"
    for level in range(1, 10):
        laughs += f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 10) + "]\n"
    ((line, _, message),) = read(laughs)
    assert line == 4
    assert "more than 10,000 values" in message


def test_depth_counts_through_aliases() -> None:
    text = "- &a0 [x]\n" + "".join(f"- &a{n} [*a{n - 1}]\n" for n in range(1, 60))
    ((line, _, message),) = read(text)
    assert line == 49
    assert "nested over 50" in message


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        pytest.param("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}], id="two"),
        pytest.param("---\na: 1\n...\n---\nb: 2\n...\n", [{"a": 1}, {"b": 2}], id="with ends"),
        pytest.param("a: 1\n...\nb: 2\n", [{"a": 1}, {"b": 2}], id="with an end only"),
        pytest.param("---\n# nothing\n---\na: 1\n---\n", [{"a": 1}], id="empty ones do not count"),
        pytest.param("--- {a: 1}\n--- # x\nb: 2", [{"a": 1}, {"b": 2}], id="on the line"),
        pytest.param("a: |\n  x\n---\nb: 2", [{"a": "x\n"}, {"b": 2}], id="after a block"),
        pytest.param("a: |\n  ---\n", [{"a": "---\n"}], id="dashes within a block"),
        pytest.param("%TAG ! tag:x,2000:\n# x\n---\na: 1\n", [{"a": 1}], id="directive"),
        pytest.param("a: 1\n...\n%YAML 1.2\n---\nb: 2", [{"a": 1}, {"b": 2}], id="directives"),
        pytest.param("a: &x 1\n---\nb: *x", [{"a": 1}, (3, 4)], id="anchors end with theirs"),
        pytest.param("a: [\n---\nb: 2\n", [(1, 5), {"b": 2}], id="first is broken"),
        pytest.param("a: 1\n---\nb: @\n---\nc: 3", [{"a": 1}, (3, 4), {"c": 3}], id="second is"),
        pytest.param("a: 'x\n---\nb: 'y\n", [(1, 4), (3, 4)], id="both are"),
        pytest.param("a: 1\na: 2\n---\nb: 2\n", [(2, 1), {"b": 2}], id="a duplicate key"),
        pytest.param("a:b\nc: d", [(2, 2)], id="what seemed complete is not"),
        pytest.param("~\n---\nx", [None, "x"], id="no mappings"),
    ],
)
def test_documents(text: str, documents: list[Any]) -> None:
    found = [item[:2] if isinstance(item, tuple) else item for item in read(text)]
    assert found == documents


def test_broken_documents_count_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_module, "MAX_VALUES", 300)
    found = list(read_yaml(SourceText("---\n@\n" * 1000)))
    assert len(found) == 300
    assert isinstance(found[-1], BrokenDocument)
    assert "more than 300" in found[-1].message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" + "a," * 10_001 + "]", id="list"),
        pytest.param("a: b\n" * 5_000, id="mapping"),
        pytest.param("[" * 5_000, id="brackets"),
        pytest.param("{" * 5_000, id="braces"),
        pytest.param("- " * 5_000, id="dashes"),
        pytest.param("? " * 5_000, id="question marks"),
        pytest.param('a: "' + "\\n" * 10_000 + '"', id="escapes"),
        pytest.param("a: " + "b " * 10_000, id="words"),
        pytest.param("a: b" + "\t" * 20_000, id="tabs"),
        pytest.param("a: b\n" + "\t\n" * 10_000, id="tabs on lines"),
        pytest.param("a: b\t" * 20_000, id="words and tabs"),
        pytest.param("\n" * 20_000 + "a: b", id="empty lines"),
        pytest.param("&a " * 15_000, id="anchors"),
        pytest.param("!a " * 15_000, id="tags"),
        pytest.param("a: &a\n" + " #\n" * 15_000 + " b", id="comments behind an anchor"),
    ],
)
@pytest.mark.untraced
def test_time_grows_with_the_length_only(text: str) -> None:
    start = time.process_time()
    assert read(text)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: !!str 5", "5", id="as text"),
        pytest.param("a: ! 5", "5", id="as it is"),
        pytest.param("a: !!int '5'", 5, id="as a number"),
        pytest.param("a: !!float 5", 5.0, id="as a fraction"),
        pytest.param("a: !!seq [!!map {}, !!null ~]", [{}, None], id="tags that say nothing"),
    ],
)
def test_tags_of_plain_values(text: str, value: object) -> None:
    (document,) = read_yaml(SourceText(text))
    assert isinstance(document, Document)
    found = document.value["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        pytest.param("a: !!python/object/apply:os.system ['x']", 1, 4,
                     "!!python/object/apply:os.system has no meaning", id="code"),
        pytest.param("a: !important x", 1, 4, "!important", id="own tag"),
        pytest.param("a: !!binary aGk=", 1, 4, "!!binary", id="binary"),
        pytest.param("a: !!set {x}", 1, 4, "!!set", id="set"),
        pytest.param("a: !!int x", 1, 10, "not match its tag !!int", id="no integer"),
    ],
)  # fmt: skip
def test_refused_tags(text: str, line: int, column: int, message: str) -> None:
    (broken,) = read_yaml(SourceText(text))
    assert isinstance(broken, BrokenDocument)
    assert (broken.place.line, broken.place.column) == (line, column)
    assert message in broken.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a:\tb", {"a": "b"}, id="before a value"),
        pytest.param("a: b\t", {"a": "b"}, id="at the end"),
        pytest.param("a: b\t# c", {"a": "b"}, id="before a comment"),
        pytest.param("a: 'b'\t# c\nd: 1\t\n", {"a": "b", "d": 1}, id="behind quotes"),
        pytest.param("a: b\tc \t d", {"a": "b\tc \t d"}, id="within a text"),
        pytest.param("a: b\t\n  c", {"a": "b c"}, id="at the end of a line of several"),
        pytest.param("a: b\n\t\n\t# c\nd: 1", {"a": "b", "d": 1}, id="on an empty line"),
        pytest.param("\t\na: b", {"a": "b"}, id="on the first line"),
        pytest.param("a:\n-\tb\n- \tc", {"a": ["b", "c"]}, id="behind a dash"),
        pytest.param("{\n\t\"a\":\t[\t1\t,\t2\t]\n}", {"a": [1, 2]}, id="between brackets"),
        pytest.param("a: |\n  b\n  \tc\n", {"a": "b\n\tc\n"}, id="in a block"),
        pytest.param("a: 'b\n\tc'", {"a": "b c"}, id="in quotes"),
    ],
)  # fmt: skip
def test_legal_tabs(text: str, value: object) -> None:
    (document,) = read_yaml(SourceText(text))
    assert isinstance(document, Document), document
    assert document.value == value


@pytest.mark.parametrize("text", ["\ta: b", "a:\n\tb: c", "a: b\n\tc: d", "a:\n \t- b"])
def test_tabs_that_indent(text: str) -> None:
    (broken,) = read_yaml(SourceText(text))
    assert isinstance(broken, BrokenDocument)
    assert "indent with spaces" in broken.message


WORDS = [
    ("", None), ("~", None), ("null", None), ("NULL", None), ("nUll", "nUll"),
    ("true", True), ("False", False), ("TRUE", True), ("tRUE", "tRUE"),
    ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("N", "N"),
    ("5", 5), ("-5", -5), ("+5", 5), ("0123", 123), ("0o17", 15), ("0x1F", 31),
    ("1_000", "1_000"), ("0b11", "0b11"), ("0o8", "0o8"), ("0x", "0x"),
    ("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("-.5e3", -500.0), ("1e3", 1000.0),
    (".", "."), ("-.", "-."), ("e3", "e3"), ("1e", "1e"), ("1.2.3", "1.2.3"),
    ("16:9", "16:9"), ("1:30", "1:30"), ("1080p", "1080p"), ("2026-11-20", "2026-11-20"),
    ("12:30:45", "12:30:45"), ("<<", "<<"), ("=", "="), ("...x", "...x"),
]  # fmt: skip


def test_unquoted_words() -> None:
    for word, value in WORDS:
        (found,) = read(f"a: {word}")
        assert (found["a"], type(found["a"])) == (value, type(value)), word


@pytest.mark.parametrize(
    "word",
    [".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1e999", "9" * 400, "9" * 5000, "0" * 5000,
     "0x" + "f" * 400],
)  # fmt: skip
def test_numbers_that_cannot_be_sent_are_refused(word: str) -> None:
    ((_, _, message),) = read(f"a: {word}")
    assert "number" in message


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("a: {b: c}  # d", "{b: c}", id="in braces"),
        pytest.param("a:\n  b: c  # [d]", "b: c", id="a comment that ends in a bracket"),
        pytest.param("a:\n- b\n- {c: d}\n# e]\n", "- b\n- {c: d}", id="a list"),
    ],
)
def test_where_a_collection_ends(text: str, written: str) -> None:
    (document,) = read_yaml(SourceText(text))

    assert isinstance(document, Document)
    found = document.find("/a")
    assert found
    assert text[slice(*found.node.span)] == written
