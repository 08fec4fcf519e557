"""The parts of a fix: literals, comments, edits, operations, matches of keys, nearest values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fixed_jobs import EVOLINK, TARGETS, independent

from wanprep.fix.job.changes import Add, Drop, Operation, Put, Rename, Respell, value_at
from wanprep.fix.job.edits import parse_draft, write_operations
from wanprep.fix.job.keys import KeyMatch, body_names, match_key, parameter_names
from wanprep.fix.job.references import renumber
from wanprep.fix.job.text import Edit, apply_edits, comments, literal, offset_before, quoted
from wanprep.fix.job.values import measure, nearest, unambiguous_value

TEXTS = ["a b", "yes", "16:9", "1_000", "2026-01-01", "null", "", " a", "a ", "a: b", "a #b", "#",
         "-", "- a", "@a", "a,b", "[a", "x{y}", "a\nb", "\x85", "a\u2028b", "it's \"so\"\\", "0x1f",
         ".inf", "图1", "a\tb", "1.jpg", "../a b.png", "*a", "&a", "!a", "%a", "?", "? a", "|",
         "a:", "~", "\U0001f600", "\x7f"]  # fmt: skip


@pytest.mark.parametrize("like", ["", "'a'", '"a"'])
def test_every_string_is_read_again_as_it_was(like: str) -> None:
    for text in TEXTS:
        written = literal(text, "yaml", like)

        assert independent(f"a: {written}\nb: [{written}, {{c: {quoted(text)}}}]\n") == [
            {"a": text, "b": [text, {"c": text}]}
        ]
        assert json.loads(f'{{"a": {literal(text, "json")}}}') == {"a": text}


@pytest.mark.parametrize(
    ("value", "like", "written"),
    [
        pytest.param("a.png", "", "a.png", id="plain"),
        pytest.param("it's", "'a'", "'it''s'", id="single"),
        pytest.param("a", '"b"', '"a"', id="double"),
        pytest.param("16:9", "", '"16:9"', id="old readers take it for a time"),
        pytest.param({"a": [1, None, True, "b"]}, "", "{a: [1, null, true, b]}", id="nested"),
    ],
)
def test_values_keep_their_quotes(value: object, like: str, written: str) -> None:
    assert literal(value, "yaml", like) == written


def test_comments() -> None:
    text = (
        "# 1\na: &y 'b # no' # 2\nc: |  # 3\n  # no\n  d\n# 4\ne: {f: g#no, # 5\n  h: \"# no\"}\n"
        "i: *y # 6\nj: plain\n  text # 7\n"
    )
    found = parse_draft(text, "job.yaml")

    assert found
    assert [text[start:end] for start, end in comments(found.documents)] == [
        f"# {number}" for number in range(1, 8)
    ]
    assert comments(()) == ()
    parsed = parse_draft('{"a": "# no"}', "job.json")
    assert parsed
    assert comments(parsed.documents) == ()


def test_edits() -> None:
    edits = [Edit(4, 5), Edit(0, 1, "xyz"), Edit(2, 2, "-")]

    assert apply_edits("abcdef", edits) == "xyzb-cdf"
    assert apply_edits("abc", [Edit(0, 2), Edit(1, 3)]) is None
    assert [offset_before(at, edits) for at in range(8)] == [0, 0, 0, 1, 2, 2, 3, 5]


@pytest.mark.parametrize(
    ("text", "operations", "written"),
    [
        pytest.param("a: {b: 1}\n", [Drop("/a/b")], "a: {}\n", id="the only one"),
        pytest.param("{}\n", [Add("", "a", 1)], "{a: 1}\n", id="into nothing"),
        pytest.param("a: {b: 1,}\n", [Drop("/a/b")], "a: {}\n", id="the only one with a comma"),
        pytest.param("a: [\n  b,\n  c # c\n]", [Drop("/a/1")], "a: [\n  b\n  # c\n]", id="last"),
        pytest.param("a: [b, # b\n c, d]\n", [Drop("/a/1")], "a: [b, # b\n d]\n", id="middle"),
        pytest.param("a: [b # b\n, c]\n", [Drop("/a/1")], "a: [b # b\n]\n", id="comma behind"),
        pytest.param("a: [b, # b\n c]\n", [Drop("/a/1")], "a: [b # b\n ]\n", id="comment between"),
        pytest.param("a: [b, *x]\n".replace("*x", "&x c"), [Drop("/a/1")], "a: [b]\n", id="anchor"),
        pytest.param("- - a\n  - b\n", [Drop("/0/0")], None, id="two dashes on a line"),
        pytest.param("- - a\n  - b\n", [Drop("/0/1")], "- - a\n", id="the second of them"),
        pytest.param("- a: 1 # x\n  b: 2\n", [Drop("/0/a")], "-  # x\n  b: 2\n", id="first key"),
        pytest.param("- a: 1\n  b: 2\n", [Drop("/0/a")], "- b: 2\n", id="first key, no comment"),
        pytest.param("a: &x {b: 1, c: 2}\nd: *x\n", [Drop("/d/b")], None, id="in an alias"),
        pytest.param("a: &x {b: 1}\nd: *x\n", [Add("/d", "e", 1)], None, id="into an alias"),
        pytest.param("a: &x 1\nb: *x\n", [Drop("/a")], None, id="an anchor in use"),
        pytest.param("a: &x 1\nb: *x\n", [Put("/b", 2)], "a: &x 1\nb: 2\n", id="an alias"),
        pytest.param("a:\nb: 1", [Put("/a", "x")], "a: x\nb: 1", id="an empty value"),
        pytest.param("a: |+\n  x\n\n", [Add("", "b", 1)], None, id="behind lines that count"),
        pytest.param("a: 5 # x", [Put("/a", [1, 2])], "a: [1, 2] # x", id="a list"),
        pytest.param("a:\n  - 1 # x\n", [Put("/a", 5)], "a:\n  5 # x\n", id="a comment inside"),
        pytest.param("a: [1, # x\n  2]\n", [Put("/a", 5)], None, id="a comment would be lost"),
        pytest.param("a: !!str 5\n", [Put("/a", 5)], None, id="a tag says otherwise"),
        pytest.param("? a\n: 1\n? b\n: 2\n", [Drop("/a")], "? b\n: 2\n", id="question marks"),
        pytest.param("a: 1\nb: 2", [Drop("/b")], "a: 1", id="the last line, without an end"),
        pytest.param("a: 1\nb: 2 # x", [Drop("/b")], "a: 1\n# x", id="its comment, without an end"),
        pytest.param("a: 1\r\nb: 2", [Drop("/b")], "a: 1", id="the last line of Windows"),
        pytest.param("a: b c\n", [Respell("/a", (((0, 1), "x: "),))], 'a: "x:  c"\n', id="quotes"),
        pytest.param("a: |\n  b\n", [Respell("/a", (((0, 1), "x\n"),))], None, id="no such block"),
        pytest.param("a: 5\n", [Respell("/a", ())], None, id="no text"),
        pytest.param("a: 5\n", [Rename("/a", "b c"), Put("/a", 6)], "b c: 6\n", id="key and value"),
        pytest.param("a: 1\nb: 2\n", [Rename("/a", "b")], None, id="a key that is there"),
        pytest.param("a: {b: 1}\nd:\n- e\n- f\n- &f g\n",
                     [Drop("/d/0"), Drop("/d/2"), Add("/a", "x", 0)],
                     "a: {b: 1, x: 0}\nd:\n- f\n", id="several"),
        pytest.param("d:\n- e\n", [Drop("/d/0")], None, id="a list that runs empty is no list"),
    ],
)  # fmt: skip
def test_operations(text: str, operations: list[Operation], written: str | None) -> None:
    before = parse_draft(text, "job.yaml")
    assert before

    tried = write_operations(before, 0, operations)

    assert (tried[0].text if tried else None) == written


@pytest.mark.parametrize(
    ("prompt", "removed", "written"),
    [
        pytest.param("Image 1, Image 3", 1, "Image 1, Image 2", id="behind it"),
        pytest.param("Image 1, Video 1", 1, "Image 1, Video 1", id="none behind it"),
        pytest.param("character1, character4", 1, "character1, character3", id="either kind"),
        pytest.param("Image 9, Image 3", 0, "Image 9, Image 2", id="no such reference"),
        pytest.param("图３ 和 图2", 0, "图2 和 图1", id="full width"),
        pytest.param("Images 2-3", 0, None, id="a range"),
        pytest.param("图二", 0, None, id="a numeral"),
        pytest.param("Image 3", 2, None, id="the removed one"),
    ],
)
def test_renumber(prompt: str, removed: int, written: str | None) -> None:
    replacements = renumber(prompt, ["image", "image", "image", "video"], removed)

    assert (None if replacements is None else Respell("", replacements).apply(prompt)) == written


def test_missing_values() -> None:
    before = parse_draft("a: 1\n", "job.yaml")

    assert before
    assert value_at({"a": [1]}, "/a/x") is None
    assert value_at({"a": 1}, "/a/x") is None
    assert parse_draft("a: [", "job.yaml") is None


@pytest.mark.parametrize(
    ("value", "limit", "intent"),
    [
        pytest.param("5", {"type": "integer"}, 5, id="number"),
        pytest.param(" 5.0 ", {"type": "integer"}, 5, id="number with a fraction of nothing"),
        pytest.param("5.5", {"type": "integer"}, None, id="half"),
        pytest.param("5", {"const": 5}, 5, id="the only number"),
        pytest.param("True", {"type": "boolean"}, True, id="yes"),
        pytest.param(0, {"type": "boolean"}, False, id="no"),
        pytest.param("maybe", {"type": "boolean"}, None, id="maybe"),
        pytest.param("720p", {"enum": ["720P", "1080P"]}, "720P", id="case"),
        pytest.param(1080, {"enum": ["720P", "1080P"]}, "1080P", id="lines"),
        pytest.param("32/18", {"enum": ["16:9", "4:3"]}, "16:9", id="the same shape"),
        pytest.param(True, {"enum": ["1"]}, None, id="true is not 1"),
        pytest.param("", {"enum": ["", "squish"]}, "", id="empty"),
        pytest.param("x", {"enum": [1, 2]}, None, id="other types"),
        pytest.param("x", {}, None, id="no limit"),
    ],
)
def test_unambiguous_value(value: object, limit: dict[str, Any], intent: object) -> None:
    assert unambiguous_value(value, limit) == intent
    assert type(unambiguous_value(value, limit)) is type(intent)


@pytest.mark.parametrize(
    ("value", "allowed", "best"),
    [
        pytest.param(16, [2, 15, 10], [15, 10, 2], id="numbers"),
        pytest.param("21:9", ["1:1", "16:9", "9:16"], ["16:9", "1:1", "9:16"], id="shapes"),
        pytest.param("4k", ["720p", "1080p"], ["1080p", "720p"], id="sizes"),
        pytest.param("720P", ["480P", "1080P"], ["480P", "1080P"], id="between: the cheaper"),
        pytest.param("explode", ["squish", "flying"], [], id="no measure"),
        pytest.param("0:5", ["1:1", "2:1"], [], id="no shape"),
        pytest.param(7, [5], [5], id="the only one"),
        pytest.param("x", [5], [5], id="the only one, of another type"),
    ],
)
def test_nearest(value: object, allowed: list[Any], best: list[Any]) -> None:
    assert nearest(value, allowed) == best


def test_measure() -> None:
    assert measure(5) == 5.0
    assert measure("16:9") == measure("32x18")


@pytest.mark.parametrize(
    ("key", "intent"),
    [
        pytest.param("aspectRatio", KeyMatch("aspect_ratio", certain=True), id="camel case"),
        pytest.param("quality", KeyMatch("resolution", certain=True), id="another word"),
        pytest.param("durration", KeyMatch("duration", certain=True), id="slip"),
        pytest.param("lenght", KeyMatch("duration", certain=False), id="slip of another word"),
        pytest.param(
            "callback_id", KeyMatch("callback_url", certain=False), id="something else, perhaps"
        ),
        pytest.param("fps", None, id="unknown"),
        pytest.param("refrence_images", None, id="no parameter"),
    ],
)
def test_match_key(key: str, intent: KeyMatch | None) -> None:
    assert match_key(key, parameter_names(), 0.7) == intent


def test_names_of_a_native_body() -> None:
    names = body_names(TARGETS[EVOLINK], TARGETS.roles, ())

    assert names["resolution"] == names["quality"] == "quality"
    assert names["reference_images"] == names["image"] == "image_urls"
    assert names["start_frame"] == "image_start"
    assert "watermark" not in names
    assert match_key("x", {}, 0.5) is None
