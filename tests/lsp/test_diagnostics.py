"""Findings of jobs that are not saved, at the right places, and of their last version only."""

from __future__ import annotations

from pathlib import Path

import pytest
from language_client import Editor, wait_until, written
from lsprotocol import types
from PIL import Image

pytest_plugins = ["language_client_fixtures"]

TARGET = "target: evolink/wan2.7-reference-video\n"
REFERENCES = "references:\n  - image: refs/hero.png\n"
GOOD = f"{TARGET}prompt: A walk in the rain.\n{REFERENCES}"


def found(diagnostics: list[types.Diagnostic]) -> list[str]:
    """Write each diagnostic as severity, rule and range."""
    return [
        f"{each.severity.name if each.severity else ''} {each.code} {written(each.range)}"
        for each in diagnostics
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param("good.yaml", GOOD, [], id="nothing wrong"),
        pytest.param(
            "size.yaml", GOOD.replace("hero", "tiny"), ["Error image-too-small 3:11-3:24"],
            id="a file",
        ),
        pytest.param(
            "missing.yaml", GOOD.replace("hero", "heron"), ["Error asset-missing 3:11-3:25"],
            id="no file",
        ),
        pytest.param(
            "units.yaml", TARGET + "prompt: 🎬🎬 雨の中 Image 4 runs.\n" + REFERENCES,
            ["Error prompt-ref-unbound 1:17-1:24"], id="emoji and CJK",
        ),
        pytest.param(
            "job.json",
            '{"target": "wan/2.7", "prompt": "a\u2028🎬 Image 7",\n"first_frame": "x.png"}',
            ["Error references-missing 0:0-0:47", "Error prompt-ref-unbound 0:38-0:45",
             "Error asset-missing 1:15-1:22"],
            id="JSON, and a separator that ends no line",
        ),
        pytest.param(
            "broken.yaml", GOOD + 'parameters: {duration: "5\n', ["Error job-invalid 4:23-4:24"],
            id="broken YAML",
        ),
        pytest.param(
            "unknown.yaml", TARGET + "promt: Rain.\n" + REFERENCES,
            ["Error job-invalid 1:0-1:5"], id="a misspelt key",
        ),
        pytest.param(
            "url.yaml", GOOD.replace("refs/hero.png", "https://example.com/hero.png"), [],
            id="a URL is not asked for",
        ),
        pytest.param("notes.yaml", "title: Rain\nname: Image 9\n", [], id="no job"),
        pytest.param("job.txt", GOOD.replace("hero", "heron"), [], id="no job by its name"),
        pytest.param(
            "untitled:Untitled-1", GOOD.replace("hero", "heron"),
            ["Error asset-missing 3:11-3:25"], id="never saved",
        ),
        pytest.param(
            "file:///C%3A/jobs/job.yaml", GOOD, ["Error asset-missing 3:11-3:24"], id="Windows",
        ),
        pytest.param(
            "ignored.yaml", GOOD.replace("hero.png", "tiny.png # wanprep: ignore[image-too-small]"),
            [], id="ignored",
        ),
        pytest.param(
            "huge.yaml", GOOD + "# 雨\n" * 250_000, ["Error job-invalid 0:0-0:38"], id="huge",
        ),
        pytest.param(
            "two.yaml", f"{GOOD}---\n{GOOD.replace('hero', 'tiny')}",
            ["Error image-too-small 8:11-8:24"], id="the second of two jobs",
        ),
    ],
)  # fmt: skip
def test_findings_and_their_places(
    editor: Editor, name: str, text: str, expected: list[str]
) -> None:
    language = "json" if name.endswith("json") else "yaml"

    assert found(editor.check(name, text, language)) == expected
    editor.close(name)


def test_a_finding_leads_to_its_rule_and_to_its_file(editor: Editor) -> None:
    [size] = editor.check("links.yaml", GOOD.replace("hero", "tiny"))

    assert size.code_description
    assert size.code_description.href.endswith("/rules/#image-too-small")
    assert "100x90 px" in size.message
    assert size.related_information
    assert size.related_information[0].location.uri == editor.uri("refs/tiny.png")


