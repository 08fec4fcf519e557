"""Fixes in place, while somebody else saves and deletes files."""

from __future__ import annotations

import os
import subprocess
import wave
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from commands import Command
from PIL import Image

from wanprep.check.git import is_in_git
from wanprep.check.request import CheckRequest
from wanprep.fix.output import FolderOutput
from wanprep.fix.pipeline import FixProgress, apply_fixes, plan_run
from wanprep.fix.plan.plan import Options, ProgressCallback
from wanprep.fix.plan_file import PlannedFile
from wanprep.fix.receipt_file import ReceiptFile
from wanprep.fix.request import FixRequest, NotFixed, Outcomes

JOB = "target: evolink/wan2.7-reference-video\nprompt: '@Image1 waves'\nreferences: [image: {}]\n"
MINE = b"what somebody saved"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    image = Image.effect_mandelbrot((320, 260), (-2, -1.5, 1, 1.5), 60)
    for name in ("hero.tiff", "lossy.avif"):
        image.convert("RGB").save(name)
    Image.merge("RGBA", [image] * 4).save("alpha.png")
    with wave.open("long.wav", "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(bytes(16000 * 2 * 40))
    Path("job.yaml").write_text(JOB.format("hero.tiff"))
    return tmp_path


class _Meanwhile(FixProgress):
    """Does something before, during and after the work on a file."""

    def __init__(
        self, *, before: Callable[[], object] = str, during: Callable[[], object] = str,
        after: Callable[[], object] = str,
    ) -> None:  # fmt: skip
        self._before, self._during, self._after = before, during, after

    def start(self, file: PlannedFile) -> ProgressCallback | None:  # noqa: ARG002
        self._before()

        def progress(_: float) -> None:
            self._during()

        return progress

    def end(self, file: PlannedFile) -> None:  # noqa: ARG002
        self._after()


def _fix(*paths: str, meanwhile: FixProgress) -> Outcomes:
    request = FixRequest(
        check=CheckRequest(paths=paths), options=Options(trim="start"), output=FolderOutput()
    )
    return apply_fixes(request, plan_run(request, None), meanwhile, ReceiptFile(None))


@pytest.mark.usefixtures("folder")
def test_a_job_that_was_saved_meanwhile_is_left_alone() -> None:
    mine = JOB.format("hero.tiff") + "# mine\n"

    done = _fix("job.yaml", meanwhile=_Meanwhile(after=lambda: Path("job.yaml").write_text(mine)))

    assert Path("job.yaml").read_text() == mine
    assert Path("hero.tiff").exists()  # the job still names it
    assert done.jobs[0].problem.startswith("job.yaml was changed during the run")
    assert not done.all_delivered


@pytest.mark.parametrize(
    ("name", "when"),
    [
        pytest.param("hero.tiff", "before", id="one that is renamed"),
        pytest.param("alpha.png", "before", id="one that keeps its name"),
        pytest.param("long.wav", "during", id="while ffmpeg reads it"),
        pytest.param("hero.tiff", "after", id="before it is removed"),
    ],
)
def test_a_file_that_was_saved_meanwhile_is_left_alone(folder: Path, name: str, when: str) -> None:
    meanwhile = _Meanwhile(**{when: lambda: Path(name).write_bytes(MINE)})

    (outcome,) = _fix(name, meanwhile=meanwhile).assets

    assert Path(name).read_bytes() == MINE
    assert isinstance(outcome, NotFixed)
    assert f"{name} was changed during the run, and is left as it is" in outcome.reasons[0]
    assert not list(folder.glob(".wanprep*"))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("how", [["--in-place", "--receipt", "r.json"], ["--out", "ready"]])
@pytest.mark.parametrize("paths", [["hero.tiff"], ["hero.tiff", "alpha.png"], ["job.yaml"]])
def test_a_file_that_vanishes_is_one_failure(
    wanprep: Command, monkeypatch: pytest.MonkeyPatch, how: list[str],
    paths: list[str],
) -> None:  # fmt: skip
    vanish = _Meanwhile(before=lambda: Path(paths[0]).unlink(missing_ok=True))
    monkeypatch.setattr("wanprep.cli.fix_steps.show_progress", lambda: nullcontext(vanish))

    done = wanprep("fix", *paths, *how, "-j", "1")

    assert done.status == 1
    assert f"{paths[0]}: not fixed\n" in done.out
    assert "No such file or directory" in done.out
    assert "Traceback" not in done.err
    assert Path(how[-1], "wanprep-receipt.json").exists() or Path("r.json").exists()


@pytest.mark.parametrize(
    ("name", "options", "backup"),
    [
        pytest.param("lossy.avif", [], "lossy.avif.orig-2", id="renamed"),
        pytest.param("long.wav", ["--trim", "start"], "long.wav.orig", id="replaced"),
        pytest.param("hero.tiff", [], None, id="without loss"),
        pytest.param("lossy.avif", ["--no-backup"], None, id="not wanted"),
    ],
)
def test_the_original_of_a_lossy_fix_is_kept(
    folder: Path, wanprep: Command, name: str, options: list[str], backup: str | None
) -> None:
    Path("lossy.avif.orig").write_bytes(MINE)
    before = Path(name).read_bytes()

    done = wanprep("fix", name, "--in-place", *options)

    assert done.status == 0
    found = {each.name for each in folder.glob(f"{name}.orig*")} - {"lossy.avif.orig"}
    assert found == ({backup} if backup else set())
    if backup:
        assert Path(backup).read_bytes() == before
        assert f"original kept as {backup}" in done.out
    assert Path("lossy.avif.orig").read_bytes() == MINE


@pytest.mark.usefixtures("folder")
def test_git_keeps_what_is_committed_or_staged() -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], check=True, capture_output=True)

    assert not is_in_git("hero.tiff")
    git("init", "-q")
    git("config", "status.showUntrackedFiles", "no")
    assert not is_in_git("hero.tiff")
    git("add", "hero.tiff")
    assert is_in_git("hero.tiff")
    assert is_in_git(os.path.abspath("hero.tiff"))
    Path("hero.tiff").write_bytes(MINE)
    assert not is_in_git("hero.tiff")
    assert not is_in_git("missing/hero.tiff")


