"""Findings, `fix --plan` and its exit status, and `compare` say what fix really does."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from PIL import Image
from processes import wanprep_without_privileges
from submitting import EVOLINK, RUNCOMFY

if TYPE_CHECKING:
    from commands import Command

# Every command is covered by its own tests; these compare what commands say of many files.
pytestmark = pytest.mark.untraced

JOBS: Final = Path(__file__).parents[2] / "fixtures/jobs"
MEDIA: Final = JOBS / "media"
SMALL: Final = "runcomfy/wan-2-2-image-to-video"
# Of each kind of fix, of what none can help, and of what only a decision helps.
BAD: Final = """
    bad-images body-evolink-voices body-wrong-types broken-files comments latin-1 misspelt-keys
    missing-files several-targets six-references styles-english unknown-parameters
    unknown-target-of-two unused voice-and-first-frame-runcomfy
""".split()
INVALID: Final = """\
target: evolink/wan2.7-reference-video
prompt: "@Image1 waits."
references: [{image: %s}]
parameters: {sed: -4, duration: "5", resolution: 1079p}
"""


def found(wanprep: Command, *arguments: str | Path) -> list[dict[str, Any]]:
    """Check, and test that messages and JSON announce the same."""
    report = json.loads(wanprep("check", "--offline", "--format", "json", *arguments).out)
    for each in report["findings"]:
        assert each["message"].endswith(f"Fix: `{each['fix']}`.") is bool(each["fix"]), each
        assert each["fixable"] is (each["fix"] == "wanprep fix"), each
    findings: list[dict[str, Any]] = report["findings"]
    return findings


def count(findings: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter((each["rule"], each["target"]) for each in findings)


def check_agreement(wanprep: Command, path: Path, out: Path, options: tuple[str, ...]) -> None:
    """Fix with and without a yes, and check the results."""
    before = found(wanprep, path, *options)
    for extra in ((), ("--yes",)):
        cleared = [each for each in before if each["fixable"] or (extra and each["fix"])]
        results = out / "".join(("out", *extra))
        arguments = ("fix", path, "--offline", *options, *extra)

        planned = wanprep(*arguments, "--plan")
        done = wanprep(*arguments, "--out", results)

        assert planned.status == done.status, planned.out + done.out
        written = [each for each in results.rglob(f"{path.stem}*") if each.is_file()] or [path]
        after = chain.from_iterable(found(wanprep, each, *options) for each in written)
        assert count(before) - count(cleared) == count([*after])


@pytest.mark.parametrize("name", BAD)
def test_jobs(wanprep: Command, tmp_path: Path, name: str) -> None:
    check_agreement(wanprep, JOBS / f"bad/{name}.yaml", tmp_path, ())


def test_a_key_whose_value_is_wrong_too(wanprep: Command, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(INVALID % (MEDIA / "hero.jpg"))
    by_rule = {each["pointer"]: each["fix"] for each in found(wanprep, tmp_path / "job.yaml")}
    assert by_rule == {
        "/prompt": "wanprep fix",
        "/parameters/sed": "wanprep fix",  # it becomes `seed`, which cannot be -4 either
        "/parameters/duration": "wanprep fix",
        "/parameters/resolution": "wanprep fix --yes",
    }
    job = tmp_path / "job.yaml"
    statuses = [wanprep("fix", job, *how).status for how in (["--plan"], ["--out", tmp_path / "a"])]
    assert statuses == [1, 1]
    done = wanprep("fix", job, "--out", tmp_path / "b", "--yes")
    assert "leave out `seed`: -4 is not allowed" in done.out
    assert done.status == wanprep("fix", job, "--plan", "--yes").status == 0


def test_media_that_the_job_no_longer_names(wanprep: Command, tmp_path: Path) -> None:
    names = ["hero.jpg"] * 5 + ["cut.png"]
    references = "".join(f"  - image: {MEDIA / name}\n" for name in names)
    named = ", ".join(f"Image {at}" for at in range(1, 6))
    job = tmp_path / "job.yaml"
    job.write_text(f"target: {EVOLINK}\nprompt: {named} dance.\nreferences:\n{references}")
    fixes = {each["rule"]: each["fix"] for each in found(wanprep, job)}
    assert fixes["asset-unreadable"] == "wanprep fix --yes", fixes
    check_agreement(wanprep, job, tmp_path, ())


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        pytest.param("https://10.0.0.7/a.png", "asset-url-unsafe", id="URL"),
        pytest.param("missing.png", "asset-missing", id="file"),
    ],
)
def test_media_that_the_job_names_elsewhere(
    wanprep: Command, tmp_path: Path, image: str, rule: str
) -> None:
    job = tmp_path / "job.yaml"
    body = f"{{prompt: She dances., resolution: 480P, img_url: [{image}], duration: 5}}"
    job.write_text(f"target: {SMALL}\nbody: {body}\n")
    fixes = {each["rule"]: each["fix"] for each in found(wanprep, job)}
    assert fixes == {"parameter-invalid": "wanprep fix", rule: ""}
    check_agreement(wanprep, job, tmp_path, ())


@pytest.mark.parametrize(
    ("taken", "says"),
    [
        pytest.param("tiny.jpg", "tiny.jpg already exists", id="a result"),
        pytest.param("hero.jpg", "hero.jpg already exists", id="a copy"),
        pytest.param("job.yaml", "job.yaml already exists", id="a job"),
        pytest.param("refs", "cannot be written", id="a file instead of a folder"),
        pytest.param("wanprep-receipt.json", "not a receipt", id="the receipt"),
        pytest.param("hero.jpg=", "", id="the same copy"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_is_in_the_way(wanprep: Command, tmp_path: Path, taken: str, says: str) -> None:
    """A plan finds what the run would find: someone else's file in the place of a result."""
    job, out = tmp_path / "in", tmp_path / "out"
    (job / "refs").mkdir(parents=True)
    for name in ("hero.jpg", "refs/banner.png", "tiny.jpg"):
        shutil.copy(MEDIA / Path(name).name, job / name)
    images = "{image: hero.jpg}, {image: refs/banner.png}, {image: tiny.jpg}"
    prompt = "Image 1, Image 2 and Image 3 dance."
    (job / "job.yaml").write_text(
        f"target: {EVOLINK}\nprompt: {prompt}\nreferences: [{images}]\n"
        'parameters: {duration: "5"}\n'
    )
    out.mkdir()
    if taken.endswith("="):
        shutil.copy(job / taken[:-1], out)
    elif taken:
        (out / taken).write_text("theirs")
    arguments = ("fix", job / "job.yaml", "--out", out, "--crop", "pad")

    planned = wanprep(*arguments, "--plan")
    assert {each.name for each in out.iterdir()} == {taken.removesuffix("=")} - {""}
    data = wanprep(*arguments, "--plan", "--format", "json")
    done = wanprep(*arguments)

    status = 2 if "receipt" in taken else bool(says)
    assert [planned.status, data.status, done.status] == [status] * 3
    shown = [
        " ".join((each.out + each.err).split()) for each in (planned, done)
    ]  # lines are wrapped
    assert [says in each for each in shown] == [True, True]
    assert "already exists" in data.out or "already exists" not in says


