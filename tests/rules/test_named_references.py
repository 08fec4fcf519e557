"""References that the prompt calls by names of their own: `@anna`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.check.inputs import Case, read_cases
from wanprep.fix.job.editor_actions import CannotMove, Move, move_reference, rename_reference
from wanprep.fix.job.fix_job import fix_job
from wanprep.fix.job.text import apply_edits
from wanprep.fix.plan.plan import Options
from wanprep.job.model import JobFile, parse_jobs
from wanprep.pointers import pointer_to
from wanprep.rules.bounds import violations
from wanprep.rules.check_target import target_errors
from wanprep.rules.intent import resolve
from wanprep.rules.judge_job import judge_job
from wanprep.rules.target import all_targets
from wanprep.submit.request.body import build_request

FOLDER: Final = Path(__file__).parents[2] / "fixtures/targets"
TARGETS: Final = all_targets([FOLDER])
NAMED: Final = TARGETS["acme/named-video"]
HOST: Final = "https://cdn.example.com"
VECTORS: Final = [
    json.loads(line)
    for line in (FOLDER / "named-video.vectors.jsonl").read_text("utf-8").splitlines()
]
ANNA: Final = f"{{image: {HOST}/a.png, name: anna}}"
BEN: Final = f"{{image: {HOST}/b.png, name: ben}}"
CLIP: Final = f"{{video: {HOST}/c.mp4}}"


def text_of(prompt: str, *references: str, target: str = NAMED.id) -> str:
    return (
        f"target: {target}\nprompt: {json.dumps(prompt)}\nreferences: [{', '.join(references)}]\n"
    )


def read(text: str) -> tuple[JobFile, tuple[Case, ...]]:
    file = parse_jobs(text, "job.yaml", TARGETS.roles)
    cases, problems = read_cases(file, [], TARGETS, [])
    assert [*file.problems, *problems] == []
    return file, cases


def case_of(text: str) -> Case:
    [case] = read(text)[1]
    return case


def findings(text: str) -> list[tuple[str, str]]:
    case = case_of(text)
    found = judge_job(resolve(case.intent, {}, case.targets[0]), case.intent, case.targets[0])
    return [
        (each.violation.rule, each.name) for each in found if each.violation.rule[:6] == "prompt"
    ]


@pytest.mark.parametrize("vector", [pytest.param(each, id=each["says"]) for each in VECTORS])
def test_vectors(vector: dict[str, Any]) -> None:
    found = violations(vector["value"], NAMED.job)
    assert [[each.rule, each.severity, pointer_to(each.path)] for each in found] == (
        vector["findings"]
    )


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        pytest.param("@anna greets @ben, then @anna.", [], id="all are named"),
        pytest.param("@anna greets @bob and @ben", [("prompt-ref-unbound", "@bob")], id="unknown"),
        pytest.param("@anna waves", [("prompt-ref-unused", "@ben")], id="unused"),
        pytest.param("@anna greets Image 2", [("prompt-ref-style", "Image 2")], id="by number"),
        pytest.param("@Anna greets @ben", [("prompt-ref-unbound", "@Anna"),
                                           ("prompt-ref-unused", "@anna")], id="capitals"),
        pytest.param("@anna and @ben write to me@bob.com", [], id="an e-mail address"),
        pytest.param("@anna, @ben: https://a.example/@bob", [], id="a URL"),
        pytest.param("@annabel greets @ben and @anna", [("prompt-ref-unbound", "@annabel")],
                     id="a longer word"),
    ],
)  # fmt: skip
def test_names_are_checked(prompt: str, expected: list[tuple[str, str]]) -> None:
    assert findings(text_of(prompt, ANNA, BEN)) == expected


def test_a_reference_without_a_name_is_sent_by_its_number() -> None:
    text = text_of("@anna dances as in @video1", ANNA, CLIP)
    assert findings(text) == []
    assert findings(text.replace("@video1", "@video2")) == [("prompt-ref-unbound", "@video2")]
    body = build_request(case_of(text), NAMED, {}).order.body
    assert [each["tag"] for each in body["references"]] == ["anna", "video1"]
    native = json.dumps({"target": NAMED.id, "body": body})
    assert findings(native) == []
    assert findings(native.replace("@anna", "@bob")) == [
        ("prompt-ref-unbound", "@bob"),
        ("prompt-ref-unused", "@anna"),
    ]
    assert build_request(case_of(native), NAMED, {}).order.body == body


def test_a_name_that_is_never_used_although_it_is_the_only_one() -> None:
    assert findings(text_of("She waves.", ANNA)) == [("prompt-ref-unused", "@anna")]
    assert findings(text_of("She waves.", f"{{image: {HOST}/a.png}}")) == []


@pytest.mark.parametrize(
    ("target", "before", "after"),
    [
        pytest.param(NAMED.id, "Image 2 sees Image 1", "@ben sees @anna", id="to names"),
        pytest.param(NAMED.id, "图2 and 视频1", "@ben and @video1", id="of Chinese"),
        pytest.param("wan/2.7", "@ben sees @anna", "Image 2 sees Image 1", id="to numbers"),
        pytest.param("acme/wide-video", "@ben sees @anna", "@Image2 sees @Image1", id="another"),
    ],
)
def test_fixes_translate_names(target: str, before: str, after: str) -> None:
    file, cases = read(text_of(before, ANNA, BEN, CLIP, target=target))
    fixed = fix_job(file, cases, options=Options())
    assert json.loads(fixed.text.splitlines()[1].removeprefix("prompt: ")) == after


def test_a_name_of_a_target_without_names_is_no_handle_of_anyone() -> None:
    file, cases = read(text_of("Image 1 and Image 2 follow @bob", ANNA, BEN, target="wan/2.7"))
    assert fix_job(file, cases, options=Options()).text == file.source.text


def test_moves_and_new_names_in_an_editor() -> None:
    text = text_of("@anna greets Image 2", ANNA, BEN)
    moved = apply_edits(text, [*move_reference(case_of(text), Move(0, 1))])
    assert moved == text_of("@anna greets Image 1", BEN, ANNA)
    renamed = apply_edits(text, [*rename_reference(case_of(text), 0, "@clara")])
    assert renamed == text_of("@clara greets Image 2", ANNA.replace("anna", "clara"), BEN)
    unnamed = text_of("Image 1 waves", f"{{image: {HOST}/a.png}}")
    named = apply_edits(unnamed, [*rename_reference(case_of(unnamed), 0, "@anna")])
    assert case_of(str(named)).intent.own_names == ((("image", 1), "anna"),)
    assert "@anna waves" in str(named)
    for wrong in ("ben", "@two words", "@1"):
        with pytest.raises(CannotMove, match="cannot be the name"):
            rename_reference(case_of(text), 0, wrong)


@pytest.mark.parametrize(
    ("references", "message"),
    [
        pytest.param([ANNA, ANNA], "`name` is anna, as that of another reference", id="twice"),
        pytest.param([ANNA.replace("anna", "two words")], "expected a word of letters", id="form"),
        pytest.param([ANNA.replace("anna", '" "')], "`name` is empty", id="blank"),
    ],
)
def test_names_that_no_reference_can_have(references: list[str], message: str) -> None:
    [problem] = parse_jobs(text_of("x", *references), "job.yaml", TARGETS.roles).problems
    assert problem.rule == "job-invalid"
    assert message in problem.message
    assert problem.pointer.endswith("/name")


def test_a_target_with_names_needs_a_field_for_them(tmp_path: Path) -> None:
    for file in FOLDER.glob("named-video*.json"):
        (tmp_path / file.name).write_text(file.read_text("utf-8").replace(', "tag": "$name"', ""))
    [error] = target_errors(tmp_path / "named-video.json")
    assert "no field of a reference has `$name`" in str(error)
