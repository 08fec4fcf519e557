from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wanprep.job.documents.document import Document, SourceText
from wanprep.job.documents.json_reader import read_json
from wanprep.job.model import read_jobs
from wanprep.job.roles import common_roles
from wanprep.job.shape import _same_key, normalize
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from pathlib import Path

JOB = load_schema("job")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param("prompt: a", [], id="a prompt"),
        pytest.param("prompt: a\nnegative_prompt:\nreferences:\nparameters:\ntarget:\n", [],
                     id="what is left empty"),
        pytest.param("$schema: x\nprompt: a", [], id="named schema"),
        pytest.param("target: [wan/2.7, a/b]", [], id="several targets"),
        pytest.param("parameters: {anything: [1, {b: ~}]}", [], id="any parameters"),
        pytest.param("references: []", [], id="no references"),
        pytest.param("refs: []", [(1, 1, "`refs`: unknown key; did you mean `references`?")],
                     id="another word"),
        pytest.param("prompt: a\nneg-prompt: b",
                     [(2, 1, "did you mean `negative_prompt`?")], id="another spelling"),
        pytest.param("promt: a", [(1, 1, "did you mean `prompt`?")], id="a slip"),
        pytest.param("prompt: a\ntext: b", [(2, 1, "allowed keys: `target`, `prompt`,")],
                     id="a word for what is there"),
        pytest.param("name: a", [(1, 1, "allowed keys: `target`, `prompt`,")], id="unknown"),
        pytest.param('"a\\eb": 1', [(1, 1, "`a\\x1bb`: unknown key")], id="unknown and unsafe"),
        pytest.param("duration: 5", [(1, 1, "`duration` belongs in `parameters`")],
                     id="a parameter"),
        pytest.param("webhook: x", [(1, 1, "`webhook` belongs in `parameters`")],
                     id="a parameter's other name"),
        pytest.param("image: a.png", [(1, 1, "`image` belongs in an entry of `references`")],
                     id="a reference"),
        pytest.param("image_urls: [a]", [(1, 1, "belongs in an entry of `references`")],
                     id="references of a native body"),
        pytest.param("- prompt: a",
                     [(1, 1, "found a list; expected a mapping, like `prompt: ...`")],
                     id="a list of jobs"),
        pytest.param("prompt", [(1, 1, "found a string; expected a mapping")], id="a text"),
        pytest.param("~", [(1, 1, "found null; expected a mapping")], id="null"),
        pytest.param("prompt: 42",
                     [(1, 9, "`prompt`: found a number; expected a string: put quotes")],
                     id="a number"),
        pytest.param("prompt: true", [(1, 9, "found true or false; expected a string: put quotes")],
                     id="a truth"),
        pytest.param("prompt: [a, b]", [(1, 9, "`prompt`: found a list; expected a string")],
                     id="list"),
        pytest.param("prompt: {a: b}", [(1, 9, "found a mapping; expected a string")], id="keys"),
        pytest.param("target: ''", [(1, 9, "`target` is empty: fill it in, or remove it")],
                     id="empty text"),
        pytest.param("first_frame: '  '", [(1, 14, "`first_frame` is empty")], id="blank text"),
        pytest.param("target: []", [(1, 9, "`target` is empty")], id="no targets"),
        pytest.param("target: [a/b, '', 3]", [(1, 15, "entry 2 of `target` is empty"),
                                              (1, 19, "entry 3 of `target`: found a number")],
                     id="odd targets"),
        pytest.param("references:\n  image: a.png", [(2, 3, "put a dash before each entry")],
                     id="no dash"),
        pytest.param("references: a.png",
                     [(1, 13, "`references`: found a string; expected a list: put a dash"),
                      (1, 13, "entry 1 of `references`: found a string; expe")],
                     id="a text for a list"),
        pytest.param("references: 5", [(1, 13, "`references`: found a number; expected a list")],
                     id="no list"),
        pytest.param("references: [a.png]", [(1, 14, "expected `- image: hero.jpg` or `- video")],
                     id="only the path"),
        pytest.param("references:\n  -\n", [(2, 4, "entry 1 of `references` is empty")],
                     id="empty entry"),
        pytest.param("references: [5]", [(1, 14, "entry 1 of `references`: found a number")],
                     id="no entry"),
        pytest.param("references: [{voice: a.wav}]",
                     [(1, 14, "has no `image`, `video` or `audio`")], id="neither"),
        pytest.param("references: [{image: a, video: b}]", [(1, 14, "has `image` and `video`:")],
                     id="both"),
        pytest.param("references: [{img: a}]", [(1, 15, "did you mean `image`?")],
                     id="another word in a reference"),
        pytest.param("references: [{size: a, image: b}]",
                     [(1, 15, "`size`: unknown key; allowed keys: `image`, `video`, `voice`,")],
                     id="unknown in a reference"),
        pytest.param("references: [{image: }]", [(1, 21, "`image` is empty")], id="no path"),
        pytest.param("references: [{image: [a, b]}]", [(1, 22, "`image`: found a list")],
                     id="two paths"),
        pytest.param("parameters: fast",
                     [(1, 13, "`parameters`: found a string; expected a mapping")],
                     id="no parameters"),
        pytest.param("body:\n", [(1, 6, "`body` is empty")], id="no body"),
        pytest.param("body: {prompt: a}\nprompt: b\nfirst_frame: c",
                     [(2, 1, "`prompt` cannot be combined with `body`"), (3, 1, "`first_frame`")],
                     id="a body and more"),
        pytest.param("input: {prompt: a}\nprompt: b",
                     [(1, 1, "did you mean `body`?"), (2, 1, "cannot be combined with `body`")],
                     id="a body by another name"),
    ],
)  # fmt: skip
def test_problems(tmp_path: Path, text: str, problems: list[tuple[int, int, str]]) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(text, encoding="utf-8")

    found = read_jobs(str(path)).problems

    assert [(one.place.line, one.place.column) for one in found] == [one[:2] for one in problems]
    for one, (_, _, message) in zip(found, problems, strict=True):
        assert message in one.message
        assert one.rule == "job-invalid"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        pytest.param({"refs": []}, {"references": []}, id="another name"),
        pytest.param({"refs": [1], "references": []}, {"references": []}, id="not twice"),
        pytest.param({"refs": [], "media": [{"image": "a"}]}, {"references": []}, id="first wins"),
        pytest.param({"name": "a"}, {}, id="unknown"),
        pytest.param({"prompt": 1.50}, {"prompt": "1.5"}, id="a number as it is written"),
        pytest.param({"prompt": ["a"]}, {"prompt": "a"}, id="a list of one"),
        pytest.param({"prompt": ["a", "b"]}, {"prompt": '["a", "b"]'}, id="a prompt stays there"),
        pytest.param({"first_frame": ["a", "b"]}, {"first_frame": ""}, id="which one is unknown"),
        pytest.param({"references": {"image": "a"}}, {"references": [{"image": "a"}]}, id="wrap"),
        pytest.param({"references": "a.MOV"}, {"references": [{"video": "a.MOV"}]}, id="a clip"),
        pytest.param(
            {"references": ["a.jpg", "b.mp4?x", 3, None]},
            {"references": [{"image": "a.jpg"}, {"video": "b.mp4?x"}]}, id="by their names",
        ),
        pytest.param(
            {"references": [{"image": "a", "video": "b"}, {"voice": "c"}, {"image": None}]},
            {"references": [{"image": "a"}, {"image": ""}]}, id="references that are none",
        ),
        pytest.param(
            {"body": {"prompt": "a"}, "prompt": "b", "target": "c"},
            {"body": {"prompt": "a"}, "target": "c"}, id="a body stands alone",
        ),
        pytest.param({"parameters": 5}, {}, id="nothing to be made of it"),
    ],
)  # fmt: skip
def test_normalized(text: object, normal: object) -> None:
    document = read_json(SourceText(json.dumps(text)))
    assert isinstance(document, Document)
    found, problems = normalize(document, common_roles())
    assert found
    assert found.value == normal
    assert problems