@pytest.mark.parametrize(
    ("source", "how"),
    [
        pytest.param("tiny.jpg", ["--out", "shut/out"], id="out"),
        pytest.param("shut/tiny.jpg", ["--in-place"], id="in place"),
    ],
)
def test_a_folder_that_may_not_be_written(tmp_path: Path, source: str, how: list[str]) -> None:
    (tmp_path / "shut").mkdir()
    shutil.copy(MEDIA / "tiny.jpg", tmp_path / source)
    (tmp_path / "shut").chmod(0o500)
    done = [wanprep_without_privileges("fix", source, *how, *plan, cwd=tmp_path)
            for plan in (["--plan"], [])]  # fmt: skip
    assert [each.returncode for each in done] == [2, 2] if "--out" in how else [1, 1]
    assert all("permission denied" in each.stdout + each.stderr for each in done)


@pytest.mark.parametrize(
    ("name", "role", "target"),
    [
        pytest.param("voice.mp3", "reference_image", EVOLINK, id="audio as an image"),
        pytest.param("voice.wav", "reference_video", EVOLINK, id="audio as a video"),
        pytest.param("hero.jpg", "voice", EVOLINK, id="an image as a voice"),
        pytest.param("cut.png", "reference_image", EVOLINK, id="damaged"),
        pytest.param("pointer.png", "reference_image", EVOLINK, id="not fetched"),
        pytest.param("banner.png", "reference_image", EVOLINK, id="an error that asks"),
        pytest.param("banner.png", "reference_image", RUNCOMFY, id="a warning that asks"),
        pytest.param("blink.mp4", "reference_video", EVOLINK, id="too short"),
        pytest.param("endless.mp4", "reference_video", EVOLINK, id="too long"),
        pytest.param("endless.mp4", "reference_video", SMALL, id="no role"),
        pytest.param("still.gif", "reference_image", EVOLINK, id="another format"),
        pytest.param("really-a-jpeg.png", "reference_image", SMALL, id="another name"),
    ],
)
def test_media(wanprep: Command, tmp_path: Path, name: str, role: str, target: str) -> None:
    options = ("-t", target, "--role", role)
    check_agreement(wanprep, MEDIA / name, tmp_path, options)


def test_both_decisions_are_named(wanprep: Command, tmp_path: Path) -> None:
    Image.new("RGBA", (3000, 300)).save(tmp_path / "banner.png")
    found_fixes = {each["rule"]: each["fix"] for each in found(wanprep, tmp_path / "banner.png")}
    # Without the decision nothing is written: the alpha channel stays as well.
    assert found_fixes == dict.fromkeys(
        ("alpha-unsupported", "aspect-out-of-range"), "wanprep fix --crop smart"
    )


@pytest.mark.parametrize(
    ("name", "verdict", "says"),
    [
        pytest.param("voice.mp3", "impossible", "an audio file", id="audio as an image"),
        pytest.param("cut.png", "impossible", "cannot be used", id="damaged"),
        pytest.param("still.gif", "fixable", "convert GIF to PNG", id="another format"),
    ],
)
def test_compare(wanprep: Command, tmp_path: Path, name: str, verdict: str, says: str) -> None:
    job = tmp_path / "job.yaml"
    job.write_text(f"prompt: She waits.\nreferences: [{{image: {MEDIA / name}}}]\n")
    for target in (EVOLINK, SMALL):
        [table] = json.loads(wanprep("compare", job, "-t", target, "--format", "json").out)
        [row] = table["targets"]
        assert (row["verdict"], says in str(row)) == (verdict, True), row
        assert "Fix: " not in str(row)
        done = wanprep("fix", job, "-t", target, "--out", tmp_path / f"{target}", "--yes")
        assert done.status == (0 if verdict == "fixable" else 1)
