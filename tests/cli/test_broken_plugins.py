"""Plugins that cannot be used: each is named and left out, and every command goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command

from wanprep.plugins.loading import installed, load_emulators

ROOT: Final = Path(__file__).parents[2]
IMAGE: Final = ROOT / "fixtures/jobs/media/start.png"
EVOLINK: Final = "evolink/wan2.7-reference-video"
UNREADABLE: Final = "the plugin unreadable has a target that cannot be used: "
TAKEN: Final = f"its id {EVOLINK} is already that of a target in the plugin evolink."
SLIP: Final = (
    "/roles/reference_image/properties/width/minimun: unknown key; did you mean `minimum`?"
)
ENDS: Final = "the plugin ends cannot be used: it ends the program when it is loaded."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    target = json.loads((ROOT / "plugins/wanprep_evolink/targets/wan2.7-reference-video.json")
                        .read_text("utf-8"))  # fmt: skip
    write(tmp_path, "another", target | {"title": "Another: cheaper"})
    width = {"properties": {"width": {"minimun": 1}}}
    write(tmp_path, "slip", target | {"id": "slip/a", "roles": {"reference_image": width}})
    write(tmp_path, "unreadable", [])
    (tmp_path / "wanprep_ends.py").write_text("print('hello')\nraise SystemExit(0)\n")
    info = tmp_path / "wanprep_ends-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wanprep-ends\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text("[wanprep]\nends = wanprep_ends\n")
    work = tmp_path / "work"
    work.mkdir()
    job = {"target": EVOLINK, "prompt": "She waves.", "references": [{"image": str(IMAGE)}]}
    (work / "job.json").write_text(json.dumps(job))
    monkeypatch.chdir(work)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("WANPREP_STATE_DIR", str(tmp_path / "state"))
    for cached in (installed, load_emulators):
        cached.cache_clear()
    yield work
    for cached in (installed, load_emulators):
        cached.cache_clear()


def write(folder: Path, plugin: str, target: object) -> None:
    (folder / f"wanprep_{plugin}/targets").mkdir(parents=True)
    (folder / f"wanprep_{plugin}/targets/a.json").write_text(json.dumps(target))


@pytest.mark.parametrize(
    ("arguments", "warnings"),
    [
        pytest.param(["check", IMAGE, "-t", EVOLINK], [UNREADABLE, TAKEN], id="check"),
        pytest.param(["targets"], [UNREADABLE, TAKEN, SLIP], id="targets"),
        pytest.param(["explain", "alpha-unsupported"], [UNREADABLE, TAKEN, SLIP], id="explain"),
        pytest.param(["compare", "job.json"], [UNREADABLE, TAKEN, SLIP], id="compare"),
        pytest.param(["submit", "job.json", "--dry-run", "--format", "json"],
                     [UNREADABLE, TAKEN], id="submit"),
    ],
)  # fmt: skip
def test_commands_go_on(wanprep: Command, arguments: list[Any], warnings: list[str]) -> None:
    result = wanprep(*arguments)

    assert result.status in {0, 1}, result.err
    lines = [line for line in result.err.splitlines() if "wanprep: warning: " in line]
    assert len(lines) == len(warnings)
    for warning in warnings:
        assert sum(warning in line for line in lines) == 1, warning
    assert result.out
    for word in ("warning: the plugin", "Another", "hello", "slip"):
        assert word not in result.out


@pytest.mark.parametrize(
    ("target", "message"),
    [("slip/a", SLIP), ("unreadable/a", UNREADABLE), ("another/a", TAKEN)],
    ids=["slip", "unreadable", "id taken"],
)
def test_naming_a_target_that_cannot_be_used(
    wanprep: Command, folder: Path, target: str, message: str
) -> None:
    result = wanprep("check", IMAGE, "-t", target)
    assert result.status == 2
    assert result.err.count(message) == 1
    check = f"`wanprep plugin check {target.partition('/')[0]}` lists its problems."
    assert check in result.err.splitlines()[-1]

    job = json.loads((folder / "job.json").read_text()) | {"target": target}
    (folder / "job.json").write_text(json.dumps(job))
    result = wanprep("check", "job.json", "--format", "json")
    assert result.status == 1
    [finding] = json.loads(result.out)["findings"]
    assert finding["rule"] == "target-unknown"
    assert check in finding["message"]
    assert message in finding["message"] + result.err


def test_doctor_lists_them(wanprep: Command) -> None:
    result = wanprep("doctor", "--format", "json")
    assert result.status == 1
    checks = json.loads(result.out)["checks"]
    problems = {each["name"]: each["says"] for each in checks if each["state"] == "trouble"}
    assert list(problems) == ["unreadable", "another", "slip", "ends"]
    for says, message in zip(problems.values(), [UNREADABLE, TAKEN, SLIP, ENDS], strict=True):
        assert message in says
    assert "warning" not in result.err


def test_plugins_are_listed(wanprep: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANPREP_DISABLE_PLUGINS", "oxen")
    result = wanprep("plugin", "list", "--format", "json")
    assert (result.status, result.err) == (0, "hello\n")
    plugins = {each["name"]: each for each in json.loads(result.out)["plugins"]}
    assert {name: each["state"] for name, each in plugins.items() if each["state"] != "ok"} == {
        "another": "broken", "ends": "broken", "oxen": "disabled", "slip": "broken",
        "unreadable": "broken",
    }  # fmt: skip
    assert plugins["evolink"]["distribution"] == "wanprep"
    assert plugins["evolink"]["offers"] == [
        "target evolink/seedance-2.0-reference-to-video", f"target {EVOLINK}", "provider evolink",
        "emulator of evolink",
    ]  # fmt: skip
    assert (plugins["ends"]["version"], plugins["oxen"]["seconds"]) == ("1.5", None)
    installed.cache_clear()
    lines = wanprep("plugin", "list").out.splitlines()
    assert "oxen: disabled (wanprep 0.1.0)" in lines
    assert f"  {ENDS}" in [line.partition(" Update")[0] for line in lines]


def test_one_target_is_checked(wanprep: Command, folder: Path) -> None:
    result = wanprep("plugin", "check", folder.parent / "wanprep_slip/targets/a.json")
    assert result.status == 1
    assert "a.json:1, roles.reference_image.properties.width.minimun: unknown key" in result.out
    result = wanprep("plugin", "check", ROOT / "src/wanprep/rules/targets/wan-2.7.json")
    assert (result.status, result.out.splitlines()[1:]) == (
        0,
        ["wan-2.7.json: 1 target, no problems"],
    )
    result = wanprep("plugin", "check", ROOT / "README.md")
    assert (result.status, "README.md is no target" in result.err) == (2, True)


def test_a_target_of_ones_own(wanprep: Command, folder: Path) -> None:
    own = json.loads((folder.parent / "wanprep_slip/targets/a.json").read_text())
    (folder / "own").mkdir()
    (folder / "own/a.json").write_text(json.dumps(own | {"id": "own/a"}, indent=1))
    (folder / "wanprep.toml").write_text('target-folders = ["own"]\n')
    for arguments in (["check", IMAGE, "-t", "own/a"], ["targets"], ["compare", "job.json"]):
        result = wanprep(*arguments)
        assert result.status == 2
        assert f", at {SLIP}" in result.err.rpartition("own/a.json, line ")[2]
    assert wanprep("check", IMAGE).status == 0
    assert f"at {SLIP}" in wanprep("doctor").out

    (folder / "own/a.json").write_text(json.dumps(own | {"id": EVOLINK}))
    result = wanprep("check", IMAGE)
    assert result.status == 2
    assert f"own/a.json, its id {EVOLINK} is already that of a target in" in result.err

    (folder / "wanprep.toml").write_text('target-folders = ["onw"]\n')
    result = wanprep("check", IMAGE)
    assert result.status == 2
    assert "onw: `target-folders` names it" in result.err
