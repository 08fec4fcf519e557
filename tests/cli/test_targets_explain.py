from __future__ import annotations

import json
import re
from collections.abc import Callable
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


def test_targets_are_listed_by_provider(capfd: pytest.CaptureFixture[str]) -> None:
    lines = output_of(capfd, "targets").splitlines()
    listed = [line.split() for line in lines if line.startswith(" ")]
    assert [name for name, *_ in listed] == list(TARGETS)
    assert lines[lines.index("RunComfy") + 2].endswith("Wan 2.7 reference to video (default)")

    rows = json.loads(output_of(capfd, "targets", "--format", "json"))
    assert [row["id"] for row in rows] == list(TARGETS)
    assert "runcomfy/wan-2-7-reference-to-video" in {row["id"] for row in rows if row["default"]}


@pytest.mark.parametrize(
    ("until", "says"),
    [
        ("2000-01-31", "retired: ended on 2000-01-31; use wan/2.7"),
        ("2999-12-31", "ends on 2999-12-31; use wan/2.7"),
    ],
)
def test_targets_that_end_are_marked(
    own_target: Callable[..., None], until: str, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    source = {"doc": "https://acme.example/docs", "says": "it ends", "checked": "2026-11-30",
              "confidence": "documented"}  # fmt: skip
    own_target(**{"until": until, "until_source": source, "replaced-by": "wan/2.7"})
    for arguments in (["targets"], ["targets", "acme"]):
        assert says in [line.strip() for line in output_of(capfd, *arguments).splitlines()]
    shown = json.loads(output_of(capfd, "targets", "acme", "--format", "json"))
    assert (shown["until"], shown["replaced_by"]) == (until, "wan/2.7")


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_a_table_of_one_screen(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    out = output_of(capfd, "targets", name)
    target = TARGETS[name]
    assert out.startswith(f"{name}: {target.title}\n")
    assert not [word for word in ("None", "*.", "{", "minimum", "maxItems", "False") if word in out]
    lines = out.splitlines()
    assert len(lines) <= 56
    assert (
        max(columns(each) for each in lines[1:] if "https://" not in each and " -v" not in each)
        <= 80
    )
    numbers = {int(number) for number in re.findall(r"\[(\d+)\]", out)}
    shown = [line for line in lines if line.strip().startswith("[") and "https://" in line]
    assert numbers == {*range(1, len(shown) + 1)}


@pytest.mark.parametrize("name", TARGETS)
def test_every_limit_is_listed_with_its_rule(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    out = output_of(capfd, "targets", name, "-v")
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


@pytest.mark.parametrize("name", TARGETS)
def test_json_has_every_limit(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(output_of(capfd, "targets", name, "--format", "json"))
    target = TARGETS[name]
    limits = {"job": shown["job"], "body": shown["body"]}
    limits |= {role: each["limits"] for role, each in shown["roles"].items()}
    for part, schema in {**target.roles, "job": target.job, "body": target.body}.items():
        expected = [(*bound.path, bound.keyword) for bound in bounds(schema)]
        paths = [(*filter(None, limit["path"].split(".")), keyword)
                 for limit in limits[part] for keyword in limit["bounds"]]  # fmt: skip
        assert [".".join(each) for each in paths] == [".".join(each) for each in expected]
    assert {*shown["parameters"]} == {*target.data["fields"]["parameters"]}
    assert [role for role, each in shown["roles"].items() if each["accepted"]] == [
        role for role in target.roles if target.has_role(role)
    ]


def test_limits_are_shown_in_their_units(capfd: pytest.CaptureFixture[str]) -> None:
    def rows(name: str) -> list[str]:
        return [
            re.sub("  +", " | ", line) for line in output_of(capfd, "targets", name).split("\n")
        ]

    shown = rows("evolink")
    for row in (
        "format | JPEG, PNG, BMP or WEBP | MP4 or MOV | WAV or MP3",
        "width, height | 240 to 8000 px | 240 to 4096 px",
        "aspect | 1:8 to 8:1 | 1:8 to 8:1",
        "bytes | at most 20 MB | at most 100 MB | at most 15 MB",
        "duration | 1 to 30 s | 1 to 10 s",
        "prompt | at most 5000 characters (warning)",
        "references | at least 1; at most 5",
        "resolution | 720p or 1080p | 720p",
        "duration | 2 to 15 s; 2 to 10 s with a reference video | 5",
        "The prompt names references as: Image 1, 图1",
        " | - aspect_ratio: with a first frame the ratio has no effect (warning)",
    ):
        assert row in shown
    shown = rows("runcomfy/wan-2-2-image-to-video")
    assert "width, height | more than 360 px and less than 2000 px" in shown
    assert "resolution | 480p or 1080p | 480p" in shown  # the provider's 480P
    assert "Not accepted: reference_video or voice" in shown


def test_rules_are_listed_with_their_titles(capfd: pytest.CaptureFixture[str]) -> None:
    lines = output_of(capfd, "explain").splitlines()
    assert [line.split()[0] for line in lines] == sorted(rules())
    assert all(rules()[line.split()[0]].title in line for line in lines)


@pytest.mark.untraced
def test_every_rule_is_explained(capfd: pytest.CaptureFixture[str]) -> None:
    for name, rule in rules().items():
        out = output_of(capfd, "explain", name)
        assert out.startswith(f"{name}: {rule.title}\n")
        flat = " ".join(out.split())
        assert f"Why: {rule.why}" in flat
        assert f"Fix by hand: {rule.by_hand}" in flat
        assert f"fixable {rule.fix or 'no'} since {rule.since}" in flat
        assert re.search("Before .* After ", flat)
        lines = [line for line in out.splitlines() if "https://" not in line]
        assert max(map(columns, lines)) <= 100, name
        assert not [word for word in ("None", "minimum", "maxItems", "*.") if word in out], name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("image-too-small", "severity error or warning targets "),
        (
            "image-too-small",
            "width, height: 240 to 8000 px (error) reference_image",
        ),
        ("image-too-small", "Before hero.jpg: width 200, height 180 After hero.jpg: width 1280"),
        ("prompt-too-long", "characters of the prompt: at most 5000 (error) job: "),
        (
            "prompt-ref-unbound",
            "Before prompt: Image 1 meets Image 3. references: - image: hero.jpg",
        ),
        ("parameter-unknown", "unknown fields are dropped silently"),
        ("location-metadata", "targets every target fixable `wanprep fix` can remove it."),
        ("asset-url-unsafe", "names of a local network passed as public URLs and failed later (e"),
        ("asset-url-unsafe", "files are given as public https URLs (error) runcomfy/"),
        ("voice-unsupported", "(warning) voice: "),
        (
            "callback-url-unsafe",
            "callback_url: at most 2048 (error) job: ",
        ),
        ("job-invalid", "severity error targets every target fixable no"),
        ("target-ended", "severity error targets none of those installed fixable no since"),
    ],
)
def test_a_rule_has_a_table_an_example_and_its_limits(
    name: str, shown: str, capfd: pytest.CaptureFixture[str]
) -> None:
    out = output_of(capfd, "explain", name)
    assert shown in " ".join(out.split())
    numbers = {int(number) for number in re.findall(r"\[(\d+)\]", out)}
    assert numbers == {*range(1, out.count("] https://") + 1)}


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


@pytest.fixture
def own_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that writes a target of the user's own, with some other keys."""
    monkeypatch.chdir(tmp_path)

    def write(**keys: object) -> None:
        names = {"id": "acme/video-1", "title": "Acme: Video 1"}
        (tmp_path / "targets").mkdir()
        text = json.dumps(dict(TARGETS["wan/2.7"].data) | names | keys)
        (tmp_path / "targets/video-1.json").write_text(text)
        (tmp_path / "wanprep.toml").write_text('target-folders = ["targets"]\n')

    return write


def test_a_configured_target_is_shown_too(
    own_target: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    own_target()
    assert "acme/video-1" in output_of(capfd, "targets")
    assert output_of(capfd, "targets", "acme/video-1").startswith("acme/video-1: Acme: Video 1\n")
    assert "acme/video-1 [" in output_of(capfd, "explain", "prompt-too-long")


def test_verbose_shows_notes_on_submitting(capfd: pytest.CaptureFixture[str]) -> None:
    output = " ".join(output_of(capfd, "targets", "wavespeed", "-v").split())
    assert "Submitting - No idempotency keys: a request whose response is lost" in output
    assert "- Results can be downloaded for 7 days." in output
    shown = json.loads(output_of(capfd, "targets", "evolink", "--format", "json"))
    assert "Idempotency keys (Idempotency-Key)" in shown["submitting"][0]
    assert "Submitting" not in output_of(capfd, "targets", "wan/2.7", "-v")
