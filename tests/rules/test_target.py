from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import wanprep
from wanprep.errors import UsageError
from wanprep.rules.bounds import Bound, bounds
from wanprep.rules.finding import rules
from wanprep.rules.load_target import load_target
from wanprep.rules.slots import schema_at, split_path
from wanprep.rules.target import Target, all_targets, choose_targets, target_files

FIXTURES: Final = Path(__file__).parents[2] / "fixtures"
TARGETS: Final = all_targets()
IDS: Final = [
    "byteplus/seedance-2.0",
    "byteplus/seedance-2.5",
    "comfy/wan2.7-r2v",
    "dashscope/wan2.7-i2v",
    "dashscope/wan2.7-r2v",
    "dashscope/wan3.0-video",
    "evolink/seedance-2.0-reference-to-video",
    "evolink/wan2.7-reference-video",
    "fal/kling-o1-reference-to-video",
    "fal/seedance-2.0-reference-to-video",
    "fal/wan2.7-image-to-video",
    "fal/wan2.7-reference-to-video",
    "kling/kling-v3-omni",
    "oxen/wan-v2-7-reference-to-video",
    "replicate/wan-2.7-r2v",
    "runcomfy/wan-2-2-image-to-video",
    "runcomfy/wan-2-7-reference-to-video",
    "wan/2.7",
    "wavespeed/wan-2.7-reference-to-video",
]
ROLES: Final = {"reference_image", "reference_video", "first_frame", "voice"}


def all_bounds(name: str) -> list[Bound]:
    target = TARGETS[name]
    return [
        bound
        for schema in (*target.roles.values(), target.job, target.body)
        for bound in bounds(schema)
    ]


def notes(value: object) -> list[dict[str, Any]]:
    """Find everything in a target's file that bears a rule."""
    found: list[dict[str, Any]] = []
    if isinstance(value, dict):
        found += [value] if "x-rule" in value else []
        found += [note for each in value.values() for note in notes(each)]
    elif isinstance(value, list):
        found += [note for each in value for note in notes(each)]
    return found


def test_these_targets_are_there() -> None:
    assert list(TARGETS) == IDS
    assert len(TARGETS) == len(IDS)


@pytest.mark.parametrize("name", IDS)
def test_every_bound_has_a_rule_a_severity_and_a_citation(name: str) -> None:
    assert all_bounds(name)
    for bound in all_bounds(name):
        where = f"{'.'.join(bound.path)} {bound.keyword} {bound.value}"
        assert bound.rule in rules(), where
        assert bound.severity in {"error", "warning", "note"}, where
        _is_citation(bound.source, where)


@pytest.mark.parametrize("name", IDS)
def test_so_has_everything_that_the_core_asks(name: str) -> None:
    data = TARGETS[name].data
    asked = [
        *notes(data.get("style")),
        *notes(data.get("doubtful_styles")),
        *notes(data.get("urls")),
        *notes(data["unknown_key"]),
    ]
    assert asked
    for note in asked:
        assert note["x-rule"] in rules()
        assert note["x-severity"] in {"error", "warning", "note"}
        _is_citation(note["x-source"], note["x-rule"])


def _is_citation(source: Any, where: str) -> None:
    assert re.fullmatch(r"https://[^\s]+\.[^\s]+", source.get("doc", "")), where
    assert source.get("says"), where
    assert not source["says"].endswith("."), where
    assert dt.date.fromisoformat(source.get("checked", "")) >= dt.date(2026, 1, 1), where
    assert source.get("confidence") in {"documented", "upstream", "inferred"}, where


@pytest.mark.parametrize("name", IDS)
def test_a_target_is_whole(name: str) -> None:
    target = TARGETS[name]
    assert target.id == name
    described, fields = set(target.data["roles"]), target.data.get("fields", {}).get("roles", ())
    assert described == (ROLES if described >= ROLES else {*fields} | described - ROLES)
    assert target.provider == name.partition("/")[0]
    assert ":" in target.title
    assert all(doc.startswith("https://") for doc in target.docs)
    assert target.unchecked
    assert "$ref" not in json.dumps([target.roles, target.job, target.body])


