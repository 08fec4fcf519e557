"""`plugin check`: mistakes in a plugin, and the message for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.errors import UsageError
from wanprep.plugins.new_plugin import write_plugin
from wanprep.testing.lint.check_plugin import CHECKS, check_plugin
from wanprep.testing.lint.plugin import find_plugin

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
TARGET: Final = "targets/example.json"
REQUEST: Final = "targets/example-request.schema.json"
PROVIDER: Final = "provider.json"
READ: Final = 'answers.value_at(answers.as_object(response), "id")'
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_plugin("acme", tmp_path)
    return tmp_path / "src/wanprep_acme"


def problems(folder: Path) -> list[str]:
    return [str(problem) for problem in check_plugin(str(folder)).problems]


def changed(folder: Path, name: str, change: Change) -> None:
    data = json.loads((folder / name).read_text())
    change(data)
    (folder / name).write_text(json.dumps(data))


def image(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["roles"]["reference_image"]["properties"]
    return found


def fields(**more: Any) -> Change:
    return lambda data: data["fields"].update(more)


def parameter(**more: Any) -> Change:
    return lambda data: data["fields"]["parameters"].update(more)


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        pytest.param(TARGET, lambda data: data.pop("docs"), "missing `docs`", id="no docs"),
        pytest.param(TARGET, lambda data: data.update(rolls={}), "did you mean `roles`?", id="key"),
        pytest.param(TARGET, lambda data: data.pop("unknown_key"), "which `fields` needs",
                     id="no unknown_key"),
        pytest.param(TARGET, lambda data: data.update(unchecked=7), "found 7; expected a list",
                     id="a type"),
        pytest.param(
            TARGET, lambda data: data.update(id="Acme"), "text that matches ^", id="a pattern"
        ),
        pytest.param(TARGET, lambda data: data.update(id="other/example"), "`acme/`", id="owner"),
        pytest.param(
            TARGET, lambda data: image(data)["width"].pop("x-severity"), "x-severity", id="severity"
        ),
        pytest.param(
            TARGET, lambda data: image(data)["width"].update({"x-severity": "bad"}),
            'found "bad"; expected "error"', id="no such severity",
        ),
        pytest.param(
            TARGET, lambda data: image(data).update(fps={"maximum": 60}),
            "roles.reference_image.properties.fps: the limit `maximum` has no rule", id="no rule",
        ),
        pytest.param(
            TARGET, lambda data: image(data).update(fps={"maximum": 60}),
            "lacks doc, says, checked, confidence", id="no source at all",
        ),
        pytest.param(
            TARGET, lambda data: image(data)["bytes"]["x-source"].pop("says"), "lacks says",
            id="half a source",
        ),
        pytest.param(
            TARGET, lambda data: image(data)["bytes"].update({"x-rule": "file-to-large"}),
            "Did you mean 'file-too-large'?", id="a misspelt rule",
        ),
        pytest.param(
            TARGET, lambda data: image(data).update(widht=image(data).pop("width")),
            "there is no fact `widht`", id="a misspelt fact",
        ),
        pytest.param(
            TARGET, lambda data: image(data)["bytes"].update(maximum="8"),
            'found "8"; expected a number', id="a limit that is none",
        ),
        pytest.param(
            TARGET, lambda data: data.update(job={"$ref": "wan27-job#/$defs/nothing"}),
            "there is no `wan27-job#/$defs/nothing`", id="a reference to nothing",
        ),
        pytest.param(
            TARGET, lambda data: data.update(job={"$ref": "wan28-job#/$defs/prompt"}),
            "there is no schema 'wan28-job'", id="a file that is not there",
        ),
        pytest.param(
            TARGET, lambda data: data.update(prompt_styles=["Imgae 1"], style=data["unknown_key"]
                                             | {"x-rule": "prompt-ref-style"}),
            "Did you mean 'Image 1'?", id="a misspelt style",
        ),
        pytest.param(
            TARGET, lambda data: data.update(prompt_styles=["?"], style=data["unknown_key"]
                                             | {"x-rule": "prompt-ref-style"}),
            "Known styles: ", id="an unknown style",
        ),
        pytest.param(TARGET, lambda data: data.pop("model"), "a job needs `model`", id="no model"),
        pytest.param(TARGET, fields(prompt="promt"), "no field `promt`", id="a misspelt field"),
        pytest.param(TARGET, fields(constants={"modell": 1}), "no field `modell`", id="constant"),
        pytest.param(TARGET, fields(constants={"model": "x"}), "no minimal job", id="its value"),
        pytest.param(
            TARGET, fields(voices={"bindings": "voices.bound", "positional": "audio",
                                  "positional_order": ["reference_image"]}),
            "no field `voices.bound`", id="voices",
        ),
        pytest.param(
            TARGET, fields(roles={"reference_image": {"image_urls[]": {"link": "$url"}}}),
            "no field `image_urls[].link`", id="an entry's key",
        ),
        pytest.param(
            TARGET, fields(roles={"reference_image": "image_urls"}),
            "is a list in the request schema", id="a list",
        ),
        pytest.param(
            TARGET, fields(roles={"reference_video": "prompt[]"}),
            "is not a list in the request schema", id="no list",
        ),
        pytest.param(TARGET, parameter(size={"name": "size"}), "no field `size`", id="parameter"),
        pytest.param(
            TARGET, parameter(resolution={"name": "resolution", "values": {"480p": "480P"}}),
            "does not allow `480P`", id="a value",
        ),
        pytest.param(
            TARGET, parameter(resolution={"name": "resolution", "values": {"720P": "720P"}}),
            "`720P` never matches", id="capitals never fit",
        ),
        pytest.param(
            TARGET, parameter(resolution={"name": "resolution"}),
            "fields.parameters.resolution: no job with it", id="values that need a table",
        ),
        pytest.param(
            TARGET, lambda data: data["job"]["properties"]["parameters"]["properties"]["duration"]
            .update(maximum=15),
            "example.json:1, job.properties.parameters.properties.duration: 15 passes",
            id="a limit wider than the service's",
        ),
        pytest.param(
            TARGET, lambda data: data["roles"].update(first_frame=data["roles"]["reference_image"]),
            "roles.first_frame: accepts files, but", id="a role without a field",
        ),
        pytest.param(
            TARGET, lambda data: data["roles"].pop("reference_image"),
            "fields.roles.reference_image: `roles` has no limits", id="a field without a role",
        ),
        pytest.param(
            TARGET, lambda data: image(data)["width"].update({"x-rule": "video-too-short"}),
            "the rule `video-too-short` is about video files", id="another kind's rule",
        ),
        pytest.param(
            TARGET, lambda data: image(data)["width"].update({"x-rule": "file-too-large"}),
            "is about bytes and encoded_bytes, not width", id="another fact's rule",
        ),
        pytest.param(
            REQUEST, lambda data: data.update(type="objekt"), "request: is not valid JSON Schema",
            id="no schema",
        ),
        pytest.param(
            REQUEST, lambda data: data["properties"].update(seed={"$ref": "#/$defs/seed"}),
            "refers to '#/$defs/seed'", id="a reference inside of the request",
        ),
        pytest.param(
            REQUEST, lambda data: data["required"].append("user"), "missing `user`",
            id="a field that no job sets",
        ),
        pytest.param(PROVIDER, lambda data: data.pop("poll"), "missing `poll`", id="no poll"),
        pytest.param(
            PROVIDER, lambda data: data.update(name="other"), "must be wanprep_other", id="name"
        ),
        pytest.param(
            PROVIDER, lambda data: data.update(name="other"), "and 'acme' in the code", id="twice"
        ),
        pytest.param(
            PROVIDER, lambda data: data.update(find={"does": "It lists jobs.",
                                                     "x-source": data["poll"]["x-source"]}),
            "the code has no flow `find`", id="no such flow",
        ),
        pytest.param(
            PROVIDER, lambda data: data["settings"].update(
                {"upload": {"description": "How.", "type": "txt"}}),
            "settings: is not valid JSON Schema", id="settings",
        ),
        pytest.param(
            PROVIDER, lambda data: data.update(
                idempotency={"header": "Key", "pattern": "(", "repeat": True,
                             "x-source": data["poll"]["x-source"]}),
            "is not a valid pattern", id="a pattern that is none",
        ),
        pytest.param(
            PROVIDER, lambda data: data.update(
                uploads={"kept": None, "most_bytes": None, "known": [], "refused": [],
                         "needs": ["space"], "warning": None,
                         "x-source": data["poll"]["x-source"]}),
            "no setting `space`", id="needs",
        ),
    ],
)  # fmt: skip
def test_mistakes_in_the_data(folder: Path, file: str, change: Change, message: str) -> None:
    changed(folder, file, change)
    if "code" not in message:  # what the data alone shows needs no run of it
        (folder / "__init__.py").unlink()
    found = problems(folder)
    assert any(message in problem for problem in found), found


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        pytest.param(TARGET, "{", "targets/example.json: line 1: the document ends", id="target"),
        pytest.param(PROVIDER, "[", "provider.json: cannot be read as JSON", id="provider"),
        pytest.param(TARGET, "[]", "found a list; expected a mapping", id="a list"),
        pytest.param(REQUEST, "{", "request: cannot be read: line 1", id="request"),
        pytest.param(REQUEST, "{}", "no field `prompt`", id="an empty request schema"),
        pytest.param("targets/second.json", None, "already describes acme/example", id="twice"),
        pytest.param("targets/second.json", None, "must be example.json", id="file name"),
        pytest.param("__init__.py", "import nothing_such", "nothing_such", id="imports"),
        pytest.param("__init__.py", "raise SystemExit", "ends the program", id="the end"),
        pytest.param("__init__.py", "", "registers nothing", id="no hook"),
        pytest.param(
            "__init__.py",
            "from wanprep.plugins import hookimpl\n@hookimpl\n"
            "def wanprep_register(register): 1",
            "unknown hook", id="a misspelt hook",
        ),
    ],
)  # fmt: skip
def test_mistakes_in_a_file(folder: Path, file: str, text: str | None, message: str) -> None:
    (folder / file).write_text((folder / TARGET).read_text() if text is None else text)
    if file != "__init__.py":
        (folder / "__init__.py").unlink()
    found = problems(folder)
    assert any(message in problem for problem in found), found


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(READ, 'response.json().get("id")', "AttributeError", id="odd"),
        pytest.param('name="acme"', 'name="Acme"', "'Acme' in the code", id="another name"),
        pytest.param("paid=True", "paid=False", "has no request that costs", id="not paid"),
        pytest.param("raise _refused(response)", "raise KeyError", "KeyError", id="no refusal"),
        pytest.param("poll=poll)", "poll=poll, cancel=poll)", "describe it", id="not described"),
        pytest.param(
            "poll=poll)",
            "poll=poll, events=Events(lambda: 1, lambda name, data: data[0]))", "its reader raises",
            id="events",
        ),
    ],
)  # fmt: skip
def test_mistakes_in_the_code(folder: Path, old: str, new: str, message: str) -> None:
    flows = folder / "flows.py"
    text = flows.read_text().replace(old, new)
    if "paid" in old:
        text = text.replace("answers.as_job_id(name)", "str(name)")
    flows.write_text(text.replace("Accepted, Provider", "Accepted, Events, Provider").replace(
        "Events(lambda: 1, lambda", "Events(connect=lambda: 1, read=lambda"))  # fmt: skip
    found = problems(folder)
    assert any(message in problem for problem in found), found


def test_ids_with_signs_that_urls_have(folder: Path) -> None:
    job, escaped = "clips/1?a=b%2F#c", "clips%2F1%3Fa%3Db%252F%23c"
    flows, recorded = folder / "flows.py", folder / "recorded.json"
    own = flows.read_text().replace(
        "as_job_id(name)", 'as_job_id(name, __import__("re").compile(".+"))'
    )
    flows.write_text(own)
    recorded.write_text(
        recorded.read_text().replace("/job-1", f"/{escaped}").replace('"job-1"', json.dumps(job))
    )
    assert problems(folder) == []
    flows.write_text(own.replace("answers.path_segment(sent.provider_id)", "sent.provider_id"))
    assert any("an id with ? or % leads to another path" in each for each in problems(folder))


@pytest.mark.parametrize(
    ("maximum", "says", "is_cited"),
    [
        pytest.param(8000, "from 240 to 8,000 px", True, id="a comma"),
        pytest.param(8000, "240 to 800 px", False, id="another number"),
        pytest.param(799, "less than 800 px", True, id="a strict limit"),
        pytest.param(409_600, "about 480p (640x640)", True, id="a product"),
        pytest.param(8, "1:8 to 8:1", True, id="a ratio"),
        pytest.param(20_971_520, "at most 20 MB", True, id="a size of 1024"),
        pytest.param(20_000_000, "at most 20 MB", True, id="a size of 1000"),
        pytest.param(2_000_000, "at most 20 MB", False, id="another size"),
        pytest.param(7, "sides are limited", True, id="no number"),
    ],
)
def test_limits_are_those_of_their_sources(
    folder: Path, maximum: int, says: str, is_cited: bool
) -> None:
    def change(data: dict[str, Any]) -> None:
        width = image(data)["width"]
        del width["minimum"], width["x-rule"]["minimum"]
        width["maximum"] = maximum
        width["x-source"]["says"] = says

    changed(folder, TARGET, change)
    (folder / "__init__.py").unlink()
    found = [each for each in problems(folder) if "its source says" in each]
    assert (found == []) is is_cited


def test_scenes_that_every_plugin_needs(folder: Path) -> None:
    file = folder / "recorded.json"
    data = json.loads(file.read_text())
    data["scenes"] = [each for each in data["scenes"] if each["outcome"] != "failed"]
    data["scenes"][0]["answers"][0]["request"] = "post /x"
    file.write_text(json.dumps(data))
    assert any("/scenes/0/answers/0/request" in each for each in problems(folder))
    data["scenes"][0]["answers"][0]["request"] = "POST /v1/{anything}"
    file.write_text(json.dumps(data))
    assert problems(folder) == ["recorded.json, poll: no scene with the outcome `failed`."]
    file.unlink()
    assert "recorded.json: missing: record the service's answers." in problems(folder)[0]


def test_code_without_an_entry_point(folder: Path) -> None:
    project = folder.parents[1] / "pyproject.toml"
    project.write_text(project.read_text().replace("entry-points.wanprep", "entry-points.other"))
    assert any('add `acme = "wanprep_acme"`' in problem for problem in problems(folder))


def test_a_package_outside_of_any_project(folder: Path) -> None:
    (folder.parents[1] / "pyproject.toml").unlink()
    [problem] = check_plugin(str(folder)).problems  # no entry point of what is installed names it
    assert problem.place == "project.entry-points.wanprep"


def test_problems_of_a_flow_name_its_file(folder: Path) -> None:
    flows = folder / "flows.py"
    flows.write_text(flows.read_text().replace(READ, 'response.json().get("id")'))
    assert {problem.file for problem in check_plugin(str(folder)).problems} == {"flows.py"}
    flows.write_text(flows.read_text().replace("submit=submit,", "submit=repr,"))
    found = [
        problem for problem in check_plugin(str(folder)).problems if problem.place == "acme.submit"
    ]
    assert [(problem.file, problem.message[:18]) for problem in found] == [
        ("code", "is not a generator")
    ]


def test_request_schemas_in_parts(folder: Path) -> None:
    def parted(data: dict[str, Any]) -> None:
        data["$defs"] = {"rest": {"properties": {"seed": data["properties"].pop("seed")}}}
        data["allOf"] = [{"$ref": "#/$defs/rest"}]
        del data["additionalProperties"]

    for file in ("__init__.py", PROVIDER):
        (folder / file).unlink()
    changed(folder, REQUEST, parted)
    assert problems(folder) == []
    changed(folder, REQUEST, lambda data: data.update(allOf=[{"$ref": "other.json#/rest"}]))
    assert any("refers to 'other.json#/rest'" in problem for problem in problems(folder))


def test_a_target_of_limits_alone(folder: Path) -> None:
    def limits(data: dict[str, Any]) -> None:
        for key in ("fields", "model", "request", "unknown_key"):
            del data[key]

    changed(folder, TARGET, limits)
    assert problems(folder) == []


def test_checks_that_submit_need_targets_without_problems(folder: Path) -> None:
    (folder / TARGET).write_text("{")

    checked = check_plugin(str(folder), kills=True).results
    assert checked["targets"]
    assert CHECKS.keys() - checked.keys() == {"arrival", "crash"}


def test_data_needs_no_code_and_code_needs_data(folder: Path) -> None:
    init, provider = folder / "__init__.py", folder / PROVIDER
    code = init.read_text()
    init.unlink()
    assert problems(folder) == ["__init__.py: missing, so nothing can be submitted."]
    data = provider.read_text()
    provider.unlink()
    assert problems(folder) == []
    init.write_text(code)
    assert problems(folder) == ["provider.json: missing, and 'acme' needs one."]
    provider.write_text(data)
    init.write_text(
        "from wanprep.plugins import hookimpl\n"
        "@hookimpl\ndef wanprep_register_hosts(register): register('x', object())\n"
    )
    assert problems(folder) == [
        "__init__.py, wanprep_acme: does not register the provider 'acme'.",
        "__init__.py, host x: is a object and cannot be called: host(file, below).",
    ]


def test_an_imported_copy_is_restored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = object()
    monkeypatch.setitem(sys.modules, "wanprep_acme", mine)
    monkeypatch.delitem(sys.modules, "wanprep_acme.flows", raising=False)  # of another test
    assert problems(folder) == []
    assert sys.modules["wanprep_acme"] is mine
    assert "wanprep_acme.flows" not in sys.modules
    assert str(folder.parent) not in sys.path


@pytest.mark.parametrize("place", [".", "src", "src/wanprep_acme"])
def test_where_a_plugin_is_found(folder: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parents[1])
    assert find_plugin(place).folder == folder


def test_no_plugin_or_several(tmp_path: Path) -> None:
    for place in (str(tmp_path), "nosuch", "../x"):
        with pytest.raises(UsageError, match="wanprep plugin new NAME"):
            check_plugin(place)
    with pytest.raises(UsageError, match=r"several plugins .* one of .*wanprep_dashscope, "):
        check_plugin(str(PLUGINS))


def test_a_project_that_cannot_be_read(folder: Path) -> None:
    (folder.parents[1] / "pyproject.toml").write_text("[")
    with pytest.raises(UsageError, match=r"pyproject\.toml cannot be read"):
        problems(folder)