def test_hints_for_json_are_json(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text('{"references": {"image": "a", "video": "b"}}', encoding="utf-8")
    messages = [problem.message for problem in read_jobs(str(path)).problems]
    assert messages == [
        "`references`: found a mapping; expected a list: put [ ] around its entries",
        "this reference has `image` and `video`: make two entries of it",
    ]


VALUES = st.recursive(
    st.sampled_from([None, True, 5, "", " ", "a.png"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["image", "video", "voice", "audio", "prompt", "refs", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
JOBS = VALUES | st.dictionaries(
    st.sampled_from([*JOB["properties"], "refs", "x", "duration"]), VALUES, max_size=4
)


@given(JOBS)
def test_problems_agree_with_the_published_schema(job: object) -> None:
    document = read_json(SourceText(json.dumps(job)))
    assert isinstance(document, Document)
    _, problems = normalize(document, common_roles())
    assert (not problems) == Draft202012Validator(JOB).is_valid(job)


def test_the_schemas_examples_are_jobs() -> None:
    for example in JOB["examples"]:
        document = read_json(SourceText(json.dumps(example)))
        assert isinstance(document, Document)
        assert normalize(document, common_roles())[1] == ()


def test_every_key_has_a_title_and_a_description() -> None:
    def check(schema: dict[str, Any]) -> None:
        for inner in schema.get("properties", {}).values():
            assert inner["title"]
            assert inner["description"]
            check(inner)
        if "items" in schema:
            check(schema["items"])

    check(JOB)


def test_no_word_means_two_keys() -> None:
    for properties in (
        JOB["properties"],
        JOB["properties"]["parameters"]["properties"],
        JOB["properties"]["references"]["items"]["properties"],
    ):
        words = [word for key, one in properties.items() for word in (key, *one.get("x-also", ()))]
        assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("key", "property_"),
    [
        ("refs", "references"), ("References", "references"),
        ("negative-prompt", "negative_prompt"),
        ("negativePrompt", "negative_prompt"), ("firstFrame", "first_frame"),
        ("image_start", "first_frame"), ("params", "parameters"), ("model", "target"),
        ("Prompt ", "prompt"), ("\ufeffprompt", "prompt"), ("promt", None), ("", None),
        ("图", None),
    ],
)  # fmt: skip
def test_other_words_for_a_key(key: str, property_: str | None) -> None:
    assert _same_key(key, JOB["properties"]) == property_
