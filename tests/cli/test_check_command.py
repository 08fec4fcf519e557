"""`wanprep check` over real files; a process of its own where that is the point."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command
from jsonschema import Draft202012Validator
from PIL import Image
from processes import limited_file_size, wanprep_without_privileges

from wanprep.report import FORMATS
from wanprep.schemas import load_schema

pytestmark = pytest.mark.untraced

JOBS: Final = Path(__file__).parents[2] / "fixtures/jobs"
MEDIA: Final = JOBS / "media"
EVOLINK: Final = "evolink/wan2.7-reference-video"
RUNCOMFY: Final = "runcomfy/wan-2-2-image-to-video"


def report(
    wanprep: Command, *arguments: str | Path, status: int | None = None, **more: Any
) -> dict[str, Any]:
    """Run a check and return its JSON."""
    done = wanprep("check", *arguments, "--format", "json", **more)
    assert done.err == ""
    assert status is None or done.status == status
    result: dict[str, Any] = json.loads(done.out)
    return result


def printed(wanprep: Command, *arguments: str | Path) -> str:
    """Run a check and return what it writes to a pipe."""
    done = wanprep("check", *arguments)
    assert done.err == ""
    return done.out


def rules(result: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in result["findings"]]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param(["media/hero.jpg"], 0, "1 file checked for wan/2.7: nothing found", id="fine"),
        pytest.param(["media/holiday.jpg"], 0, "1 warning", id="a warning"),
        pytest.param(["good/evolink.yaml"], 0, "1 job and 5 files", id="a job"),
        pytest.param(["media/tiny.jpg"], 1, "1 error", id="an error"),
        pytest.param(["bad/broken.json"], 1, "1 error in 1 of 1 file", id="a broken job"),
        pytest.param(["good/urls.yaml"], 1, "1 unknown", id="not checked"),
        pytest.param(["good/urls.yaml", "--offline"], 0, "1 unknown", id="excused"),
    ],
)
def test_exit_status(wanprep: Command, arguments: list[str], status: int, says: str) -> None:
    done = wanprep("check", *arguments, cwd=JOBS)
    assert says in done.out
    assert done.status == status
    assert done.err == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["ghost.jpg"], "no file, folder or match for: ghost.jpg", id="no file"),
        pytest.param(["*.xyz"], "no file, folder or match for: *.xyz", id="no match"),
        pytest.param(
            ["media/hero.jpg", "-t", "evolink/wan"], "Did you mean 'evolink/wan2.7", id="no target"
        ),
        pytest.param(
            ["--ignore", "image-to-small"], "Did you mean 'image-too-small'", id="no rule"
        ),
        pytest.param(["--select", "zzz"], "`wanprep explain` lists them", id="nor this"),
        pytest.param(
            ["--role", "hero"], "'hero' is not a role. Choose from: reference_", id="no role"
        ),
        pytest.param(["--role", "*=hero"], "'hero' is not a role", id="nor by a glob"),
        pytest.param(["--format", "xml"], "'xml' is not one of", id="no format"),
        pytest.param(["--severity", "fatal"], "'fatal' is not one of", id="no severity"),
        pytest.param(["-j", "0"], "0 is not in the range", id="no workers"),
        pytest.param(
            ["media/hero.jpg", "-o", "no/such/folder/report.json"],
            "cannot be written: there is no folder no/such/folder. Name another",
            id="no place",
        ),
        pytest.param(["media/hero.jpg", "-o", "media"], "cannot be written", id="a folder"),
    ],
)
def test_usage_errors(wanprep: Command, arguments: list[str], says: str) -> None:
    done = wanprep("check", *arguments, cwd=JOBS)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err


def test_an_unknown_target_in_the_configuration(wanprep: Command, tmp_path: Path) -> None:
    (tmp_path / "wanprep.toml").write_text('targets = ["wan/2.8"]\n')
    done = wanprep("check", ".", cwd=tmp_path)
    assert done.status == 2
    assert f"{tmp_path / 'wanprep.toml'}: `targets`: there is no target" in done.err


def test_nothing_to_check_is_a_usage_error(wanprep: Command, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}')
    done = wanprep("check", cwd=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert "there is nothing to check" in done.err


def test_other_files_in_a_folder_are_left_alone(wanprep: Command, tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text("services:\n  web:\n    image: nginx.jpg\n")
    (tmp_path / "package.json").write_text('{"name": "x", "target": "es2022", "files": ["a.png"]}')
    (tmp_path / "notes.txt").write_text("nothing")
    shutil.copy(MEDIA / "hero.jpg", tmp_path)
    shutil.copy(JOBS / "good/one-reference-plain-words.yaml", tmp_path / "job.yaml")

    result = json.loads(wanprep("check", "--format", "json", cwd=tmp_path).out)
    assert [each["subject"] for each in result["verdicts"]] == ["job.yaml", "hero.jpg"]
    assert [(each["rule"], each["asset"]) for each in result["findings"]] == [
        ("asset-missing", "../media/hero.jpg")
    ]


def test_several_targets(wanprep: Command) -> None:
    result = report(
        wanprep, MEDIA / "hero.jpg", "-t", EVOLINK, "-t", RUNCOMFY, "-t", EVOLINK, status=1
    )
    assert result["targets"] == [EVOLINK, RUNCOMFY]
    assert [(each["rule"], each["target"]) for each in result["findings"]] == [
        ("image-too-small", RUNCOMFY)
    ]
    assert result["summary"]["assets"] == 1


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        pytest.param([], ["voice-unsupported"], id="by kind"),
        pytest.param(["--role", "voice"], ["voice-unsupported"], id="for all"),
        pytest.param(
            ["--role", "first_frame"],
            ["reference-kind-unsupported"],
            id="another",
        ),
        pytest.param(["--role", "*.mp3=first_frame"], ["voice-unsupported"], id="for others"),
        pytest.param(
            ["--role", "*.wav=first_frame", "--role", "voice"],
            ["reference-kind-unsupported"],
            id="the first that fits",
        ),
    ],
)
def test_roles(arguments: list[str], found: list[str], wanprep: Command) -> None:
    assert rules(report(wanprep, MEDIA / "voice.wav", "-t", RUNCOMFY, *arguments)) == found


@pytest.mark.parametrize(
    ("arguments", "found", "status"),
    [
        pytest.param([], ["image-too-small", "location-metadata"], 1, id="all"),
        pytest.param(["--ignore", "location-metadata"], ["image-too-small"], 1, id="ignore"),
        pytest.param(["--select", "location-metadata"], ["location-metadata"], 0, id="select"),
        pytest.param(
            ["--select", "location-metadata,image-too-small", "--ignore", "image-too-small"],
            ["location-metadata"],
            0,
            id="both",
        ),
        pytest.param(["--severity", "error"], ["image-too-small"], 1, id="errors"),
        pytest.param(
            ["--severity", "error", "--ignore", "image-too-small"], [], 0, id="no errors left"
        ),
    ],
)
def test_selection(arguments: list[str], found: list[str], status: int, wanprep: Command) -> None:
    result = report(
        wanprep, MEDIA / "tiny.jpg", MEDIA / "holiday.jpg", *arguments, "--offline", status=status
    )
    assert sorted(rules(result)) == found
    assert result["summary"]["errors"] == rules(result).count("image-too-small")


def test_write_the_report_to_a_file(wanprep: Command, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    arguments = ("check", MEDIA / "tiny.jpg")
    done = wanprep(*arguments, "--format", "json", "-o", target)
    assert (done.status, done.out, done.err) == (1, "", "")
    Draft202012Validator(load_schema("report")).validate(json.loads(target.read_bytes()))

    wanprep(*arguments, "-o", target)
    assert target.read_text(encoding="utf-8") == wanprep(*arguments).out


@pytest.mark.parametrize("output", ["job.yaml", "a.png", "link", "hard", "none.png", "notes.txt"])
@pytest.mark.parametrize("how", [["-o"], ["--write-baseline"]], ids=["report", "baseline"])
def test_no_output_replaces_an_input_or_what_others_wrote(
    wanprep: Command, tmp_path: Path, output: str, how: list[str]
) -> None:
    references = "[{image: a.png}, {image: none.png}]"
    (tmp_path / "job.yaml").write_text(f"target: wan/2.7\nprompt: a\nreferences: {references}\n")
    shutil.copy(MEDIA / "tiny.jpg", tmp_path / "a.png")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "link").symlink_to("job.yaml")
    os.link(tmp_path / "a.png", tmp_path / "hard")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    done = wanprep("check", "job.yaml", *how, output, cwd=tmp_path)

    assert (done.status, done.out) == (2, "")
    assert "cannot be written" in done.err or "ends with .json" in done.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_full_disk_leaves_the_earlier_report(wanprep: Command, tmp_path: Path) -> None:
    arguments = ("check", MEDIA / "tiny.jpg", "--format", "html", "-o", tmp_path / "r.html")
    assert wanprep(*arguments).status == 1
    before = (tmp_path / "r.html").read_bytes()
    with limited_file_size(len(before) // 2):
        done = wanprep(*arguments)
    assert done.status == 2
    assert "r.html cannot be written: " in done.err
    assert (tmp_path / "r.html").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_what_wanprep_wrote_is_no_job(wanprep: Command, tmp_path: Path) -> None:
    shutil.copy(JOBS.parent / "demo/refs/hero.jpg", tmp_path)
    record = {"run": "v687by8w", "job": "job.yaml", "target": EVOLINK, "body": {"prompt": "a"}}
    (tmp_path / "job-v687by8w.json").write_text(json.dumps(record, indent=2))
    for arguments in (["."], ["job-v687by8w.json", "hero.jpg"]):
        assert report(wanprep, *arguments, cwd=tmp_path, status=0)["summary"]["jobs"] == 0


def test_formats_report_the_same_findings(wanprep: Command) -> None:
    arguments = (JOBS / "bad/[t-z]*", "--offline", "-t", EVOLINK, "-t", RUNCOMFY)
    whole = json.loads(printed(wanprep, *arguments, "--format", "json"))
    lines = printed(wanprep, *arguments, "--format", "jsonl").splitlines()
    concise = printed(wanprep, *arguments, "--format", "concise").splitlines()
    text = printed(wanprep, *arguments)

    assert [json.loads(line) for line in lines] == whole["findings"]
    assert [line.split(": ")[1].split()[0] for line in concise] == [
        f"{each['severity']}[{each['rule']}]" for each in whole["findings"]
    ]
    assert all(f"{each['severity']}[{each['rule']}]" in text for each in whole["findings"])
    Draft202012Validator(load_schema("report")).validate(whole)


def test_the_same_at_every_run(wanprep: Command) -> None:
    arguments = (MEDIA, "--offline", "-j")
    assert printed(wanprep, *arguments, "1") == printed(wanprep, *arguments, "2")


def columns(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def test_text_in_a_pipe_fits_80_columns_without_colors(
    wanprep: Command,
) -> None:
    result = printed(wanprep, JOBS / "bad", "--offline")
    *lines, last = result.splitlines()
    assert re.fullmatch(r"\d+ errors, \d+ warnings, .* in \d+ of \d+ files; \d+ can be .*", last)
    long = [line for line in lines if columns(line) > 80]
    # Only a URL or a path, which cannot be broken, and the last line may be longer.
    assert [line for line in long if "https://" not in line and " " in line.strip()] == []
    assert "\x1b" not in result
    assert all(line.isprintable() for line in result.splitlines())


def test_marks_are_under_the_reference(wanprep: Command) -> None:
    names = ("unbound-after-escapes.json", "unbound-chinese.yaml")
    result = printed(wanprep, *(JOBS / "bad" / name for name in names))
    shown = [line[9:] for line in result.splitlines() if line[7:8] == "|"]
    pairs = dict(zip(shown[1::2], shown[::2], strict=True))
    for (marks, line), intent in zip(pairs.items(), ("Image 2", "图2", "视频1"), strict=True):
        assert columns(line[: line.index(intent)]) == marks.index("^")
        assert columns(intent) == marks.count("^")


def test_hostile_names_and_strings_are_escaped(wanprep: Command, tmp_path: Path) -> None:
    names = [b"\x1b[31mred.jpg", b"two\nlines.jpg", b"caf\xe9.jpg", b"gpj.\xe2\x80\xaeevil.jpg"]
    for name in names:
        Image.new("RGB", (8, 8)).save(os.path.join(os.fsencode(tmp_path), name), "JPEG")
    (tmp_path / "job\x1b[2J.yaml").write_text(
        'target: "evil\\e[31m/x"\nprompt: "\\e]0;owned\\a Image\\e[5m 2 \\u202E Image 2"\n'
        'references: [{image: "\\e[31m.png"}]\nparameters: {"\\e[1m": "\\a"}\n'
    )
    for style in ("text", "concise", "json", "jsonl"):
        done = wanprep("check", "--format", style, cwd=tmp_path)
        assert (done.status, done.err) == (1, "")
        assert all(line.isprintable() for line in done.out.split("\n")), style


def test_a_terminal_that_can_show_ascii_only() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wanprep", "check", "bad/unbound-chinese.yaml"],
        cwd=JOBS, capture_output=True, check=False,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"prompt-ref-unbound" in done.stdout


HOSTILE_JOBS: Final = {
    "billion-laughs.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "deep.json": "[" * 100_000,
    "deep.yaml": "[" * 100_000,
    "long-line.yaml": "prompt: " + "x" * 900_000,
    "nul.yaml": "prompt: \0",
    "number.json": '{"parameters": {"seed": ' + "9" * 5000 + "}}",
    "tag.yaml": "prompt: !!python/object/apply:os.system [reboot]\n",
    "merge.yaml": "<<: {prompt: x}\n",
}


@pytest.mark.parametrize("name", HOSTILE_JOBS)
@pytest.mark.untraced
def test_hostile_jobs_are_reported_quickly(name: str, tmp_path: Path, wanprep: Command) -> None:
    path = tmp_path / name
    path.write_text(HOSTILE_JOBS[name])
    began = time.process_time()
    result = report(wanprep, path, status=1)
    assert result["summary"]["errors"]
    assert time.process_time() - began < 5


def test_a_job_of_100_megabytes(tmp_path: Path, wanprep: Command) -> None:
    path = tmp_path / "job.yaml"
    path.touch()
    os.truncate(path, 100_000_000)
    result = report(wanprep, path, status=1)
    assert [each["message"] for each in result["findings"]] == [
        "This file has 100.0 MB; a job file has at most 1.0 MB."
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_named_pipes_are_not_opened(wanprep: Command, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "job.yaml")
    os.mkfifo(tmp_path / "hero.png")
    result = report(wanprep, "job.yaml", "hero.png", status=1, cwd=tmp_path)
    assert rules(result)[0] == "job-invalid"


def test_names_from_standard_input(wanprep: Command, tmp_path: Path) -> None:
    shutil.copy(MEDIA / "tiny.jpg", tmp_path)
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "README.md").write_text("# text")
    names = b"package.json\0README.md\0tiny.jpg\0"
    done = wanprep("check", "-z", "-", "--format", "concise", cwd=tmp_path, stdin=names)
    assert done.status == 1
    assert done.out.startswith("tiny.jpg: error[image-too-small] 64x64 px; ")
    assert len(done.out.splitlines()) == 1


def test_deep_and_no_cache(wanprep: Command, tmp_path: Path) -> None:
    clip = bytearray((MEDIA / "dance.mp4").read_bytes())
    start = clip.index(b"mdat") + 4
    clip[start : start + 2000] = bytes(2000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(clip)

    assert report(wanprep, path, status=0)["findings"] == []
    result = report(wanprep, path, "--deep", "--no-cache", status=1)
    assert rules(result) == ["asset-unreadable"]


def test_a_closed_pipe_is_not_an_error() -> None:
    command = [sys.executable, "-m", "wanprep", "check", str(JOBS / "bad/unused.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as piped:
        assert piped.stdout
        assert piped.stderr
        piped.stdout.close()  # as `head` does, before anything is printed
        assert piped.stderr.read() == b""


def test_checking_media_imports_no_plugin_and_no_network(wanprep: Command) -> None:
    wanprep("check", MEDIA / "hero.jpg", "-t", EVOLINK)  # from now on the target is known as valid
    code = f"""
