"""Request bodies with lists inside of lists, written and read by one table of fields."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.check.inputs import Case, read_cases
from wanprep.check.pipeline import run_check
from wanprep.check.request import CheckRequest
from wanprep.job.model import parse_jobs
from wanprep.rules.limits import default_of
from wanprep.rules.slots import leaves, read, slot_of, write, write_path
from wanprep.rules.target import all_targets
from wanprep.submit.request.body import build_request
from wanprep.testing.lint.check_plugin import check_plugin

FOLDER: Final = Path(__file__).parents[2] / "fixtures/targets"
TARGETS: Final = all_targets([FOLDER])
NESTED: Final = TARGETS["acme/nested-video"]
HOST: Final = "https://cdn.example.com"
JOB: Final[dict[str, Any]] = {
    "target": NESTED.id,
    "prompt": "She waves.",
    "references": [
        {"image": f"{HOST}/a.png"},
        {"video": f"{HOST}/v.mp4"},
        {"image": f"{HOST}/b.png"},
    ],
    "last_frame": f"{HOST}/z.png",
    "first_frame": f"{HOST}/f.png",
    "parameters": {"duration": 5},
}
BODY: Final[dict[str, Any]] = {
    "instances": [
        {
            "prompt": "She waves.",
            "references": [
                {"type": "images", "images": [f"{HOST}/a.png"]},
                {"type": "images", "images": [f"{HOST}/b.png"]},
            ],
            "clips": [{"video": {"uri": f"{HOST}/v.mp4"}}],
            "frames": [{"image": f"{HOST}/f.png"}, {"image": f"{HOST}/z.png"}],
            "settings": {"seconds": 5},
        }
    ],
    "parameters": {"count": 1},
}


def case_of(job: dict[str, Any]) -> Case:
    file = parse_jobs(json.dumps(job), "job.json", TARGETS.roles)
    [case], problems = read_cases(file, [], TARGETS, [])
    assert [*file.problems, *problems] == []
    return case


def test_the_target_is_good() -> None:
    assert default_of(NESTED, "duration") == 4
    assert check_plugin(str(NESTED.file)).problems == []


def test_a_job_becomes_a_body_and_back() -> None:
    ours = case_of(JOB)
    assert build_request(ours, NESTED, {}).order.body == BODY
    native = case_of({"target": NESTED.id, "body": BODY})
    assert {(each.role, each.written) for each in native.intent.assets} == {
        (each.role, each.written) for each in ours.intent.assets
    }
    assert native.intent.parameters == ours.intent.parameters
    assert native.intent.prompt
    assert native.intent.prompt.pointer == "/body/instances/0/prompt"
    assert native.intent.places["duration"] == "/body/instances/0/settings/seconds"
    assert build_request(native, NESTED, {}).order.body == BODY


def test_every_file_of_an_inner_list_is_an_asset() -> None:
    body = copy.deepcopy(BODY)
    body["instances"][0]["references"] = [
        {"type": "images", "images": [f"{HOST}/a.png", f"{HOST}/b.png"]}
    ]
    native = case_of({"target": NESTED.id, "body": body}).intent
    images = native.pointers_of("reference_image")
    assert images == [f"/body/instances/0/references/0/images/{at}" for at in (0, 1)]
    assert [each.kind for each in native.references] == ["image", "image", "video"]


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        pytest.param(["settings", "seconds"], 9, "parameter-invalid", id="a parameter"),
        pytest.param(["clips", 0, "video", "uri"], "missing.mp4", "asset-missing", id="a file"),
        pytest.param(["frames", 0, "picture"], "x", "parameter-unknown", id="a key"),
    ],
)
def test_what_is_wrong_has_its_place(
    tmp_path: Path, path: list[str | int], value: object, rule: str
) -> None:
    body = copy.deepcopy(BODY)
    home: Any = body["instances"][0]
    for key in path[:-1]:
        home = home[key]
    home[path[-1]] = value
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"target": NESTED.id, "body": body}))
    request = CheckRequest(paths=(str(job),), target_folders=(FOLDER,), offline=True)
    found = [(each.rule, each.pointer) for each in run_check(request).findings]
    assert found == [(rule, f"/body/instances/0/{'/'.join(map(str, path))}")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("a.b", {"a": {"b": 1}}, id="objects"),
        pytest.param("a[1].b", {"a": [{}, {"b": 1}]}, id="an index"),
        pytest.param("a[0][1]", {"a": [[{}, 1]]}, id="lists of lists"),
        pytest.param("a[]", {"a": [1]}, id="a list"),
        pytest.param("a[].b.c", {"a": [{"b": {"c": 1}}]}, id="entries"),
        pytest.param("a[0].b[].c[]", {"a": [{"b": [{"c": [1]}]}]}, id="lists in entries"),
        pytest.param("a[].b[].c", {"a": [{"b": [{"c": 1}]}]}, id="entries in entries"),
    ],
)
def test_paths(path: str, body: dict[str, Any]) -> None:
    slot, written = slot_of(path), dict[str, Any]()
    write(written, slot, {"$url": 1})
    assert written == body
    assert [found.values["$url"][0] for found in read(body, slot)] == [1]
    assert write_path(leaves(slot)[0]) == path