def test_of_several_targets_each_finding_leads_to_its_own(editor: Editor) -> None:
    targets = "[evolink/wan2.7-reference-video, wavespeed/wan-2.7-reference-to-video]"
    text = GOOD.replace("hero", "tiny").replace(TARGET.split()[1], targets)

    found = [each for each in editor.check("targets.yaml", text) if each.code == "image-too-small"]

    related = [each.related_information or [] for each in found]
    assert [(each[-1].message, written(each[-1].location.range)) for each in related] == [
        ("for evolink/wan2.7-reference-video", "0:9-0:39"),
        ("for wavespeed/wan-2.7-reference-to-video", "0:41-0:77"),
    ]


def test_what_cannot_be_read_is_unknown(editor: Editor, folder: Path) -> None:
    (folder / "refs/loop.png").symlink_to("loop.png")

    diagnostics = editor.check("loop.yaml", GOOD.replace("hero", "loop"))

    assert found(diagnostics) == ["Hint asset-unreadable 3:11-3:24"]


def test_of_200_rapid_changes_the_last_counts(editor: Editor) -> None:
    text = GOOD.replace("A walk", "🎬")
    editor.check("rapid.yaml", text)
    before = len(editor.published)

    for number in range(199):  # typed one after the other, behind an emoji
        version = editor.change(
            "rapid.yaml", "Image 4 ."[number % 9], f"1:{10 + number}-1:{10 + number}"
        )
    version = editor.change("rapid.yaml", "", "1:18-1:209")

    assert found(editor.diagnostics("rapid.yaml", version)) == [
        "Error prompt-ref-unbound 1:10-1:17"
    ]
    versions = [each.version or 0 for each in editor.published[before:]]
    assert versions == sorted(versions)
    assert len(versions) < 100


def test_files_are_probed_again_when_they_change(editor: Editor, folder: Path) -> None:
    wait_until(lambda: types.WORKSPACE_DID_CHANGE_WATCHED_FILES in editor.registered)
    path, job = folder / "refs/new.png", GOOD.replace("hero", "new")

    def next_findings() -> list[str]:
        before = len(editor.published)
        editor.files_changed(path)
        return found(editor.diagnostics("watched.yaml", after=before))

    assert found(editor.check("watched.yaml", job)) == ["Error asset-missing 3:11-3:23"]
    Image.new("RGB", (64, 64)).save(path)
    assert next_findings() == ["Error image-too-small 3:11-3:23"]
    Image.new("RGB", (640, 480)).save(path)
    assert next_findings() == []
    path.unlink()
    assert next_findings() == ["Error asset-missing 3:11-3:23"]
    editor.close("watched.yaml")
    wait_until(lambda: editor.published[-1].version is None)
    assert not editor.published[-1].diagnostics


def test_the_configuration_counts_and_is_read_again(editor: Editor, folder: Path) -> None:
    place = folder / "set"
    place.mkdir()
    config, text = place / "wanprep.toml", GOOD.replace("refs/hero", "../refs/tiny")

    def findings_with(toml: str) -> list[types.Diagnostic]:
        before = len(editor.published)
        config.write_text(toml)
        editor.files_changed(config)
        return editor.diagnostics("set/job.yaml", after=before)

    assert found(editor.check("set/job.yaml", text)) == ["Error image-too-small 3:11-3:27"]
    assert findings_with('ignore = ["image-too-small"]') == []
    weighed = findings_with('severity = { image-too-small = "note" }')
    assert found(weighed) == ["Information image-too-small 3:11-3:27"]
    assert findings_with('exclude = ["job.*"]') == []
    (place / ".gitignore").write_text("/*.yaml")
    assert findings_with("") == []
    (place / ".gitignore").write_text("/*.yml")
    assert found(findings_with("")) == ["Error image-too-small 3:11-3:27"]
    [broken] = findings_with("ignore = [")
    assert "wanprep.toml cannot be read" in broken.message
    config.unlink()