@pytest.mark.parametrize("name", [name for name in IDS if name != "wan/2.7"])
def test_a_providers_own_request_schema_is_there(name: str) -> None:
    target = TARGETS[name]
    assert target.request
    assert target.request["additionalProperties"] is False
    fields = target.data["fields"]["parameters"]
    for field in (each for each in fields.values() if "in" not in each):
        assert schema_at(target.request, split_path(field["name"])[0]), field


@pytest.mark.parametrize("name", IDS)
def test_every_rule_of_a_target_has_a_message(name: str) -> None:
    from wanprep.rules.message import describe_limit

    for bound in all_bounds(name):
        text = describe_limit(bound.schema, bound.keyword, bound.path)
        assert "None" not in text
        assert "{" not in text


def test_reading_targets_imports_no_plugin() -> None:
    code = """
import sys
from wanprep.rules.target import all_targets
known = all_targets()
assert [known[name].roles for name in known]
print(sorted(name for name in sys.modules if name.startswith("wanprep_")))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "[]\n"


TINY: Final[dict[str, Any]] = {
    "id": "acme/video-1",
    "title": "Acme: Video 1",
    "summary": "One image, at least 500 px wide.",
    "docs": ["https://acme.example/docs"],
    "roles": {
        "reference_image": {
            "allOf": [
                {"$ref": "wan27-media#/$defs/image"},
                {
                    "properties": {
                        "width": {
                            "minimum": 500,
                            "x-rule": "image-too-small",
                            "x-severity": "error",
                            "x-source": {
                                "doc": "https://acme.example/docs",
                                "says": "at least 500 px wide",
                                "checked": "2026-11-20",
                                "confidence": "documented",
                            },
                        }
                    }
                },
            ]
        },
        "reference_video": {"$ref": "wan27-media#/$defs/video"},
        "first_frame": {"$ref": "wan27-media#/$defs/image"},
        "voice": {"$ref": "wan27-media#/$defs/voice"},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "video-1.json").write_text(json.dumps(TINY))
    (tmp_path / "video-1-request.schema.json").write_text("{}")
    return tmp_path


def test_one_json_file_is_a_new_target(folder: Path) -> None:
    image = Path(__file__).parents[2] / "fixtures/jobs/media/start.png"
    job = folder / "job.yaml"
    job.write_text(f"target: acme/video-1\nprompt: She waves.\nreferences: [{{image: {image}}}]\n")

    of_media = wanprep.check(
        image, targets=["acme/video-1"], config={"target-folders": [str(folder)]}
    )
    of_job = wanprep.check(job, config={"target-folders": [str(folder)]})

    for report in (of_media, of_job):
        (finding,) = report.findings
        assert (finding.rule, finding.target) == ("image-too-small", "acme/video-1")
        assert finding.message.startswith("start.png: 480x480 px; Acme requires at least 500 px")
        assert report.targets == ("acme/video-1",)
    with pytest.raises(UsageError, match="there is no target 'acme/video-1'"):
        wanprep.check(image, targets=["acme/video-1"])


@pytest.mark.parametrize(
    ("name", "is_default", "found"),
    [
        pytest.param("comfy", False, "comfy/wan2.7-r2v", id="the only one"),
        pytest.param("wan", False, "wan/2.7", id="built in"),
        pytest.param("runcomfy", False, "runcomfy/wan-2-7-reference-to-video", id="the default"),
        pytest.param("acme", True, "acme/video-2", id="a default of the user's own"),
        pytest.param("acme", False, "acme has several targets: name one of acme/video-1 or",
                     id="several"),
        pytest.param("evolnk", False, "there is no target 'evolnk'. Did you mean 'evolink'?",
                     id="misspelt"),
    ],
)  # fmt: skip
def test_the_name_of_a_provider(folder: Path, name: str, is_default: bool, found: str) -> None:
    second = TINY | {"id": "acme/video-2", "default": is_default}
    (folder / "video-2.json").write_text(json.dumps(second))
    (folder / "job.yaml").write_text(
        f"target: {name}\nprompt: Hi.\nreferences: [{{image: https://example.com/a.png}}]\n"
    )
    targets = all_targets([folder])
    report = wanprep.check(
        folder / "job.yaml", config={"target-folders": [str(folder)]}, offline=True
    )
    if " " not in found:
        assert [each.id for each in choose_targets([name, found], targets)] == [found]
        assert report.targets == (found,)
    else:
        with pytest.raises(UsageError, match=re.escape(found)):
            choose_targets([name], targets)
        assert [each.rule for each in report.findings] == ["target-unknown"]


def test_files_are_found_by_their_place(folder: Path) -> None:
    found = list(target_files([folder]))
    assert (found[-1].path, found[-1].plugin) == (folder / "video-1.json", None)
    assert not [file for file in found if file.path.name.endswith(".schema.json")]
    plugins = {name.partition("/")[0] for name in IDS} - {"wan"}
    assert {file.plugin for file in found} == {None, *plugins}


def test_the_first_on_the_path_is_the_one(tmp_path: Path) -> None:
    for place in ("first", "second"):
        targets = tmp_path / place / "wanprep_acme" / "targets"
        targets.mkdir(parents=True)
        (targets / "video-1.json").write_text(json.dumps(TINY | {"title": f"Acme: {place}"}))
    code = """
