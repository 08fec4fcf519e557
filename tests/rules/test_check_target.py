"""Slips in a target's file: each is a usage error with its place and what is meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.errors import UsageError
from wanprep.rules.check_target import target_errors
from wanprep.rules.target import all_targets, choose_targets

SOURCE: Final = {
    "doc": "https://acme.example/docs",
    "says": "short",
    "checked": "2026-11-20",
    "confidence": "documented",
}


def limit(rule: str, **keywords: object) -> dict[str, Any]:
    return {**keywords, "x-rule": rule, "x-severity": "error", "x-source": SOURCE}


WIDTH: Final = limit("image-too-small", minimum=240, maximum=8000) | {
    "x-rule": {"minimum": "image-too-small", "maximum": "image-too-large"}
}
GOOD: Final[dict[str, Any]] = {
    "id": "acme/video-1",
    "title": "Acme: Video 1",
    "summary": "Images with one of few widths.",
    "docs": ["https://acme.example/docs"],
    "roles": {
        "reference_image": {
            "allOf": [{"$ref": "wan27-media#/$defs/image"}, {"$ref": "#/$defs/image"}]
        },
        "reference_video": {
            "$ref": "wan27-media#/$defs/video",
            "x-severity": {"video-too-long": "warning"},
        },
    },
    "job": {
        "properties": {
            "images": limit("too-many-images", maximum=3),
            "parameters": {"properties": {"duration": limit("parameter-invalid", enum=[5, 10])}},
            "prompt": {"properties": {"length": limit("prompt-too-long", maximum=500)}},
        },
        "if": {"properties": {"videos": {"minimum": 1}}},
        "then": limit("references-missing", required=["negative_prompt"]),
    },
    "$defs": {
        "image": {
            "properties": {
                "width": WIDTH,
                "format": limit("format-unsupported", enum=["jpeg", "png"]),
                "path": limit("format-unsupported", pattern="^[a-z]"),
            }
        }
    },
    "fields": {"prompt": "prompt", "parameters": {"duration": {"name": "seconds"}}},
    "unknown_key": {"x-rule": "parameter-unknown", "x-severity": "note", "x-source": SOURCE},
}
Change = Callable[[dict[str, Any]], object]


def image(**more: object) -> Change:
    return lambda data: data["$defs"]["image"]["properties"].update(more)


def width(*without: str, **more: object) -> Change:
    changed = {name: value for name, value in {**WIDTH, **more}.items() if name not in without}
    return image(width=changed)


def job(**more: object) -> Change:
    return lambda data: data["job"]["properties"].update(more)


def source(**more: object) -> Change:
    return width(**{"x-source": SOURCE | more})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "video-1.json"


def error_of(file: Path) -> str:
    with pytest.raises(UsageError) as caught:
        choose_targets(["acme/video-1"], all_targets([file.parent]))
    assert str(file) in str(caught.value)
    return str(caught.value)


PLACE: Final = {"in": "references", "key": "element", "kind": "image", "title": "Element",
                "description": "A thing."}  # fmt: skip
WIDTH_AT: Final = "/$defs/image/properties/width"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(width("minimum", minimun=240),
                     f"{WIDTH_AT}/minimun: unknown key; did you mean `minimum`?", id="keyword"),
        pytest.param(width(format="uri"), f"{WIDTH_AT}/format: unknown key. Fix it:", id="unused"),
        pytest.param(width(minimum="240"), f'{WIDTH_AT}/minimum: found "240"; expected a number',
                     id="type of a number"),
        pytest.param(width(minimum=True), f"{WIDTH_AT}/minimum: found true", id="no number"),
        pytest.param(width(minimum=8000, maximum=240),
                     f"{WIDTH_AT}/minimum: 8000 is more than the maximum, 240", id="swapped"),
        pytest.param(width(multipleOf=0), f"{WIDTH_AT}/multipleOf: found 0; expected more than 0",
                     id="of nothing"),
        pytest.param(width("x-source"), f"{WIDTH_AT}: missing `x-source`", id="no source"),
        pytest.param(width("x-severity"), f"{WIDTH_AT}: missing `x-severity`", id="no severity"),
        pytest.param(width("x-rule"), f"{WIDTH_AT}: the limit `minimum` has no rule", id="no rule"),
        pytest.param(width(**{"x-rule": "image-to-small"}), "Did you mean 'image-too-small'?",
                     id="rule"),
        pytest.param(width(**{"x-rule": "too-many-images"}), "is a rule for jobs", id="job's rule"),
        pytest.param(width(**{"x-rule": {"minimum": "image-too-small"}}),
                     "the limit `maximum` has no rule", id="one of two rules"),
        pytest.param(width(**{"x-rule": WIDTH["x-rule"] | {"minimun": "image-too-small"}}),
                     f"{WIDTH_AT}/x-rule/minimun: there is no limit here `minimun`; did you mean",
                     id="rule of no keyword"),
        pytest.param(width(**{"x-severity": "eror"}), f'{WIDTH_AT}/x-severity: found "eror";'
                     ' expected "error"', id="severity"),
        pytest.param(width(**{"x-severty": "error"}), "did you mean `x-severity`?", id="x-"),
        pytest.param(source(say="x"), f"{WIDTH_AT}/x-source/say: unknown key; did you mean `says`",
                     id="key of a source"),
        pytest.param(source(doc="acme.example"), f"{WIDTH_AT}/x-source/doc: found", id="no URL"),
        pytest.param(source(confidence="sure"), "/x-source/confidence: found", id="confidence"),
        pytest.param(source(checked="2026-02-30"),
                     f"{WIDTH_AT}/x-source/checked: there is no day 2026-02-30", id="no day"),
        pytest.param(width(**{"x-source": {"doc": "https://acme.example"}}),
                     "x-source lacks says, checked, confidence", id="half a source"),
        pytest.param(image(widht=WIDTH), "properties/widht: there is no fact `widht`; did you"
                     " mean `width`?", id="fact"),
        pytest.param(image(format=limit("format-unsupported", enum=["jpg"])),
                     "properties/format/enum/0: `jpg` is an extension; the format is `jpeg`",
                     id="extension"),
        pytest.param(image(format=limit("format-unsupported", enum="jpeg")),
                     'properties/format/enum: found "jpeg"; expected a list', id="no list"),
        pytest.param(image(color=limit("color-risky", enum=["grey"])),
                     "properties/color/enum/0: there is no value `grey`; did you mean `gray`?",
                     id="value of a fact"),
        pytest.param(image(alpha=limit("alpha-unsupported", const="false")),
                     "properties/alpha/const: found text; expected true or false", id="a string"),
        pytest.param(image(format=limit("format-unsupported", minimum=5)),
                     "properties/format/minimum: never applies to text", id="number of a string"),
        pytest.param(image(path=limit("format-unsupported", pattern="[a-z")),
                     "properties/path/pattern: `[a-z` is not a valid regular", id="regex"),
        pytest.param(image(width=False), f"{WIDTH_AT}: false has no rule", id="false"),
        pytest.param(image(width={"$ref": "#/$defs/image/properties/width"}),
                     f"{WIDTH_AT}/$ref: `#/$defs/image/properties/width` leads back to itself",
                     id="circle"),
        pytest.param(image(width={"$ref": "#/$defs/wdith"}),
                     f"{WIDTH_AT}/$ref: there is no `#/$defs/wdith`", id="leads nowhere"),
        pytest.param(image(width={"$ref": "wan28#/$defs/image"}),
                     f"{WIDTH_AT}/$ref: `wan28#/$defs/image` cannot be read: there is no schema",
                     id="no such file"),
        pytest.param(image(width={"$ref": "broken#/$defs/image"}),
                     f"{WIDTH_AT}/$ref: `broken#/$defs/image` cannot be read: line 1",
                     id="broken file"),
        pytest.param(image(width={"$ref": "beside#/$defs/side"}),
                     f"{WIDTH_AT}/$ref: in beside.schema.json at /$defs/side: the limit `minimum`"
                     " has no rule", id="in a file beside it"),
        pytest.param(image(width={**WIDTH, "$ref": "#/$defs/image"}),
                     f"{WIDTH_AT}: a limit (`minimum`) beside `$ref`", id="beside a reference"),
        pytest.param(lambda data: data["roles"]["reference_video"].update(
                         {"x-severity": {"video-to-long": "note"}}),
                     "/x-severity/video-to-long: there is no limit here", id="severity by rule"),
        pytest.param(job(image=limit("too-many-images", maximum=3)),
                     "/job/properties/image: there is no fact `image`", id="of a job"),
        pytest.param(job(parameters={"properties": {"durration": {"const": 5}}}),
                     "did you mean `duration`?", id="parameter"),
        pytest.param(job(images=limit("image-too-small", maximum=3)), "is a rule for files",
                     id="rule of files"),
        pytest.param(lambda data: data["job"]["then"].update(required="negative_prompt"),
                     '/job/then/required: found "negative_prompt"; expected a list', id="required"),
        pytest.param(lambda data: data["fields"]["parameters"].update(sed={"name": "seed"}),
                     "/fields/parameters/sed: no job has `sed`; did you mean `seed`?", id="field"),
        pytest.param(lambda data: data.update(request="gone"),
                     "/request: cannot be read: there is no schema 'gone'", id="gone"),
        pytest.param(lambda data: data.update(request="pattern"),
                     "/request: is not valid JSON Schema: '[' is not a 'regex'", id="request"),
        pytest.param(lambda data: data.update(rolls={}), "/rolls: unknown key; did you mean",
                     id="key"),
        pytest.param(lambda data: data.update(id="acme/Video"), "/id: found", id="id"),
        pytest.param(lambda data: data.update(id="acme"), "/id: found", id="half an id"),
        pytest.param(lambda data: data.update(id=7), "/id: found 7; expected", id="no text"),
        pytest.param(lambda data: data.pop("id"), "missing `id`", id="no id"),
        pytest.param(lambda data: data.pop("docs"), "missing `docs`", id="no docs"),
        pytest.param(lambda data: data.update(roles=[]), "/roles: found a list", id="no roles"),
        pytest.param(lambda data: data.update(prompt_styles=["Imgae 1"], style={
                         "x-rule": "prompt-ref-style", "x-severity": "note", "x-source": SOURCE}),
                     "/prompt_styles: there is no prompt style", id="prompt style"),
        pytest.param(lambda data: data["roles"].update(last_fram={}),
                     "/roles/last_fram: no job has this role; did you mean `last_frame`?",
                     id="misspelt role"),
        pytest.param(lambda data: data["roles"].update(element={}),
                     "/roles/element: no job has this role; define it in `places`", id="new role"),
        pytest.param(lambda data: data.update(places={"voice": PLACE}),
                     "/places/voice: is a role that all jobs have", id="role of all jobs"),
        pytest.param(lambda data: data.update(places={"element": PLACE | {"key": "image"}}),
                     "/places/element/key: jobs have another key `image`", id="key of a role"),
    ],
)  # fmt: skip
def test_slips(file: Path, change: Change, message: str) -> None:
    (file.parent / "broken.schema.json").write_text("{")
    (file.parent / "beside.schema.json").write_text('{"$defs": {"side": {"minimum": 1}}}')
    (file.parent / "pattern.schema.json").write_text('{"properties": {"a": {"pattern": "["}}}')
    data = deepcopy(GOOD)
    change(data)
    file.write_text(json.dumps(data))
    if "id" not in message:
        assert message in error_of(file)
    else:
        with pytest.raises(UsageError) as caught:
            [*all_targets([file.parent]).usable()]
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        pytest.param(b"", "this file is empty", id="empty"),
        pytest.param(b"{", "line 1: the document ends too early", id="cut off"),
        pytest.param(b"[]", "found a list; expected a mapping", id="a list"),
        pytest.param(b'{"id": "acme/video-1",\n "id": 2}', "line 2: `id` is already on line 1",
                     id="key twice"),
        pytest.param(b'{"id": "\xff"}', "the byte 0xFF is not UTF-8", id="Latin-1"),
        pytest.param('{"id": "a/b"}'.encode("utf-16"), "written in UTF-16", id="UTF-16"),
        pytest.param(b'{"id": NaN}', "NaN is not a number", id="NaN"),
        pytest.param(b'{"id": 1e999}', "this number is too large", id="huge"),
        pytest.param(b'{"id": ' + b"9" * 5000 + b"}", "this number is too long", id="long"),
        pytest.param(b"[" * 100_000, "nested", id="deep"),
    ],
)  # fmt: skip
def test_files_that_are_no_json(file: Path, contents: bytes, message: str) -> None:
    file.write_bytes(contents)
    assert message in error_of(file)


def test_a_good_file_with_a_byte_order_mark(file: Path) -> None:
    file.write_text(json.dumps(GOOD), encoding="utf-8-sig")
    assert [*target_errors(file)] == []
    assert choose_targets(["acme/video-1"], all_targets([file.parent]))[0].title == "Acme: Video 1"


def test_all_errors_are_listed_once_and_with_their_lines(file: Path) -> None:
    data = deepcopy(GOOD)
    data["$defs"]["image"]["properties"]["width"] = {"minimum": 1}
    file.write_text(json.dumps(data, indent=1))
    errors = [*target_errors(file)]
    line = file.read_text().splitlines().index('    "width": {') + 1
    assert [each.line for each in errors] == [line] * 3
    assert [str(each).partition(" has ")[2][:9] for each in errors] == [
        "no rule: ", "no severi", "an incomp",
    ]  # fmt: skip


def test_a_valid_file_is_validated_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(json.dumps(GOOD))
    choose_targets(["acme/video-1"], all_targets([file.parent]))
    monkeypatch.delattr("wanprep.rules.check_target.target_errors")  # what takes time is not called
    choose_targets(["acme/video-1"], all_targets([file.parent]))
    file.write_text(json.dumps(GOOD).replace("minimum", "minimun"))
    with pytest.raises(ImportError):
        choose_targets(["acme/video-1"], all_targets([file.parent]))