import sys
from wanprep.cli import run
run(["check", {str(MEDIA / "hero.jpg")!r}, "-t", {EVOLINK!r}])
heavy = "httpx requests urllib3 ruamel rich pluggy ssl shutil secrets".split()
print(sorted(name for name in sys.modules
             if name.split(".")[0] in heavy or name.startswith(("wanprep_", "wanprep.plugins"))))
"""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=plain
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_job_that_may_not_be_read_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(f"target: {EVOLINK}\nprompt: x\n")
    (tmp_path / "job.yaml").chmod(0)
    done = wanprep_without_privileges("check", "job.yaml", "--format", "json", cwd=tmp_path)
    [verdict] = json.loads(done.stdout)["verdicts"]
    assert (done.returncode, verdict["subject"], verdict["verdict"]) == (1, "job.yaml", "unknown")
    for command in (["submit", "--dry-run"], ["compare"]):
        done = wanprep_without_privileges(*command, "job.yaml", cwd=tmp_path)
        says = "wanprep: job.yaml cannot be read: permission denied. Make it readable.\n"
        assert (done.returncode, done.stderr) == (2, says)


def test_what_cannot_be_searched_is_never_fine(wanprep: Command, tmp_path: Path) -> None:
    shutil.copy(MEDIA / "hero.jpg", tmp_path)
    os.mkfifo(tmp_path / "job.yaml")
    (tmp_path / "x.jpg").symlink_to("x.jpg")
    found = report(wanprep, tmp_path, status=1)
    assert found["summary"] == {
        "assets": 3, "jobs": 0, "errors": 2, "warnings": 0, "notes": 0, "unknown": 2,
    }  # fmt: skip
    assert rules(found) == ["asset-unreadable"] * 2
    assert [each["verdict"] for each in found["verdicts"]] == ["pass", "unknown", "unknown"]
    assert wanprep("check", tmp_path, "--ignore", "asset-unreadable").status == 1
    for style in FORMATS:
        done = wanprep("check", tmp_path, "--format", style)
        assert (done.status, "job.yaml" in done.out) == (1, True), style
    assert wanprep("check", "--changed", tmp_path).status == 1
    assert "job.yaml\n" in wanprep("probe", tmp_path).out
    fixed = wanprep("fix", tmp_path, "--out", tmp_path / "out")
    assert (fixed.status, "job.yaml: not fixed" in fixed.out) == (1, True)


@pytest.mark.parametrize(
    ("files", "status", "text"),
    [
        pytest.param(20, 0, "20 files checked for wan/2.7: nothing found", id="few workers"),
        pytest.param(8, 2, "a worker process cannot be started: Too many open files", id="none"),
    ],
)
def test_few_files_may_be_open(tmp_path: Path, files: int, status: int, text: str) -> None:
    for number in range(20):
        Image.new("RGB", (300, 300)).save(tmp_path / f"{number}.png")
    code = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}));"
        f"from wanprep.cli import run;"
        f"sys.exit(run(['check', {str(tmp_path)!r}, '--deep', '-j', '16']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, text in done.stdout + done.stderr) == (
        status, True,
    ), done.stderr  # fmt: skip
