from __future__ import annotations

import json
from pathlib import Path

import pytest

from wanprep.cli import run
from wanprep.rules.bounds import bounds
from wanprep.rules.finding import rules
from wanprep.rules.target import all_targets
from wanprep.text import columns

TARGETS = all_targets()


def output_of(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(list(arguments)) == 0
    out, err = capfd.readouterr()
    assert err == ""
    return out


def test_targets_are_listed_with_their_titles(capfd: pytest.CaptureFixture[str]) -> None:
    lines = output_of(capfd, "targets").splitlines()
    assert [line.split()[0] for line in lines] == list(TARGETS)
    assert lines == sorted(lines)
    assert "EvoLink: Wan 2.7 reference video" in lines[1]


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_a_readable_table(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    out = output_of(capfd, "targets", name)
    target = TARGETS[name]
    assert out.startswith(f"{name}\n{target.title}\n")
    for schema in (*target.roles.values(), target.job, target.body):
        for bound in bounds(schema):
            assert bound.rule in out
            assert bound.source["doc"] in out
    assert not [word for word in ("None", "*.", "{", "minimum", "maxItems", "False") if word in out]
    assert max(columns(line) for line in out.splitlines() if "https://" not in line) <= 80
    flat = " ".join(out.split())
    assert all(note in flat for note in target.unchecked)


def test_limits_are_shown_in_their_units(capfd: pytest.CaptureFixture[str]) -> None:
    lines = [line.strip() for line in output_of(capfd, "targets", "wan/2.7").splitlines()]
    for line in (
        "kind: image",
        "format: JPEG, PNG, BMP or WEBP",
        "width: 240 to 8000 px",
        "aspect: 1:8 to 8:1",
        "bytes: at most 20 MB",
        "duration: 1 to 30 s",
        "characters of the prompt: at most 5000",
        "references: at most 5",
        "resolution: 720p or 1080p",
        "watermark: true or false",
    ):
        assert line in lines
    lines = [
        line.strip()
        for line in output_of(capfd, "targets", "runcomfy/wan-2-2-image-to-video").splitlines()
    ]
    assert "width: more than 360 px and less than 2000 px" in lines
    assert "template: squish, flying or carousel" in lines
    assert "voices: none" in lines


def test_rules_are_listed_with_their_titles(capfd: pytest.CaptureFixture[str]) -> None:
    lines = output_of(capfd, "explain").splitlines()
    assert [line.split()[0] for line in lines] == sorted(rules())
    assert all(rules()[line.split()[0]].title in line for line in lines)


@pytest.mark.no_cover
def test_every_rule_is_explained(capfd: pytest.CaptureFixture[str]) -> None:
    for name, rule in rules().items():
        out = output_of(capfd, "explain", name)
        assert out.startswith(f"{name}: {rule.title}\n")
        flat = " ".join(out.split())
        assert f"Why: {rule.why}" in flat
        assert f"Fix by hand: {rule.by_hand}" in flat
        assert max(map(columns, out.splitlines())) <= 80, name
        assert not [word for word in ("None", "minimum", "maxItems", "*.") if word in out], name


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "image-too-small",
            "evolink/wan2.7-reference-video, reference_image: width: 240 to 8000 px (error)",
        ),
        ("prompt-too-long", "wan/2.7, job: characters of the prompt: at most 5000 (error)"),
        (
            "parameter-unknown",
            "wavespeed/wan-2.7-reference-to-video: unknown fields are dropped silently",
        ),
        ("prompt-ref-style", "oxen/wan-v2-7-reference-to-video: references are written Image 1"),
        ("location-metadata", "every target: the place where an image was taken"),
        ("asset-url-unsafe", "runcomfy/wan-2-7-reference-to-video: files are given as public"),
        ("voice-unsupported", "runcomfy/wan-2-2-image-to-video, voice: any file (warning)"),
        ("callback-url-unsafe", "evolink/wan2.7-reference-video, job: callback_url: at most 2048"),
    ],
)
def test_where_a_rule_holds(name: str, line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert line in " ".join(output_of(capfd, "explain", name).split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["targets", "evolink/wan"],
            "there is no target 'evolink/wan'. Did you mean 'evolink/wan2.7",
        ),
        (["explain", "image-to-small"], "there is no rule 'image-to-small'. Did you mean"),
        (["explain", "zzz"], "`wanprep explain` lists them"),
    ],
)
def test_usage_errors(arguments: list[str], says: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert says in err


def test_a_configured_target_is_shown_too(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dict(TARGETS["wan/2.7"].data) | {"id": "acme/video-1", "title": "Acme: Video 1"}
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets/video-1.json").write_text(json.dumps(data))
    (tmp_path / "wanprep.toml").write_text('target-folders = ["targets"]\n')
    monkeypatch.chdir(tmp_path)

    assert "acme/video-1" in output_of(capfd, "targets")
    assert output_of(capfd, "targets", "acme/video-1").startswith("acme/video-1\nAcme: Video 1\n")
    assert "acme/video-1, job: " in output_of(capfd, "explain", "prompt-too-long")


def test_a_target_shows_notes_on_submitting(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["targets", "wavespeed/wan-2.7-reference-to-video"]) == 0
    output = " ".join(capfd.readouterr().out.split())
    assert "Submitting - No idempotency keys: a request whose response is lost" in output
    assert "- Results can be downloaded for 7 days." in output

    assert run(["targets", "evolink/wan2.7-reference-video"]) == 0
    assert "Idempotency keys (Idempotency-Key)" in capfd.readouterr().out
    assert run(["targets", "wan/2.7"]) == 0
    assert "Submitting" not in capfd.readouterr().out