@pytest.mark.usefixtures("folder")
def test_a_result_in_place_is_not_overwritten_by_another_of_its_name(wanprep: Command) -> None:
    arguments = ("fix", "lossy.avif", "--in-place", "--no-backup", "--receipt", "r.json")
    other = Image.effect_mandelbrot((400, 400), (-2, -1.5, 1, 1.5), 20).convert("RGB")
    assert wanprep(*arguments).status == 0
    first = Path("lossy.jpg").read_bytes()
    other.save("lossy.avif")

    assert wanprep(*arguments).status == 0

    assert Path("lossy.jpg").read_bytes() == first
    assert Path("lossy-avif.jpg").exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("paths", [["."], ["hero.tiff", "lossy.avif"]], ids=["folder", "named"])
@pytest.mark.parametrize("result", ["hero.png", "lossy.jpg"])  # before and after its original
def test_after_an_interruption_in_place_there_is_no_second_result(
    wanprep: Command, monkeypatch: pytest.MonkeyPatch, paths: list[str], result: str
) -> None:
    def interrupt() -> None:
        if result in os.listdir():  # beside its original
            raise KeyboardInterrupt

    arguments = ("fix", *paths, "--in-place", "--no-backup", "--trim", "start", "-j", "1")
    with monkeypatch.context() as patch:
        meanwhile = nullcontext(_Meanwhile(after=interrupt))
        patch.setattr("wanprep.cli.fix_steps.show_progress", lambda: meanwhile)
        assert wanprep(*arguments).status == 130

    assert wanprep(*arguments).status == 0

    images = {name for name in os.listdir() if name.startswith(("hero", "lossy"))}
    assert images == {"hero.png", "lossy.jpg"}
    assert not list(Path(os.environ["WANPREP_CACHE_DIR"]).glob(".fix*"))
