"""What a walk leaves out: .gitignore files around and in it, `exclude`, --exclude."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Command
from PIL import Image

from wanprep.check.exclude import Exclusions, is_excluded, is_git_ignored
from wanprep.check.listing import files_in
from wanprep.config import Config

FILES = """
    top.png build/a.png build/deep/b.png sub/a.png sub/keep.png sub/build/c.png sub/in/d.png
    vendor/e.png vendor/.git/x.png vendor/build/f.png
""".split()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        path = tmp_path / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def listed(*paths: str, exclusions: Exclusions | None = None) -> list[str]:
    chosen = exclusions or Exclusions()
    return [str(each) for each in files_in(paths, io.BytesIO(), exclusions=chosen)]


ALL = [name for name in FILES if "/." not in name]


@pytest.mark.parametrize(
    ("patterns", "left_out"),
    [
        pytest.param({".gitignore": "build/"}, "build/a.png build/deep/b.png sub/build/c.png",
                     id="not in another repository"),
        pytest.param({".gitignore": "/build"}, "build/a.png build/deep/b.png", id="anchored"),
        pytest.param({"../.gitignore": "work/sub/*.png"}, "sub/a.png sub/keep.png", id="above"),
        pytest.param({"../.gitignore": "*.png", ".git/HEAD": ""}, "", id="above the repository"),
        pytest.param({".gitignore": "*.png", "sub/.gitignore": "!keep.png\n!in/*"},
                     "top.png build/a.png build/deep/b.png sub/a.png sub/build/c.png", id="nested"),
        pytest.param({".gitignore": "sub", "sub/.gitignore": "!*"},
                     "sub/a.png sub/keep.png sub/build/c.png sub/in/d.png", id="a folder is out"),
        pytest.param({".git/info/exclude": "sub/in"}, "sub/in/d.png", id="info/exclude"),
        pytest.param({".git/info/exclude": "*.png", ".gitignore": "!*.png"}, "", id="info first"),
        pytest.param({".git": "gitdir: ../main/w", "../main/w/commondir": "../common\n",
                      "../main/common/info/exclude": "sub"},
                     "sub/a.png sub/keep.png sub/build/c.png sub/in/d.png", id="a linked worktree"),
        pytest.param({".gitignore": "# nothing\n\n"}, "", id="no pattern"),
    ],
)  # fmt: skip
def test_gitignore_files(folder: Path, patterns: dict[str, str], left_out: str) -> None:
    for name, text in patterns.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert sorted(listed(".")) == sorted({*ALL} - {*left_out.split()})
    assert sorted(listed(str(folder))) == sorted(str(folder / each) for each in listed("."))
    assert sorted(listed(".", exclusions=Exclusions(gitignore=False))) == sorted(ALL)


@pytest.mark.parametrize(
    ("config", "of_user"),
    [
        pytest.param("[core]\n\texcludesFile = ~/mine", "~/mine", id="core.excludesFile"),
        pytest.param("[core]\n\texcludesFile = mine", "mine", id="relative"),
        pytest.param("[core]\n\texcludesFile =", ".config/git/ignore", id="switched off"),
        pytest.param("[user]\n\tname = A", ".config/git/ignore", id="the default"),
        pytest.param("[include]\n\tpath = more", "~/mine", id="included"),
    ],
)
def test_the_users_own_patterns_leave_out_what_git_ignores(
    folder: Path, config: str, of_user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = folder.parent / "home"
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    own = (home / of_user[2:] if of_user[0] == "~" else
           home / of_user if of_user[0] == "." else folder / of_user)  # fmt: skip
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("build/\nkeep.png\n")
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text(config + "\n")
    (home / "more").write_text("[core]\n\texcludesFile = ~/mine\n")
    (folder / ".gitignore").write_text("!keep.png\n")  # is stronger
    subprocess.run(["git", "init", "--quiet"], check=True)

    names = [name for name in ALL if not name.startswith("vendor/")]
    done = subprocess.run(["git", "check-ignore", "--no-index", *names],
                          capture_output=True, text=True, check=False)  # fmt: skip
    found = {name for name in listed(".") if not name.startswith("vendor/")}
    assert {*names} - found == {*done.stdout.split()}


def test_what_is_named_is_listed(folder: Path) -> None:
    (folder / ".gitignore").write_text("build/\n/sub/*\n*.bmp\n")
    (folder / "sub/in/old.bmp").touch()
    assert listed("build/a.png") == ["build/a.png"]
    assert listed("build") == ["build/a.png", "build/deep/b.png"]
    assert listed("build/deep") == ["build/deep/b.png"]
    assert listed("sub/in") == ["sub/in/d.png", "sub/in/old.bmp"]
    assert listed("s*/in") == ["sub/in/d.png", "sub/in/old.bmp"]
    assert listed("vendor/build") == ["vendor/build/f.png"]


@pytest.mark.parametrize(
    ("globs", "path", "left"),
    [
        pytest.param(["sub"], ".", "top.png build vendor", id="a name"),
        pytest.param(["sub/*"], ".", "top.png build vendor", id="all of a folder"),
        pytest.param(["*.png", "!build/deep/"], ".", "", id="endings"),
        pytest.param(["*.png", "!b.png"], "build", "build/deep", id="not after all"),
        pytest.param(["deep/*"], "build", "build/a.png", id="relative to what is named"),
    ],
)
def test_globs(folder: Path, globs: list[str], path: str, left: str) -> None:
    found = listed(path, exclusions=Exclusions(globs=(("", tuple(globs)),)))
    assert folder.exists()
    assert found == [each for each in sorted(ALL) if each.startswith(tuple(left.split() or ["?"]))]


def test_commands(folder: Path, wanprep: Command) -> None:
    for name in ("good.png", "drafts/bad.png", "old/bad.png", "out/bad.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (320, 240) if "good" in name else (32, 24)).save(folder / name)
    for name in ALL:
        (folder / name).unlink()
    (folder / ".gitignore").write_text("out/\n")
    (folder / "wanprep.toml").write_text('exclude = ["old/*"]\n')
    exclude = ("--exclude", "drafts")

    def subjects(*arguments: str) -> list[str]:
        found = json.loads(wanprep("check", "--format", "json", *arguments).out)["verdicts"]
        return [each["subject"] for each in found]

    assert subjects(*exclude) == ["good.png"]
    assert subjects() == ["drafts/bad.png", "good.png"]
    assert subjects("--no-ignore") == ["drafts/bad.png", "good.png", "old/bad.png", "out/bad.png"]
    assert subjects("old", "out/bad.png") == ["old/bad.png", "out/bad.png"]
    assert [each["path"] for each in json.loads(wanprep("probe", "--format", "json", *exclude).out)
            if each["kind"] == "image"] == ["good.png"]  # fmt: skip
    assert "drafts" not in wanprep("fix", "--plan", *exclude).out
    assert "drafts/bad.png" in wanprep("fix", "--plan").out
    assert wanprep("check", "--exclude", "*.png").status == 2


def test_patterns_are_imported_when_there_are_some(folder: Path) -> None:
    code = (
        "import io, sys; from wanprep.check.listing import files_in\n"
        "list(files_in(['.'], io.BytesIO())); print('wanprep.check.gitignore' in sys.modules)"
    )
    (folder / ".git").mkdir()  # nothing above is read
    for expected in ("False\n", "True\n"):
        assert subprocess.check_output([sys.executable, "-c", code], text=True) == expected
        (folder / ".gitignore").write_text("build")


@pytest.mark.parametrize(
    ("globs", "excluded"),
    [
        (("drafts/",), ["drafts/a.yaml", "drafts/old/b.yaml"]),
        (("*.yaml", "!keep.yaml"), ["a.yaml", "drafts/a.yaml", "drafts/old/b.yaml"]),
        (("/drafts/*.yaml",), ["drafts/a.yaml"]),
        ((), []),
    ],
)
def test_one_file_is_excluded_as_in_a_walk(
    tmp_path: Path, globs: tuple[str, ...], excluded: list[str]
) -> None:
    git = tmp_path / "work"  # a repository, beside one in which all is ignored
    for folder in (git / ".git", git / "drafts/old"):
        folder.mkdir(parents=True)
    (tmp_path / ".gitignore").write_text("*")
    (git / ".gitignore").write_text("\n".join(globs))
    config = Config(folder=tmp_path, exclude=globs)
    names = ["a.yaml", "keep.yaml", "drafts/a.yaml", "drafts/old/b.yaml", "../a.yaml"]

    assert [name for name in names if is_excluded(config, str(tmp_path / name))] == excluded
    assert [name for name in names[:-1] if is_git_ignored(str(git / name))] == excluded
