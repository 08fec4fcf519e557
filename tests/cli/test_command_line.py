from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import pytest
from command_lines import commands, parse
from PIL import Image

import wanprep
from wanprep.cli import run
from wanprep.cli.commands import COMMANDS, cli

DEMO = Path(__file__).parents[2] / "fixtures/demo"


def test_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capfd.readouterr().out == f"wanprep {wanprep.__version__}\n"


def test_help_names_every_command(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    output = capfd.readouterr().out
    assert all(
        re.search(rf"^  {name} +{re.escape(text)}", output, re.MULTILINE)
        for name, text in COMMANDS.items()
    )
    assert list(COMMANDS) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    output = capfd.readouterr().out
    assert "Examples:" in output
    assert f"wanprep {name}" in output
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.short_help == COMMANDS[name], "the table and the command say the same"


def test_starting_and_checking_an_image_are_light(tmp_path: Path) -> None:
    Image.new("RGB", (720, 1280)).save(tmp_path / "hero.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "small.png")
    checks = [
        f"run(['check', '{name}', *{how}])" for name in ("hero.png", "small.png")
        for how in ([], ["--no-cache"])
    ]  # fmt: skip
    start, *after_checks = modules_after(["run(['--version']); run(['--help'])", *checks], tmp_path)
    heavy = {*"PIL pymediainfo imageio_ffmpeg jsonschema httpx ruamel rich pluggy sqlite3".split()}
    for loaded, allowed in ((start, set()), *((each, {"sqlite3"}) for each in after_checks)):
        packages = {name.partition(".")[0] for name in loaded}
        found = {name for name in packages if name in heavy or name.startswith("wanprep_")}
        assert found <= allowed


def test_a_job_loads_no_code_for_what_is_not_done() -> None:
    unneeded = (
        "compare emulator fix plugins submit",
        "compare emulator fix.plan submit.ledger submit.session.session",
    )
    run(["check", str(DEMO / "job.yaml")])  # from now on the target is known as valid
    steps = ["run(['check', 'job.yaml'])", "run(['submit', '--dry-run', 'job.yaml'])"]
    *after_commands, with_client = modules_after([*steps, "import wanprep.net.client"], DEMO)
    for loaded, names in zip(after_commands, unneeded, strict=True):
        assert "wanprep.rules.judge_job" in loaded
        assert loaded & {f"wanprep.{name}" for name in names.split()} == set()
    assert "httpx" in with_client
    assert with_client & {"jsonschema", "pygments", "rich"} == set()


def modules_after(steps: list[str], folder: Path) -> list[set[str]]:
    """Do some steps in a process of their own, and list what is imported after each."""
    lines = [f"{step}; print('modules:', *sys.modules)" for step in steps]
    code = "\n".join(["import sys; from wanprep.cli import run", *lines])
    # Measuring coverage would load sqlite3.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env=plain, cwd=folder,
    )  # fmt: skip
    printed = done.stdout.splitlines()
    return [{*line.split()} for line in printed if line.startswith("modules:")]


def test_probing_loads_no_codec_into_the_main_process(clip: Path) -> None:
    [loaded] = modules_after([f"run(['probe', {str(clip)!r}])"], clip.parent)
    assert loaded & {"PIL", "pymediainfo"} == set()


@pytest.mark.parametrize(
    ("word", "hint"),
    [("prode", "Did you mean 'probe'?"), ("frobnicate", "Choose from: cache, ")],
)
def test_an_unknown_command_is_corrected(
    word: str, hint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([word]) == 2
    assert hint in capfd.readouterr().err


def test_schemas_are_listed_and_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert re.search(r"^facts +The facts of one file", capfd.readouterr().out, re.MULTILINE)
    assert run(["schema", "facts"]) == 0
    assert json.loads(capfd.readouterr().out)["title"] == "Facts"
    assert run(["schema", "fax"]) == 2
    assert "Choose from: " in capfd.readouterr().err


def test_the_cache_is_shown_and_cleared(clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    os.utime(clip, (1, 1))
    run(["probe", str(clip)])
    capfd.readouterr()
    assert run(["cache", "info"]) == 0
    output = capfd.readouterr().out.splitlines()
    assert output[0].startswith(os.environ["WANPREP_CACHE_DIR"])
    assert output[1].startswith("1 file, ")
    assert run(["cache", "clear"]) == 0
    assert capfd.readouterr().out.startswith("removed 1 file, ")
    assert run(["cache", "info"]) == 0
    assert "0 files" in capfd.readouterr().out


def test_an_internal_error_asks_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "wanprep.schemas", None)  # as if it were not installed

    assert run(["schema", "facts"]) == 3
    output = capfd.readouterr().err
    assert ": internal error.\n" in output
    assert "Please report it" in output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_not_an_internal_error(clip: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "wanprep", "probe", str(clip)],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    why = "No space left on device. Free some space."
    assert done.stderr == f"wanprep: cannot write the output: {why}\n"


def processes_with(word: str) -> Iterator[str]:
    """Search for a word in the command lines of all processes (where there is /proc)."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word.encode() in entry.read_bytes():
                yield entry.parent.name


@pytest.mark.parametrize(("closed", "printed"), [("<&- >&-", b""), ("2>&-", b"1 file checked")])
def test_closed_streams_are_no_errors(clip: Path, closed: str, printed: bytes) -> None:
    command = f'"{sys.executable}" -m wanprep check "$1" --target wan/2.7 {closed}'
    done = subprocess.run(["sh", "-c", command, "-", str(clip)], capture_output=True, check=False)
    assert (done.returncode, done.stdout[:14], done.stderr) == (0, printed, b"")


def test_ctrl_c_at_the_start_prints_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    command = [sys.executable, "-m", "wanprep", "--help"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize("style", ["table", "json"])
def test_letters_that_the_output_lacks_are_written_as_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    path = tmp_path / "caf\xe9.png"
    path.write_bytes(b"")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert run(["probe", str(path), "--format", style]) == 0
    written = cast("io.BytesIO", sys.stdout.buffer).getvalue()
    assert {"table": b"caf\\xe9.png", "json": b"caf\\u00e9.png"}[style] in written


def test_ctrl_c_ends_it_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    size = 1_900_000_000
    header = b"RIFF" + (size - 8).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    header += bytes.fromhex("0100 0100 44ac0000 88580100 0200 1000")
    header += b"data" + (size - 44).to_bytes(4, "little")
    with long.open("wb") as file:
        file.write(header)
        file.truncate(size)
    process = subprocess.Popen(
        [sys.executable, "-m", "wanprep", "probe", "--deep", str(long)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    time.sleep(1.5)
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, output = process.communicate()

    assert process.returncode == 130
    assert output.decode().strip() == "wanprep: interrupted"
    assert time.monotonic() - started < 3
    assert not list(processes_with(str(long)))


def test_the_public_names_are_sorted_and_exist() -> None:
    assert wanprep.__all__ == sorted(wanprep.__all__)
    assert all(callable(getattr(wanprep, name)) for name in wanprep.__all__)
    with pytest.raises(AttributeError, match="no attribute 'prode'"):
        _ = wanprep.prode  # type: ignore[attr-defined] # which is the point


def all_commands() -> Iterator[tuple[str, click.Command]]:
    yield "wanprep", cli
    waiting = [(f"wanprep {name}", cli.get_command(click.Context(cli), name)) for name in COMMANDS]
    while waiting:
        name, command = waiting.pop()
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            waiting += [(f"{name} {inner}", each) for inner, each in command.commands.items()]


EVERY_COMMAND = [pytest.param(name, command, id=name) for name, command in all_commands()]


@pytest.mark.parametrize(("name", "command"), EVERY_COMMAND)
def test_examples_are_understood(name: str, command: click.Command) -> None:
    _, head, examples = (command.help or "").partition("Examples:\n")
    assert head, f"{name} has no examples"
    # What stands behind two blanks explains.
    written = examples.partition("\n\n")[0].splitlines()
    lines = [re.split(r"(?<=\S) {2,}", line.strip())[0] for line in written]
    found = [arguments for line in lines for arguments in commands(line)]
    assert found
    for arguments in found:
        parse(arguments)
    assert any(f"{name} ".startswith(f"wanprep {arguments[0]} ") or name == "wanprep"
               for arguments in found)  # fmt: skip


@pytest.mark.parametrize(("name", "command"), EVERY_COMMAND)
def test_every_option_says_what_it_does(name: str, command: click.Command) -> None:
    silent = [each.name for each in command.params
              if isinstance(each, click.Option) and not each.help]  # fmt: skip
    assert silent == [], name


@pytest.mark.parametrize(
    ("arguments", "files", "next_step"),
    [
        (["check", "gone.png"], {}, "Check the spelling"),
        (["check"], {}, "`wanprep init`"),
        (["check"], {"wanprep.toml": "[[["}, "`wanprep schema config`"),
        (["check"], {"wanprep.toml": "x = 1"}, "allowed keys: `targets`"),
        (["check", "-t", "evolnk"], {"a.png": ""}, "Did you mean 'evolink'?"),
        (["check", "-t", "zzz"], {"a.png": ""}, "`wanprep targets` lists them"),
        (["targets"], {"wanprep.toml": 'target-folders = ["."]', "a.json": "{"}, "Fix it"),
        (["check", "--select", "zzz"], {}, "`wanprep explain` lists them"),
        (["check", "-o", "no/report"], {"a.png": ""}, "with -o"),
        (["schema", "zzz"], {}, "Choose from: "),
        (["fix"], {"a.png": ""}, "--out DIR"),
        (["submit", "a.png"], {"a.png": ""}, "`wanprep schema job`"),
        (["submit", "a.yaml"], {"a.yaml": "prompt: x\nreferences: []\n"}, "Name one with -t"),
        (["compare", "a.png"], {"a.png": ""}, "`wanprep init`"),
        (["runs", "show", "zzz"], {}, "`wanprep runs list`"),
        (["completion", "tcsh"], {}, "'bash'"),
    ],
)  # fmt: skip
def test_a_usage_error_names_the_next_step(
    arguments: list[str],
    files: dict[str, str],
    next_step: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("WANPREP_STATE_DIR", str(tmp_path / "state"))
    for name, text in files.items():
        Path(name).write_text(text)
    assert run(arguments) == 2
    output = capfd.readouterr()
    assert next_step in output.err
    assert output.out == ""