from wanprep.rules.target import all_targets
print(all_targets()["acme/video-1"].title)
"""
    path = os.pathsep.join([str(tmp_path / "first"), str(tmp_path / "second"), "no such folder"])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    assert done.stdout == "Acme: first\n"


def test_a_reference_into_the_target_itself_and_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside.schema.json").write_text('{"$defs": {"a": {"type": "string"}}}')
    data = TINY | {"$defs": {"b": {"type": "number"}}, "request": "beside"}
    data["job"] = {"allOf": [{"$ref": "beside#/$defs/a"}, {"$ref": "#/$defs/b"}]}
    file = tmp_path / "video-1.json"
    file.write_text(json.dumps(data))

    target = load_target(file)

    assert target.job == {"allOf": [{"type": "string"}, {"type": "number"}]}
    assert target.request == {"$defs": {"a": {"type": "string"}}}


def test_choosing() -> None:
    assert [target.id for target in choose_targets(["wan/2.7", IDS[0], "wan/2.7"], TARGETS)] == [
        "wan/2.7",
        IDS[0],
    ]
    assert choose_targets([], TARGETS) == []
    with pytest.raises(UsageError, match=r"Did you mean 'wan/2\.7'\?"):
        choose_targets(["wan/2.6"], TARGETS)
    with pytest.raises(UsageError, match="`wanprep targets` lists them"):
        choose_targets(["zzz"], TARGETS)


def test_a_target_is_read_once_for_as_long_as_its_files_stay_the_same(tmp_path: Path) -> None:
    assert TARGETS["wan/2.7"] is all_targets()["wan/2.7"]
    assert "wan/2.6" not in TARGETS
    for file in (FIXTURES / "targets").glob("wide-video*"):
        shutil.copy(file, tmp_path)

    def load() -> Target:
        [name] = set(targets := all_targets([tmp_path])) - set(TARGETS)
        return targets[name]

    first = load()
    described = list(first.roles)
    assert first.roles["no_such_role"]["not"] == {}
    assert list(load().roles) == described
    assert load() is first
    for name in ("wide-video.json", "wide-video-request.schema.json"):
        data = json.loads((tmp_path / name).read_text())
        (tmp_path / name).write_text(json.dumps(data | {"title": "Acme: another"}))
        changed = load()
        assert changed is not first
        first = changed
    assert first.title == "Acme: another"
    assert first.request
    assert first.request["title"] == "Acme: another"
