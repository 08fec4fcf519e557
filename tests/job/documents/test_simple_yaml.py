"""What is read without a YAML library is what the library reads, at the same places."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanprep.job.documents.document import DocumentError, SourceText, ValueCounter
from wanprep.job.documents.full_yaml import read_full
from wanprep.job.documents.simple_yaml import read_simple
from wanprep.job.documents.yaml_reader import document_spans

JOBS: Final = sorted(Path(__file__).parents[3].glob("fixtures/jobs/*/*.yaml"))
VALUES: Final = """
 |x|1|-5|1.5e3|0x1f|16:9|a b|"x y"|'it''s'|~|null|x # c|x #|#c|"x" # c|"x"# c|a: b|a:b|:|x:|- x|-|[]
{}|[a, b]|[ a ]|[a,b]|[a,]|[,]|[a: b]|{a: 1, b: [c]}|{ a: b }|{a: 16:9}|{"a":1}|{"a": 1}|{a}|{a: }
*x|&y x|!t z|@|%|`|"a|a]|a  |{a: "b, c"}|---|...|x\\y|"\\n"|a\tb|yes|.inf|<x>|https://x.y/z?a=b#c
""".replace("\n", "|").split("|")
KEYS: Final = """a|b|c|prompt|"q"|'s'|$x|a-b|c d|true|1|-|ü|"a:b"|''|<<|? x""".split("|")
BLOCK: Final = ["", "text", "text", "more # no: comment", " deeper", "- x", "é \u00a0 \u2028"]


def indented(lines: list[str], by: int) -> str:
    return re.sub(r"^(?=.)", " " * by, "\n".join(lines), flags=re.MULTILINE)


def mapping(key: str, entries: list[str], by: int) -> str:
    return f"{key}:\n{indented(entries, by)}"


def list_of(key: str, items: list[str], by: int) -> str:
    written = [f"- {indented([item], 2)[2:]}" for item in items]
    return f"{key}:\n{indented(written, by)}"


def block(head: str, lines: list[str], end: str) -> str:
    return f"{head}\n{indented(lines, 2)}\n{end}"


def some(of: st.SearchStrategy[str], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(of, min_size=1, max_size=most)


PLAIN_KEYS: Final = st.sampled_from(KEYS[:8])
ENTRIES: Final = st.recursive(
    st.builds("{}: {}".format, PLAIN_KEYS | st.sampled_from(KEYS), st.sampled_from(VALUES)),
    lambda inside: (
        st.builds(mapping, PLAIN_KEYS, some(inside, 3), st.integers(1, 4))
        | st.builds(list_of, PLAIN_KEYS, some(inside, 3), st.sampled_from([0, 2]))
    ),
    max_leaves=8,
)
BLOCKS: Final = st.builds(
    block,
    st.sampled_from(["a: |", "b: >", "c: |-", "a: >-", "b: |+", "c: >+ # c", "a: |2"]),
    some(st.sampled_from(BLOCK), 5),
    st.sampled_from(["", "b: 1", "# c", "  "]),
)
OTHERS: Final = st.sampled_from(["", "# c", "  # c", "---", "...", "- a", "  a"])
TEXTS: Final = some(ENTRIES | BLOCKS | OTHERS, 4).map("\n".join)


def same_values(text: str) -> int:
    """Read a text in both ways, and count the sections that need no library."""
    source, count = SourceText(text), 0
    for span in document_spans(text):
        found = read_simple(source, span)
        if found is None:
            continue
        count += 1
        try:
            expected = [document.root for document in read_full(source, span, ValueCounter())]
        except DocumentError as error:
            pytest.fail(f"{text!r} is wrong: {error.message}")
        assert [document.root for document in found] == expected, repr(text)
    return count


@given(TEXTS)
def test_any_text_is_read_as_the_library_reads_it(text: str) -> None:
    same_values(text)


@given(st.sampled_from(JOBS), st.integers(0, 600), st.sampled_from(list("\n -:#'\"[]{},|>ax1\\")))
def test_a_character_more_in_a_job(job: Path, at: int, more: str) -> None:
    text = job.read_text(errors="replace")

    same_values(text[:at] + more + text[at:])


def test_most_jobs_need_no_library() -> None:
    simple = [job for job in JOBS if same_values(job.read_text(errors="replace"))]

    assert len(simple) > 0.9 * len(JOBS)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: |\n  x\n\n  y\nb: >-\n  folded\n  text\n\n  more\n", id="blocks"),
        pytest.param("a:\n- b: 1\n  c: [x, {y: z}]\n-  d: 'it''s'\n", id="a list not indented"),
        pytest.param("---  # c\n\na:  # c\n  b: {c: 16:9}  # c\n\n# c", id="comments"),
        pytest.param("a:\nb: ~\n", id="nothing"),
        pytest.param("# only a comment\n", id="no document"),
        pytest.param("a: {b: [c, d]}  # in {brackets}", id="a comment that ends in a bracket"),
    ],
)  # fmt: skip
def test_read_without_the_library(text: str) -> None:
    assert same_values(text) == len(list(document_spans(text)))


@pytest.mark.parametrize(
    "text",
    ["a: x\n  y", "a:\tx", "a: &x b", "a: 1\na: 2", 'a: "\\n"', "a: 1e999", "- a", "a: x\r\nb: y",
     "a: [b,\n c]", "a: \u2028", "x: " * 3000, "a: " + "[" * 30 + "]" * 30, "\ufeffa: b"],
)  # fmt: skip
def test_left_to_the_library(text: str) -> None:
    assert read_simple(SourceText(text), (0, len(text))) is None
