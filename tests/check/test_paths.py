"""From PATHS to jobs and media."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest

from wanprep.check.inputs import role_of
from wanprep.check.paths import check_paths, files_in, find_subjects
from wanprep.check.pipeline import placeholder_facts
from wanprep.config import Config
from wanprep.errors import UsageError
from wanprep.job.model import Asset
from wanprep.media.facts import Facts


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (
        "b.jpg", "a.jpg", "sub/c.png", "sub/deeper/d.wav", ".hidden.jpg", ".git/e.jpg",
        "sub/.cache/f.jpg", "CVS/g.jpg", "x.jpg/inside.png", "odd [1].png",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def listed(*paths: str, stdin: bytes = b"", nul: bool = False) -> list[str]:
    return list(files_in(paths, io.BytesIO(stdin), nul=nul))


def test_a_folder_is_walked_in_order_without_what_is_hidden(tree: Path) -> None:
    assert listed(".") == [
        "a.jpg", "b.jpg", "odd [1].png", "sub/c.png", "sub/deeper/d.wav", "x.jpg/inside.png",
    ]  # fmt: skip
    assert listed(str(tree / "sub")) == [f"{tree}/sub/c.png", f"{tree}/sub/deeper/d.wav"]


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        pytest.param("*.jpg", ["a.jpg", "b.jpg", "x.jpg/inside.png"], id="star"),
        pytest.param("**/*.png", ["odd [1].png", "sub/c.png", "x.jpg/inside.png"], id="any depth"),
        pytest.param("[ab].jpg", ["a.jpg", "b.jpg"], id="class"),
        pytest.param("odd [1].png", ["odd [1].png"], id="a real name that looks like a pattern"),
    ],
)
@pytest.mark.usefixtures("tree")
def test_globs(pattern: str, files: list[str]) -> None:
    assert listed(pattern) == files


@pytest.mark.usefixtures("tree")
def test_names_from_standard_input() -> None:
    assert listed("-", stdin=b"b.jpg\n\nsub\r\n") == ["b.jpg", "sub/c.png", "sub/deeper/d.wav"]
    assert listed("-", stdin=b"b.jpg\0two\nlines.png", nul=True) == ["b.jpg", "two\nlines.png"]
    assert listed("-", stdin=b"caf\xe9.png\n") == [os.fsdecode(b"caf\xe9.png")]


def test_links(tree: Path) -> None:
    (tree / "sub/link.png").symlink_to(tree / "a.jpg")
    (tree / "sub/nowhere.png").symlink_to(tree / "missing.png")
    (tree / "sub/circle").symlink_to(tree)

    assert listed("sub") == [
        "sub/c.png", "sub/deeper/d.wav", "sub/link.png", "sub/nowhere.png",
    ]  # fmt: skip
    assert "sub/circle/a.jpg" in listed("sub/circle"), "a linked folder that is named is walked"


def test_folders_nested_deeper_than_recursion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
        Path("deep.png").touch()
        os.chdir(tmp_path)

        assert listed(".") == ["d/" * 1200 + "deep.png"]
    finally:  # Python's own rmtree, which pytest uses, cannot go so deep
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_a_missing_path_is_wrong_use(tree: Path) -> None:
    check_paths(["a.jpg", "*.jpg", "-", str(tree)])
    with pytest.raises(UsageError, match=r"no file, folder or match for: ghost\.jpg, \*\.\\x1btif"):
        check_paths(["a.jpg", "ghost.jpg", "*.\x1btif"])


NOTHING = io.BytesIO()
JOB = "target: evolink/wan2.7-reference-video\nprompt: x\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "job.yaml").write_text(JOB)
    (tmp_path / "docker-compose.yml").write_text("services: {web: {image: nginx}}\n")
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1.0.0"}')
    (tmp_path / "hero.png").write_bytes(b"")
    (tmp_path / "notes.md").write_text("# notes")
    (tmp_path / "refs").mkdir()
    (tmp_path / "refs/dance.MP4").write_bytes(b"")
    (tmp_path / "refs/.hidden.png").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "jobs", "media"),
    [
        pytest.param(["."], ["job.yaml"], ["hero.png", "refs/dance.MP4"], id="a folder"),
        pytest.param(["refs"], [], ["refs/dance.MP4"], id="another"),
        pytest.param(["package.json"], ["package.json"], [], id="what is named is a job"),
        pytest.param(["notes.md"], [], ["notes.md"], id="or media"),
        pytest.param(["job.yaml", "job.yaml"], ["job.yaml"], [], id="once"),
        pytest.param(["*.png", "**/*.MP4"], [], ["hero.png", "refs/dance.MP4"], id="globs"),
    ],
)
def test_what_there_is(folder: Path, paths: list[str], jobs: list[str], media: list[str]) -> None:
    assert folder.is_dir()
    found = find_subjects(paths, {"evolink"}, NOTHING)
    assert list(found.jobs) == jobs
    assert list(found.media) == media


def test_named_files_from_standard_input(folder: Path) -> None:
    names = b"job.yaml\0hero.png\0package.json\0notes.md\0"
    found = find_subjects(["-"], {"evolink"}, io.BytesIO(names), nul=True)
    assert folder.is_dir()
    assert found.jobs == ("job.yaml",)
    assert found.media == ("hero.png",)


def test_what_is_not_there(folder: Path) -> None:
    assert folder.is_dir()
    with pytest.raises(UsageError, match=r"ghost\.png"):
        find_subjects(["ghost.png"], {"evolink"}, NOTHING)


def test_what_a_job_uses_is_not_judged_alone_unless_named(folder: Path) -> None:
    used = [str(folder / "hero.png")]
    assert find_subjects(["."], {"evolink"}, NOTHING).standalone(used) == [
        os.path.join("refs", "dance.MP4")
    ]
    assert find_subjects(["hero.png"], {"evolink"}, NOTHING).standalone(used) == ["hero.png"]


@pytest.mark.parametrize(
    ("facts", "roles", "role"),
    [
        (Facts(path="a.png", kind="image"), {}, "reference_image"),
        (Facts(path="a.mp4", kind="video"), {}, "reference_video"),
        (Facts(path="a.wav", kind="audio"), {}, "voice"),
        (Facts(path="a.mp4", extension_format="mp4"), {}, "reference_video"),
        (Facts(path="a"), {}, "reference_image"),
        (Facts(path="start/a.png", kind="image"), {"start/*": "first_frame"}, "first_frame"),
        (Facts(path="start/a.png", kind="image"), {"a.*": "first_frame"}, "first_frame"),
        (Facts(path="start/a.png", kind="image"), {"b.*": "first_frame"}, "reference_image"),
    ],
)
def test_roles(facts: Facts, roles: dict[str, str], role: str) -> None:
    assert role_of(facts, roles, Config()) == role


def test_an_address_is_presumed_to_be_what_the_job_says() -> None:
    asset = Asset("voice", "https://a.org/v", "/references/0/voice", "url", "https://a.org/v")
    assert placeholder_facts(asset).kind == "audio"


def test_typescript_is_no_video(folder: Path) -> None:
    (folder / "app.ts").write_text("export const answer = 42\n")
    (folder / "app.MTS").write_text("")
    (folder / "real.ts").write_bytes(b"G\x40\0\x10" + b"\xff" * 184)
    (folder / "lost.ts").symlink_to("nowhere")
    (folder / "folder.ts").mkdir()
    found = find_subjects(["."], set(), NOTHING)
    assert [path for path in found.media if path.endswith("s")] == ["lost.ts", "real.ts"]
    assert find_subjects(["app.ts"], set(), NOTHING).media == ("app.ts",), "what is named is media"
