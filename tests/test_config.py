from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from wanprep.cli import run
from wanprep.config import Config, find_config, read_config
from wanprep.errors import UsageError
from wanprep.schemas import load_schema


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "assets").mkdir()
    Image.new("RGB", (300, 300)).save(tmp_path / "assets/hero.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = run(["check", "--format", "json", *arguments])
    report: dict[str, Any] = json.loads(capfd.readouterr().out)
    return status, report


def test_the_nearest_one_is_found_upward(project: Path) -> None:
    assert find_config(project / "assets") == Config(project / "assets")

    (project / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert find_config(project / "assets").file is None
    (project / "pyproject.toml").write_text('[tool.wanprep]\ntargets = ["a/b"]\n')
    assert find_config(project / "assets").targets == ("a/b",)
    (project / "wanprep.toml").write_text('targets = ["c/d"]\n')
    assert find_config(project / "assets").targets == ("c/d",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("targts = []", "at /targts: unknown key; did you mean `targets`?", id="typo"),
        pytest.param(
            "color = 1", "at /color: unknown key; allowed keys: `targets`, ", id="foreign"
        ),
        pytest.param('targets = "a"', 'at /targets: found "a"; expected a list', id="no list"),
        pytest.param(
            "targets = [1]", "at /targets/0: found 1; expected a string", id="not strings"
        ),
        pytest.param("roles = []", "at /roles: found a list; expected a mapping", id="no table"),
        pytest.param(
            'roles = {"*" = "hero"}',
            "`roles`: there is no role 'hero'. Choose from: reference_image, re",
            id="no role",
        ),
        pytest.param(
            'ignore-in = {"*" = 1}', "at /ignore-in/*: found 1; expected a list", id="no rules"
        ),
        pytest.param(
            'fix = {croop = "pad"}', "at /fix/croop: unknown key; did you mean `crop`", id="in"
        ),
        pytest.param(
            'fix = {crop = "top"}',
            'at /fix/crop: found "top"; expected "smart", "center" or "pad"',
            id="choice",
        ),
        pytest.param('fix = {background = "red"}', "A colour as #rrggbb", id="no colour"),
        pytest.param(
            "submit = {ask-above = true}",
            "at /submit/ask-above: found true; expected a number",
            id="no sum",
        ),
        pytest.param(
            "hosts = {default = 1}",
            "at /hosts/default: found 1; expected a string",
            id="no address",
        ),
        pytest.param(
            "providers = {oxen = 1}",
            "at /providers/oxen: found 1; expected a mapping",
            id="no settings",
        ),
        pytest.param("ofline = true", "did you mean `offline`?", id="another typo"),
        pytest.param(
            "offline = 1", "at /offline: found 1; expected true or false", id="no yes or no"
        ),
        pytest.param(
            "baseline = []", "at /baseline: found a list; expected a string", id="no file"
        ),
        pytest.param(
            'severity = {codec-risky = "eror"}',
            'at /severity/codec-risky: found "eror"; expected "error", "warning" or "note"',
            id="no severity",
        ),
        pytest.param(
            'severity = {codec-risk = "error"}',
            "`severity`: there is no rule 'codec-risk'. Did you mean 'codec-risky'?",
            id="no rule",
        ),
        pytest.param(
            'severity = {job-invalid = "note"}',
            "`severity`: job-invalid is always an error",
            id="unshakeable",
        ),
        pytest.param(
            'ignore = ["codec-risk"]',
            "`ignore`: there is no rule 'codec-risk'",
            id="ignored",
        ),
        pytest.param(
            'ignore-in = {"old/*" = ["zzz"]}',
            "`ignore-in.old/*`: there is no rule 'zzz'. `wanprep explain` lists",
            id="ignored there",
        ),
        pytest.param("targets = [", "cannot be read: ", id="no TOML"),
        pytest.param("caf\xe9 = 1", "cannot be read: ", id="no UTF-8"),
    ],
)
def test_a_bad_one_is_wrong_use_and_says_what_is_intent(
    project: Path, text: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "wanprep.toml").write_bytes(text.encode("latin-1"))
    assert run(["check"]) == 2
    output = capfd.readouterr().err
    assert str(project / "wanprep.toml") in output
    assert message in output


def test_a_table_is_wanted(project: Path) -> None:
    with pytest.raises(UsageError, match="found a list; expected a mapping"):
        read_config(project / "pyproject.toml", ["targets"])


def test_targets_and_roles(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "wanprep.toml").write_text(
        'targets = ["runcomfy/wan-2-2-image-to-video"]\n[roles]\n"assets/*" = "first_frame"\n'
    )
    status, report = check(capfd)
    assert status == 1
    assert report["targets"] == ["runcomfy/wan-2-2-image-to-video"]

    _, report = check(capfd, "-t", "wan/2.7")
    assert report["targets"] == ["wan/2.7"]


def test_ignored_rules(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (100, 300)).save(project / "assets/small.png")
    assert check(capfd)[0] == 1

    (project / "wanprep.toml").write_text('ignore = ["image-too-small"]\n')
    status, report = check(capfd)
    assert (status, report["findings"]) == (0, [])
    assert [each["verdict"] for each in report["verdicts"]] == ["pass", "pass"]

    (project / "wanprep.toml").write_text('[ignore-in]\n"assets/s*" = ["image-too-small"]\n')
    assert check(capfd)[0] == 0
    (project / "wanprep.toml").write_text('[ignore-in]\n"other/*" = ["image-too-small"]\n')
    assert check(capfd)[0] == 1
    (project / "wanprep.toml").write_text('ignore = ["image-to-small"]\n')
    assert run(["check"]) == 2
    assert "Did you mean 'image-too-small'?" in capfd.readouterr().err


def test_a_target_is_one_json_file(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = {"doc": "https://acme.example/docs", "says": "at most 256 px", "checked": "2026-11-20"}
    bound = {
        "maximum": 256,
        "x-rule": "image-too-large",
        "x-severity": "error",
        "x-source": source | {"confidence": "documented"},
    }
    target = {
        "id": "acme/tiny-video",
        "title": "Acme: tiny video",
        "summary": "Small images only.",
        "docs": ["https://acme.example/docs"],
        "roles": {"reference_image": {"properties": {"width": bound, "height": bound}}},
    }
    (project / "assets/voice.wav").write_bytes(b"whatever it is")
    (project / "targets").mkdir()
    (project / "targets/tiny.json").write_text(json.dumps(target))
    (project / "wanprep.toml").write_text('target-folders = ["targets"]\n')

    status, report = check(capfd, "-t", "acme/tiny-video", "assets")

    assert status == 1
    finding, voice = report["findings"]
    assert finding["rule"] == "image-too-large"
    assert voice["rule"] == "voice-unsupported", "what a target does not speak of, it lacks"
    assert finding["message"].startswith("hero.png: 300x300 px; Acme requires at most 256 px")
    assert run(["targets"]) == 0
    assert "acme/tiny-video" in capfd.readouterr().out
    assert run(["targets", "acme/tiny-video"]) == 0
    assert "https://acme.example/docs" in capfd.readouterr().out


def test_severities_of_its_own(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (100, 300)).save(project / "assets/small.png")
    (project / "job.yaml").write_text(
        "target: evolink/wan2.7-reference-video\nprompt: character1 waves.\n"
        "references:\n  - image: assets/hero.png\n"
    )
    (project / "wanprep.toml").write_text(
        '[severity]\nimage-too-small = "note"\nprompt-ref-style = "error"\n'
    )
    status, report = check(capfd)
    assert status == 1
    assert {each["rule"]: each["severity"] for each in report["findings"]} == {
        "image-too-small": "note",
        "prompt-ref-style": "error",
    }
    assert {each["subject"]: each["verdict"] for each in report["verdicts"]} == {
        "assets/small.png": "pass",
        "job.yaml": "fail",
    }
    assert check(capfd, "assets", "--severity", "warning")[1]["findings"] == []


def test_offline(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    address = "https://example.invalid/hero.png"
    (project / "wanprep.toml").write_text("offline = true\n")
    status, report = check(capfd, address)
    assert (status, report["summary"]["unknown"]) == (0, 1)
    assert check(capfd, address, "--online")[0] == 1
    (project / "wanprep.toml").unlink()
    assert check(capfd, address)[0] == 1


def shown(capfd: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["config", "show", *arguments, "--format", "json"]) == 0
    output: dict[str, Any] = json.loads(capfd.readouterr().out)
    return output


SAID = """
ignore = ["location-metadata"]
offline = true
[roles]
"assets/*" = "first_frame"
[ignore-in]
"assets/**" = ["codec-risky"]
"other/**" = ["color-risky"]
[severity]
alpha-unsupported = "note"
"""


def test_what_applies_is_shown_with_its_origin(
    project: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "wanprep.toml"
    file.write_text(SAID)
    output = shown(capfd, "assets/hero.png")
    assert output["file"] == str(file)
    assert output["values"]["offline"] == {"value": True, "origin": str(file)}
    assert output["values"]["targets"] == {"value": ["wan/2.7"], "origin": "default"}
    assert list(output["values"]) == list(load_schema("config")["properties"])
    assert output["path"] == {
        "path": "assets/hero.png",
        "role": {"value": "first_frame", "origin": 'roles."assets/*"'},
        "ignored": [
            {"rule": "location-metadata", "origin": "ignore"},
            {"rule": "codec-risky", "origin": 'ignore-in."assets/**"'},
        ],
        "severity": [{"rule": "alpha-unsupported", "value": "note", "origin": "severity"}],
        "nearer": None,
    }
    monkeypatch.chdir(project / "assets")
    assert shown(capfd)["file"] == str(file), "found upward"
    assert shown(capfd, "hero.png")["path"]["role"]["value"] == "first_frame"


def test_what_applies_is_shown_for_people(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show", "assets/hero.png"]) == 0
    output = capfd.readouterr().out
    assert output.startswith(f"configuration: none: no wanprep.toml in {project} or above it\n")
    assert "  role: by its kind  (default)\n  ignored: no rule\n" in output

    (project / "wanprep.toml").write_text(SAID)
    (project / "assets/wanprep.toml").write_text("")
    assert run(["config", "show", "assets/hero.png"]) == 0
    output = capfd.readouterr().out
    assert f"configuration: {project}/wanprep.toml\n" in output
    assert f"offline         true  ({project}/wanprep.toml)\n" in output
    assert "  severity: alpha-unsupported note  (severity)\n" in output
    nearer = f"{project}/assets/wanprep.toml"
    assert f"{nearer} is nearer to it, but applies only in its own folder:\n" in output


def test_every_value_that_may_be_said_is_read(project: Path) -> None:
    """A key of the schema that is never read would have no effect."""
    assert project.is_dir()
    names = {name.replace("-", "_") for name in load_schema("config")["properties"]}
    assert names <= {field.name for field in fields(Config)}
