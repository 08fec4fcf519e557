"""Each slip that a plugin's author may make, and the sentence that tells of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.errors import UsageError
from wanprep.plugins.new_plugin import named, write_plugin
from wanprep.testing.lint.check_plugin import check_plugin

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
TARGET: Final = "targets/example.json"
REQUEST: Final = "targets/example-request.schema.json"
PROVIDER: Final = "provider.json"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_plugin(named("acme"), tmp_path)
    return tmp_path / "src/wanprep_acme"


def faults(folder: Path) -> list[str]:
    return [str(fault) for fault in check_plugin(str(folder)).faults]


def changed(folder: Path, name: str, change: Change) -> None:
    data = json.loads((folder / name).read_text())
    change(data)
    (folder / name).write_text(json.dumps(data))


@pytest.mark.parametrize("name", ["evolink", "oxen", "runcomfy", "wavespeed"])
def test_the_bundled_plugins_are_sound(name: str) -> None:
    by_folder = check_plugin(str(PLUGINS / f"wanprep_{name}"))
    assert [str(fault) for fault in by_folder.faults] == []
    assert by_folder.targets
    assert check_plugin(name).targets == by_folder.targets


def image(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["roles"]["reference_image"]["properties"]
    return found


def fields(**more: Any) -> Change:
    return lambda data: data["fields"].update(more)


def parameter(**more: Any) -> Change:
    return lambda data: data["fields"]["parameters"].update(more)


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        pytest.param(TARGET, lambda data: data.pop("docs"), "missing `docs`", id="no docs"),
        pytest.param(TARGET, lambda data: data.update(rolls={}), "did you mean `roles`?", id="key"),
        pytest.param(TARGET, lambda data: data.pop("unknown_key"), "which `fields` needs",
                     id="alone"),
        pytest.param(TARGET, lambda data: data.update(unchecked=7), "found 7; expected a list",
                     id="a type"),
        pytest.param(
            TARGET, lambda data: data.update(id="Acme"), "text that matches ^", id="a pattern"
        ),
        pytest.param(TARGET, lambda data: data.update(id="other/example"), "`acme/`", id="whose"),
        pytest.param(
            TARGET, lambda data: image(data)["width"].pop("x-severity"), "x-severity", id="severity"
        ),
        pytest.param(
            TARGET, lambda data: image(data)["width"].update({"x-severity": "bad"}),
            'found "bad"; expected "error"', id="no such severity",
        ),
        pytest.param(
            TARGET, lambda data: image(data).update(fps={"maximum": 60}),
            "roles.reference_image.fps: the limit `maximum` has no rule", id="a limit of nobody's",
        ),
        pytest.param(
            TARGET, lambda data: image(data).update(fps={"maximum": 60}),
            "lacks doc, says, checked, confidence", id="nobody says so",
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
            TARGET, lambda data: image(data)["bytes"].update(maximum="8"), "no JSON Schema",
            id="a limit that is none",
        ),
        pytest.param(
            TARGET, lambda data: data.update(job={"$ref": "wan27-job#/$defs/nothing"}),
            "which does not exist", id="a reference to nothing",
        ),
        pytest.param(
            TARGET, lambda data: data.update(job={"$ref": "wan28-job#/$defs/prompt"}),
            "there is no schema 'wan28-job'", id="a file that is not there",
        ),
        pytest.param(
            TARGET, lambda data: data.update(prompt_styles=["Imgae 1"], style=data["unknown_key"]
                                             | {"x-rule": "prompt-ref-style"}),
            "Did you mean 'Image 1'?", id="a way of naming",
        ),
        pytest.param(
            TARGET, lambda data: data.update(prompt_styles=["?"], style=data["unknown_key"]
                                             | {"x-rule": "prompt-ref-style"}),
            "There are: ", id="no way of naming",
        ),
        pytest.param(TARGET, lambda data: data.pop("model"), "a job needs `model`", id="no model"),
        pytest.param(TARGET, fields(prompt="promt"), "no field `promt`", id="a misspelt field"),
        pytest.param(TARGET, fields(constants={"modell": 1}), "no field `modell`", id="constant"),
        pytest.param(TARGET, fields(constants={"model": "x"}), "no plain job", id="its value"),
        pytest.param(
            TARGET, fields(voice={"bindings": "voices.bound", "positional": "audio",
                                  "positional_order": ["reference_image"]}),
            "no field `voices.bound`", id="voices",
        ),
        pytest.param(
            TARGET, fields(reference_image={"name": "image_urls", "many": True,
                                            "item": {"url": "link"}}),
            "no field `image_urls[].link`", id="an entry's key",
        ),
        pytest.param(
            TARGET, fields(reference_image={"name": "image_urls", "many": False, "item": None}),
            "says that it is a list", id="a list",
        ),
        pytest.param(
            TARGET, fields(reference_video={"name": "prompt", "many": True, "item": None}),
            "says that it is no list", id="no list",
        ),
        pytest.param(TARGET, parameter(size={"name": "size"}), "no field `size`", id="parameter"),
        pytest.param(
            TARGET, parameter(resolution={"name": "resolution", "values": {"480p": "480P"}}),
            "does not allow `480P`", id="a value",
        ),
        pytest.param(
            TARGET, parameter(resolution={"name": "resolution", "values": {"720P": "720P"}}),
            "`720P` never fits", id="capitals never fit",
        ),
        pytest.param(
            TARGET, parameter(resolution={"name": "resolution"}),
            "fields.parameters.resolution: it is promised", id="values that need a table",
        ),
        pytest.param(
            REQUEST, lambda data: data.update(type="objekt"), "request: it is no JSON Schema",
            id="no schema",
        ),
        pytest.param(
            REQUEST, lambda data: data["properties"].update(seed={"$ref": "#/$defs/seed"}),
            "refers to '#/$defs/seed'", id="a reference inside of the request",
        ),
        pytest.param(
            REQUEST, lambda data: data["required"].append("user"), "missing `user`",
            id="what nobody writes",
        ),
        pytest.param(PROVIDER, lambda data: data.pop("poll"), "missing `poll`", id="no poll"),
        pytest.param(
            PROVIDER, lambda data: data.update(name="other"), "is to be wanprep_other", id="name"
        ),
        pytest.param(
            PROVIDER, lambda data: data.update(name="other"), "and 'acme' in the code", id="twice"
        ),
        pytest.param(
            PROVIDER, lambda data: data.update(find={"does": "It lists jobs.",
                                                     "x-source": data["poll"]["x-source"]}),
            "the code has no flow `find`", id="more said than done",
        ),
        pytest.param(
            PROVIDER, lambda data: data["settings"].update(
                {"upload": {"description": "How.", "type": "txt"}}),
            "settings: it is no JSON Schema", id="settings",
        ),
        pytest.param(
            PROVIDER, lambda data: data.update(
                idempotency={"header": "Key", "pattern": "(", "repeat": True,
                             "x-source": data["poll"]["x-source"]}),
            "it is no pattern", id="a pattern that is none",
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
def test_a_slip_in_the_data_is_told(folder: Path, file: str, change: Change, says: str) -> None:
    changed(folder, file, change)
    assert any(says in fault for fault in faults(folder)), faults(folder)


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        pytest.param(TARGET, "{", "targets/example.json: it cannot be read as JSON", id="target"),
        pytest.param(PROVIDER, "[", "provider.json: it cannot be read as JSON", id="provider"),
        pytest.param(TARGET, "[]", "found a list; expected a mapping", id="a list"),
        pytest.param(REQUEST, "{", "what it refers to cannot be put together", id="request"),
        pytest.param(REQUEST, "{}", "no field `prompt`", id="an empty request schema"),
        pytest.param("targets/second.json", None, "describes acme/example already", id="twice"),
        pytest.param("__init__.py", "import nothing_such", "nothing_such", id="imports"),
        pytest.param("__init__.py", "raise SystemExit", "ends the program", id="the end"),
        pytest.param("__init__.py", "", "it registers nothing", id="no hook"),
        pytest.param(
            "__init__.py",
            "from wanprep.plugins.hookspecs import hookimpl\n@hookimpl\n"
            "def wanprep_register(register): 1",
            "unknown hook", id="a misspelt hook",
        ),
    ],
)  # fmt: skip
def test_a_slip_in_a_file_is_told(folder: Path, file: str, text: str | None, says: str) -> None:
    (folder / file).write_text((folder / TARGET).read_text() if text is None else text)
    assert any(says in fault for fault in faults(folder)), faults(folder)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        pytest.param("members(response).get(", "response.json().get(", "AttributeError", id="odd"),
        pytest.param('name="acme"', 'name="Acme"', "'Acme' in the code", id="another name"),
        pytest.param(", paid=True", "", "not marked", id="not paid"),
        pytest.param("raise _refused(response)", "raise KeyError", "KeyError", id="no refusal"),
        pytest.param("poll=poll)", "poll=poll, cancel=poll)", "describe it", id="more than said"),
        pytest.param(
            "poll=poll)",
            "poll=poll, events=Events(lambda: 1, lambda name, data: data[0]))", "its reader raises",
            id="events",
        ),
    ],
)  # fmt: skip
def test_a_slip_in_the_code_is_told(folder: Path, was: str, now: str, says: str) -> None:
    flows = folder / "flows.py"
    text = flows.read_text().replace(was, now)
    if "accepted" in was or "paid" in was:
        text = text.replace("job_id(members(response)", "str(members(response)")
    flows.write_text(text.replace("import Provider\n", "import Events, Provider\n").replace(
        "Events(lambda: 1, lambda", "Events(connect=lambda: 1, read=lambda"))  # fmt: skip
    assert any(says in fault for fault in faults(folder)), faults(folder)


def test_code_without_an_entry_point_is_told(folder: Path) -> None:
    project = folder.parents[1] / "pyproject.toml"
    project.write_text(project.read_text().replace("entry-points.wanprep", "entry-points.other"))
    assert any('add `acme = "wanprep_acme"`' in fault for fault in faults(folder))


def test_a_package_outside_of_any_project(folder: Path) -> None:
    (folder.parents[1] / "pyproject.toml").unlink()
    [fault] = check_plugin(str(folder)).faults  # no entry point of what is installed names it
    assert fault.place == "project.entry-points.wanprep"


def test_a_flow_is_told_by_its_file(folder: Path) -> None:
    flows = folder / "flows.py"
    flows.write_text(flows.read_text().replace("members(response).get(", "response.json().get("))
    assert {fault.file for fault in check_plugin(str(folder)).faults} == {"flows.py"}
    flows.write_text(flows.read_text().replace("submit=submit,", "submit=print,"))
    told = [fault for fault in check_plugin(str(folder)).faults if fault.place == "acme.submit"]
    assert [(fault.file, fault.message[:18]) for fault in told] == [("code", "it is no generator")]


def test_request_schemas_that_are_put_together(folder: Path) -> None:
    def parted(data: dict[str, Any]) -> None:
        data["$defs"] = {"rest": {"properties": {"seed": data["properties"].pop("seed")}}}
        data["allOf"] = [{"$ref": "#/$defs/rest"}]
        del data["additionalProperties"]

    changed(folder, REQUEST, parted)
    assert faults(folder) == []
    changed(folder, REQUEST, lambda data: data.update(allOf=[{"$ref": "other.json#/rest"}]))
    assert any("refers to 'other.json#/rest'" in fault for fault in faults(folder))


def test_a_target_may_be_limits_alone(folder: Path) -> None:
    def limits(data: dict[str, Any]) -> None:
        for key in ("fields", "model", "request", "unknown_key"):
            del data[key]

    changed(folder, TARGET, limits)
    assert faults(folder) == []


def test_data_needs_no_code_and_code_needs_data(folder: Path) -> None:
    init, provider = folder / "__init__.py", folder / PROVIDER
    code = init.read_text()
    init.unlink()
    assert faults(folder) == ["__init__.py: it is missing, so nothing can be submitted."]
    told = provider.read_text()
    provider.unlink()
    assert faults(folder) == []
    init.write_text(code)
    assert faults(folder) == ["provider.json: it is missing, and 'acme' needs one."]
    provider.write_text(told)
    init.write_text(
        "from wanprep.plugins.hookspecs import hookimpl\n"
        "@hookimpl\ndef wanprep_register_hosts(register): register('x', object())\n"
    )
    assert faults(folder) == ["__init__.py, wanprep_acme: it registers no provider 'acme'."]


def test_another_copy_that_is_imported_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = object()
    monkeypatch.setitem(sys.modules, "wanprep_acme", mine)
    assert faults(folder) == []
    assert sys.modules["wanprep_acme"] is mine
    assert "wanprep_acme.flows" not in sys.modules
    assert str(folder.parent) not in sys.path


@pytest.mark.parametrize("place", [".", "src", "src/wanprep_acme"])
def test_where_a_plugin_is_found(folder: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parents[1])
    assert check_plugin(place).found.folder == folder


def test_where_none_or_several_are(tmp_path: Path) -> None:
    for place in (str(tmp_path), "nosuch", "../x"):
        with pytest.raises(UsageError, match="wanprep plugin new NAME"):
            check_plugin(place)
    with pytest.raises(UsageError, match=r"several plugins .* one of wanprep_evolink, "):
        check_plugin(str(PLUGINS))


def test_a_project_that_cannot_be_read(folder: Path) -> None:
    (folder.parents[1] / "pyproject.toml").write_text("[")
    with pytest.raises(UsageError, match=r"pyproject\.toml cannot be read"):
        faults(folder)
