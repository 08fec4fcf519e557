from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator
from PIL import Image
from referencing import Registry, Resource
from terminals import AtTerminal

from wanprep import check
from wanprep.cli import run
from wanprep.schemas import load_schema

EVOLINK = "evolink/wan2.7-reference-video"
JOB = f"""\
# two dancers
target: {EVOLINK}
prompt: "@Image1 walks while Image 2 waits"   # tokens
references:
  - image: refs/hero.tiff   # from the scanner
  - image: refs/fine.png
parameters: {{resolution: 1080P, duration: "5"}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    refs = tmp_path / "job/refs"
    refs.mkdir(parents=True)
    image = Image.effect_mandelbrot((320, 260), (-2, -1.5, 1, 1.5), 60).convert("RGB")
    image.save(refs / "hero.tiff")
    image.save(refs / "fine.png")
    (tmp_path / "job/job.yaml").write_text(JOB)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sums(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def read_receipt(path: Path) -> dict[str, Any]:
    output: dict[str, Any] = json.loads(path.read_text())
    names = ("facts.schema.json", "receipt.schema.json")
    schemas = {name: load_schema(name.partition(".")[0]) for name in names}
    registry: Registry[Any] = Registry().with_resources(
        [(f"https://wanprep.dev/schemas/{name}", Resource.from_contents(schema))
         for name, schema in schemas.items()]
    )  # fmt: skip
    validator = Draft202012Validator(schemas["receipt.schema.json"], registry=registry)
    assert list(validator.iter_errors(output)) == []
    return output


def test_a_job_and_its_media(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = sums(project / "job")
    assert run(["fix", "job/job.yaml", "--out", "ready"]) == 0
    output = capfd.readouterr()

    assert sums(project / "job") == before  # originals are untouched
    assert "hero.tiff -> ready/refs/hero.png\n  fixed[format-unsupported] convert" in output.out
    assert "1 file fixed, 1 unchanged; 1 job file changed" in output.out
    assert output.err == "receipt: ready/wanprep-receipt.json\n"
    after = sums(project / "ready")
    assert after["refs/fine.png"] == before["refs/fine.png"]  # bit for bit
    text = (project / "ready/job.yaml").read_text()
    assert text == JOB.replace("hero.tiff", "hero.png").replace("@Image1", "Image 1").replace(
        "1080P", "1080p"
    ).replace('"5"', "5")
    assert check("ready/job.yaml").clean
    with Image.open("ready/refs/hero.png") as result, Image.open("job/refs/hero.tiff") as source:
        assert result.tobytes() == source.tobytes()

    receipt = read_receipt(project / "ready/wanprep-receipt.json")
    hero, fine = receipt["assets"]
    assert (hero["outcome"], fine["outcome"]) == ("mended", "kept")
    assert hero["sha256"] == {"before": before["refs/hero.tiff"], "after": after["refs/hero.png"]}
    assert [each["rule"] for each in hero["findings"]["before"]] == ["format-unsupported"]
    assert hero["findings"]["after"] == []
    assert hero["facts"]["before"]["format"] == "tiff"
    assert hero["facts"]["after"]["format"] == "png"
    assert hero["likeness"]["ssim"] > 0.999
    assert "Pillow" in hero["tools"]
    assert {change["pointer"] for change in receipt["jobs"][0]["changes"]} >= {"/prompt"}


def test_what_is_fixed_stays_as_it_is(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", "job/job.yaml", "--out", "ready"]) == 0
    assert run(["fix", "ready/job.yaml", "--out", "again"]) == 0
    assert "0 files fixed, 2 unchanged; 0 job files changed" in capfd.readouterr().out
    first, second = sums(project / "ready"), sums(project / "again")
    del first["wanprep-receipt.json"], second["wanprep-receipt.json"]
    assert first == second

    assert run(["fix", "job", "--out", "ready"]) == 0  # its own results may be written over
    (project / "ready/refs/hero.png").write_bytes(b"changed by hand")
    assert run(["fix", "job", "--out", "ready"]) == 0
    assert (project / "ready/refs/hero.png").read_bytes() == b"changed by hand"
    assert (project / "ready/refs/hero-tiff.png").exists()


def test_a_plan_does_nothing(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = sums(project)
    assert run(["fix", "job", "--plan"]) == 0
    output = capfd.readouterr().out
    assert "hero.tiff -> job/refs/hero.png\n  error[format-unsupported] TIFF; EvoLink" in output
    assert "\n  safe: convert TIFF to PNG\n" in output
    assert "format: tiff -> png" not in output
    assert "fine.png" not in output
    assert output.endswith(
        "\n1 file would be fixed, 1 unchanged; 1 job file would change\n"
        "nothing was changed: this is a plan\n"
    )
    assert run(["fix", "job", "--plan", "-v"]) == 0
    assert "\n    format: tiff -> png\n" in capfd.readouterr().out

    assert run(["fix", "job", "--plan", "--format", "json", "--out", "ready"]) == 0
    plan = json.loads(capfd.readouterr().out)
    assert [each["outcome"] for each in plan["assets"]] == ["mended", "kept"]
    assert plan["assets"][0]["result"] == "ready/refs/hero.png"
    assert "+  - image: refs/hero.png   # from the scanner" in plan["jobs"][0]["diff"]
    assert sums(project) == before


@pytest.mark.untraced
def test_a_diff_alone_does_nothing(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = sums(project)
    assert run(["fix", "job/job.yaml", "--diff"]) == 0
    output = capfd.readouterr().out
    assert output.startswith("--- a/job/job.yaml\n+++ b/job/job.yaml\n")
    assert '-prompt: "@Image1 walks while Image 2 waits"   # tokens\n' in output
    assert '+prompt: "Image 1 walks while Image 2 waits"   # tokens\n' in output
    assert sums(project) == before

    assert run(["fix", "job/job.yaml", "--diff", "--out", "ready"]) == 0
    assert output in capfd.readouterr().out
    assert (project / "ready/job.yaml").exists()


def test_in_place(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hero, job = project / "job/refs/hero.tiff", project / "job/job.yaml"
    hero.chmod(0o640)
    job.chmod(0o600)
    assert run(["fix", "job", "--in-place"]) == 0
    assert not hero.exists()  # it has another name now
    result = project / "job/refs/hero.png"
    assert stat.S_IMODE(result.stat().st_mode) == 0o640
    assert stat.S_IMODE(job.stat().st_mode) == 0o600
    assert "image: refs/hero.png   # from the scanner" in job.read_text()
    assert capfd.readouterr().err == ""
    assert sorted(sums(project)) == ["job/job.yaml", "job/refs/fine.png", "job/refs/hero.png"]

    times = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    assert run(["fix", "job", "--in-place", "--receipt", "proof.json"]) == 0
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert read_receipt(project / "proof.json")["assets"][0]["outcome"] == "kept"


def test_a_link_is_followed_in_place(project: Path) -> None:
    real = project / "store/image.png"
    real.parent.mkdir()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(real)
    link = project / "link.png"
    link.symlink_to(real)
    assert run(["fix", "link.png", "--in-place"]) == 0
    assert link.is_symlink()
    with Image.open(real) as fixed:
        assert (fixed.mode, fixed.getpixel((0, 0))) == ("RGB", (255, 255, 255))


def test_without_a_terminal_nothing_is_asked(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (3000, 300)).save("banner.png")
    assert run(["fix", "banner.png", "--out", "ready"]) == 1
    output = capfd.readouterr().out
    assert "banner.png: not fixed\n" in output
    assert "pass --crop pad, smart or center" in " ".join(output.split())
    assert not (project / "ready/banner.png").exists()

    assert run(["fix", "banner.png", "--out", "ready", "--crop", "center"]) == 0
    with Image.open("ready/banner.png") as fixed:
        assert fixed.size == (2400, 300)
    assert run(["fix", "banner.png", "--out", "padded", "--yes", "--background", "Red"]) == 0
    with Image.open("padded/banner.png") as fixed:
        assert (fixed.size, fixed.getpixel((5, 5))) == ((3000, 375), (255, 0, 0))


def test_a_quiet_fix_prints_only_what_remains(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (300, 300)).save("fine.png")
    assert run(["fix", "-q", "job/job.yaml", "fine.png", "--out", "ready"]) == 0
    assert capfd.readouterr() == ("", "")
    Image.new("RGB", (3000, 300)).save("banner.png")
    assert run(["fix", "job/job.yaml", "banner.png", "--out", "other", "-q"]) == 1
    output = capfd.readouterr()
    assert output.out.startswith("banner.png: not fixed\n")
    assert (output.out.count("\n"), output.err) == (3, "")
    assert (project / "other/job/job.yaml").exists()


def test_defaults_from_the_configuration(project: Path) -> None:
    Image.new("RGB", (3000, 300)).save("banner.png")
    (project / "wanprep.toml").write_text('[fix]\ncrop = "pad"\nbackground = "#00ff00"\n')
    assert run(["fix", "banner.png", "--out", "ready"]) == 0
    with Image.open("ready/banner.png") as fixed:
        assert fixed.getpixel((5, 5)) == (0, 255, 0)


def test_what_cannot_be_fixed_says_why(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "broken.png").write_bytes((project / "job/refs/fine.png").read_bytes()[:-500])
    (project / "empty.mp4").touch()
    assert run(["fix", "broken.png", "empty.mp4", "--out", "ready"]) == 1
    output = capfd.readouterr().out
    assert "broken.png: not fixed" in output
    assert "empty.mp4: not fixed" in output
    assert "2 not fixed" in output
    assert sorted(sums(project / "ready")) == ["wanprep-receipt.json"]
    receipt = read_receipt(project / "ready/wanprep-receipt.json")
    assert [each["outcome"] for each in receipt["assets"]] == ["unmended", "unmended"]


@pytest.mark.usefixtures("project")
def test_rules_can_be_ignored(capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["fix", "job/refs/hero.tiff", "--out", "ready"]
    assert run([*arguments, "--ignore", "format-unsupported"]) == 0
    assert "0 files fixed, 1 unchanged" in capfd.readouterr().out
    assert run([*arguments, "--ignore", "format-unsuported"]) == 2
    assert "Did you mean" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["job"], "no destination: --out DIR", id="nowhere"),
        pytest.param(["job", "--out", "x", "--in-place"], "cannot be combined", id="two places"),
        pytest.param(["nothing", "--plan"], "there is no file, folder or match", id="no file"),
        pytest.param(["job", "--plan", "--background", "redd"], "neither a colour of", id="colour"),
    ],
)
def test_usage_errors(
    project: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(["fix", *arguments]) == 2
    assert words in capfd.readouterr().err
    assert not (project / "x").exists()


def test_results_are_not_taken_for_inputs(project: Path) -> None:
    assert run(["fix", ".", "--out", "ready"]) == 0
    first = sums(project / "ready")
    assert run(["fix", ".", "--out", "ready"]) == 0
    again = sums(project / "ready")
    assert first.keys() == again.keys()


def test_a_job_in_two_documents_and_a_file_used_twice(project: Path) -> None:
    (project / "job/job.yaml").write_text(
        f"target: {EVOLINK}\nprompt: a\nreferences: [image: refs/hero.tiff]\n---\n"
        f"target: {EVOLINK}\nprompt: b\nreferences: [image: ./refs/hero.tiff]\n"
    )
    assert run(["fix", "job/job.yaml", "--out", "ready"]) == 0
    assert (project / "ready/job.yaml").read_text().count("refs/hero.png") == 2
    assert check("ready/job.yaml").clean


def test_media_outside_the_jobs_folder(project: Path) -> None:
    (project / "shared").mkdir()
    os.rename("job/refs/hero.tiff", "shared/hero.tiff")
    text = (project / "job/job.yaml").read_text().replace("refs/hero.tiff", "../shared/hero.tiff")
    (project / "job/job.yaml").write_text(text)
    assert run(["fix", "job/job.yaml", "--out", "ready"]) == 0
    assert "image: outside/shared/hero.png   #" in (project / "ready/job.yaml").read_text()
    assert check("ready/job.yaml").clean


@pytest.mark.usefixtures("project")
def test_one_file_that_must_suit_two_targets() -> None:
    Image.effect_mandelbrot((2400, 900), (-2, -1.5, 1, 1.5), 60).save("wide.png")
    arguments = ["-t", EVOLINK, "-t", "runcomfy/wan-2-2-image-to-video"]
    assert run(["fix", "wide.png", "--out", "ready", *arguments]) == 0
    with Image.open("ready/wide.png") as fixed:
        assert fixed.width <= 1999
    assert check("ready/wide.png", targets=[EVOLINK, "runcomfy/wan-2-2-image-to-video"]).clean


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory, ffmpeg: str) -> Path:
    """A video that takes long enough to encode for a signal to arrive meanwhile."""
    folder = tmp_path_factory.mktemp("long")
    second, path = folder / "second.mov", folder / "long.mov"
    source = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=1"]
    encoded = [*source, "-c:v", "mjpeg", "-q:v", "8", str(second)]
    repeated = ["-stream_loop", "24", "-i", str(second), "-c", "copy", str(path)]
    for arguments in (encoded, repeated):
        subprocess.run([ffmpeg, "-v", "error", *arguments], check=True)
    return path


def test_ctrl_c_leaves_whole_files_only(project: Path, long_video: Path) -> None:
    source = project / "videos/long.mov"
    source.parent.mkdir()
    source.symlink_to(long_video)
    command = [sys.executable, "-m", "wanprep", "fix", "videos", "--out", "ready"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not list((project / "ready").glob(".wanprep-*.mp4")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert b"interrupted" in err
    assert sorted(sums(project / "ready")) == ["wanprep-receipt.json"]
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(source.name) not in left.stdout.replace("ps -eo args", "")


def test_no_half_file_when_killed(project: Path, long_video: Path) -> None:
    source = project / "videos/long.mov"
    source.parent.mkdir()
    source.symlink_to(long_video)
    command = [sys.executable, "-m", "wanprep", "fix", "videos", "--out", "ready"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not list((project / "ready").glob(".wanprep-*.mp4")) and process.poll() is None:
            time.sleep(0.02)
        process.kill()
        process.communicate()
    assert [each.name for each in (project / "ready").glob("[!.]*")] == ["wanprep-receipt.json"]
    assert read_receipt(project / "ready/wanprep-receipt.json")["assets"] == []


def test_where_an_answer_is_only_advised_the_rest_is_fixed(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # RunComfy says nothing of shapes or alpha: what Alibaba says of them is a warning there.
    Image.new("RGBA", (3000, 300), (0, 0, 0, 0)).save("banner.png")
    arguments = ["fix", "banner.png", "-t", "runcomfy/wan-2-7-reference-to-video"]
    assert run([*arguments, "--out", "ready"]) == 0
    output = " ".join(capfd.readouterr().out.split())
    assert "fixed[alpha-unsupported] replace its transparency with #ffffff" in output
    assert "warning[aspect-out-of-range] 3000x300 px" in output
    assert "Fix: `wanprep fix --crop smart`" in output
    with Image.open(project / "ready/banner.png") as fixed:
        assert (fixed.size, fixed.mode) == ((3000, 300), "RGB")


def test_a_check_can_fix_first(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "job", "--fix", "--out", "ready", "--format", "json"]) == 0
    output = capfd.readouterr()
    report = json.loads(output.out)
    assert report["summary"] | {"warnings": 0} == report["summary"]
    assert [each["subject"] for each in report["verdicts"]] == ["ready/job.yaml"]
    assert "1 file fixed, 1 unchanged" in output.err
    assert (project / "ready/wanprep-receipt.json").exists()

    Image.new("RGB", (3000, 300)).save("job/banner.png")
    assert run(["check", "job", "--fix", "--out", "ready", "--format", "concise"]) == 1
    assert "job/banner.png" in capfd.readouterr().out
    assert run(["check", "job", "--fix", "--in-place", "--crop", "pad"]) == 0


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--fix"], "no destination: --out DIR", id="nowhere"),
        pytest.param(["--out", "ready"], "fix options need --fix", id="no fix"),
        pytest.param(["--fix", "--out", "x", "--watch"], "cannot be combined", id="watch"),
    ],
)
def test_a_check_that_fixes_must_say_how(
    capfd: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(["check", "job", *arguments]) == 2
    assert words in capfd.readouterr().err


def test_another_programs_file_is_not_overwritten(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    theirs = project / "ready/refs/fine.png"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    assert run(["fix", "job/job.yaml", "--out", "ready"]) == 1
    output = capfd.readouterr().out
    assert theirs.read_bytes() == b"theirs"
    assert "fine.png: not fixed\n  ready/refs/fine.png already exists" in output
    assert "1 file fixed, 0 unchanged, 1 not fixed" in output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--out", "note.txt"], "--out note.txt is a file: name a folder", id="a file"),
        pytest.param(["--out", "job"], "all given paths are in --out job", id="its own"),
    ],
)
def test_results_need_a_folder_of_their_own(
    project: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    (project / "note.txt").write_text("mine")
    before = sums(project)
    assert run(["fix", "job", *arguments]) == 2
    assert says in capfd.readouterr().err
    assert sums(project) == before


RESET = "\x1b[0m"
UNBOUND = "error[prompt-ref-unbound] @Image5 is not among the references of the job."


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        pytest.param(EVOLINK, "evolnk/wan", "[target-unknown] There is no target", id="no target"),
        pytest.param('"@Image1', '"@Image5', UNBOUND, id="unbound"),
        pytest.param("refs/fine.png", "http://127.0.0.1/a.png",
                     "error[asset-url-unsafe] Its host is private", id="a URL"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", [["--plan"], ["--out", "ready"]], ids=["plan", "done"])
def test_what_must_be_fixed_by_hand_is_reported(
    project: Path, capfd: pytest.CaptureFixture[str], how: list[str],
    before: str, after: str, says: str,
) -> None:  # fmt: skip
    shutil.copy("job/refs/fine.png", "job/refs/other.png")  # only the job needs to be fixed
    text = JOB.replace("hero.tiff", "other.png").replace(before, after)
    (project / "job/job.yaml").write_text(text)
    assert run(["fix", "job/job.yaml", *how]) == 1  # the plan exits as the run does
    assert says in " ".join(capfd.readouterr().out.split())


@pytest.mark.usefixtures("project")
def test_the_outcome_is_coloured_and_wrapped_like_a_check(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    Image.new("RGB", (3000, 300)).save("banner.png")
    assert run(["fix", "job", "banner.png", "--out", "ready"]) == 1
    output = capfd.readouterr().out
    assert f"  {click.style('fixed[format-unsupported]', fg='green', bold=True)} " in output
    assert f"banner.png{RESET}: {click.style('not fixed', fg='red', bold=False)}\n" in output
    assert max(len(click.unstyle(line)) for line in output.splitlines()) <= 80
    assert click.unstyle(output).endswith(
        "1 file fixed, 1 unchanged, 1 not fixed; 1 job file changed\n"
        "1 job and 3 files checked for evolink/wan2.7-reference-video, wan/2.7:\n"
        "1 error in 1 of 4 files; 1 needs your decision (wanprep fix --yes)\n"
    )


def test_at_a_terminal_it_asks(project: Path) -> None:
    for name in ("cut", "pad", "no"):
        Image.new("RGB", (3000, 300)).save(f"{name}.png")
    answers = {"cut": "Centre", "pad": "p", "no": "nope\nno"}
    for names, status in ((("cut", "pad"), 0), (("no",), 1)):
        images = [f"{name}.png" for name in names]
        with AtTerminal(["fix", *images, "--out", "ready"], project) as terminal:
            for name in names:
                question = terminal.until("[p]ad, crop [s]mart or [c]enter, or [n]ot at all")
                says = f"{name}.png: pad 3000x300 to 3000x375 px with #ffffff?"
                assert says in " ".join(question.split())
                terminal.type(f"{answers[name]}\n")
            assert terminal.ended() == status
        assert ("'nope' is no answer to this" in terminal.shown) is bool(status)
    sizes = {"cut": (2400, 300), "pad": (3000, 375)}
    for name, size in sizes.items():
        with Image.open(project / f"ready/{name}.png") as fixed:
            assert fixed.size == size
    assert not (project / "ready/no.png").exists()


def test_at_a_terminal_bars_show_progress(project: Path, ffmpeg: str) -> None:
    source = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=15:d=2"]
    output = ["-c:v", "mjpeg", "-q:v", "8", str(project / "clip.mov")]
    subprocess.run([ffmpeg, "-v", "error", *source, *output], check=True)
    with AtTerminal(["fix", "clip.mov", "--out", "ready"], project) as terminal:
        terminal.until("clip.mov")
        assert terminal.ended(60) == 0
    assert "files" in terminal.shown
    assert "━" in terminal.shown
    assert "encode its video as 8-bit H.264" in terminal.shown


def test_a_missing_baseline_is_reported_before_anything_is_fixed(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "wanprep.toml").write_text('baseline = "none.json"\n')
    before = sums(project)
    assert run(["fix", "job", "--in-place"]) == 2
    assert "there is no baseline" in capfd.readouterr().err
    assert sums(project) == before


def test_a_plan_never_shows_a_command_that_writes_over_its_source(
    tmp_path: Path, ffmpeg: str, capfd: pytest.CaptureFixture[str]
) -> None:
    long = tmp_path / "long.mp4"
    source = ["-f", "lavfi", "-i", "color=s=320x240:r=5:d=31"]
    subprocess.run([ffmpeg, "-v", "error", "-y", *source, str(long)], check=True)
    assert run(["fix", str(long), "--plan", "--trim", "start", "--format", "json"]) == 0
    (planned,) = json.loads(capfd.readouterr().out)["assets"]
    assert planned["result"] == str(long)
    (command,) = planned["commands"]
    assert command[-1] == f"file:{long.with_name('long.fixed.mp4')}"
    assert f"file:{long}" in command
