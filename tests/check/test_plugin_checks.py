"""Checks and report formats of plugins: found without being imported, shown in every format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from commands import forget_modules
from PIL import Image

from wanprep.plugins.loading import installed
from wanprep.report import FORMATS
from wanprep.rules.finding import forget_plugin_rules

if TYPE_CHECKING:
    from commands import Command


def _shown(page: str, language: str) -> str:
    """Return the first block of a language in a how-to: what is tested is what is documented."""
    text = (Path(__file__).parents[2] / f"docs/how-to/{page}.md").read_text("utf-8")
    return text.partition(f"```{language}\n")[2].partition("```")[0]


RULES: Final = _shown("write-checks", "json")
CODE: Final = _shown("write-checks", "python") + _shown("write-a-report-format", "python")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    package = tmp_path / "lib/wanprep_acme"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(CODE)
    (package / "rules.json").write_text(RULES)
    info = tmp_path / "lib/wanprep_acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wanprep-acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[wanprep]\nacme = wanprep_acme\n")
    work = tmp_path / "work"
    work.mkdir()
    Image.new("RGB", (640, 640), "teal").save(work / "hero.png")
    job = {"target": "wan/2.7", "prompt": "She waves.", "references": [{"image": "hero.png"}],
           "parameters": {"duration": 5}}  # fmt: skip
    (work / "job.json").write_text(json.dumps(job, indent=1))
    monkeypatch.chdir(work)
    monkeypatch.syspath_prepend(tmp_path / "lib")
    forget_modules("wanprep_acme")
    for forget in (installed.cache_clear, forget_plugin_rules):
        forget()
    yield package
    for forget in (installed.cache_clear, forget_plugin_rules):
        forget()


def findings(wanprep: Command, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(wanprep("check", *arguments, "--format", "json").out)[
        "findings"
    ]
    return [each for each in found if each["rule"].startswith("acme/")]


def test_files_and_jobs_are_checked(wanprep: Command) -> None:
    [bare] = findings(wanprep, "hero.png")
    assert bare["message"] == ("hero.png: 640 px wide; 600 px at most. Scale it to 600 px or less.")
    assert (bare["severity"], bare["found"], bare["allowed"]) == ("error", 640, 600)
    assert wanprep("check", "hero.png").status == 1
    wide, seed = findings(wanprep, "job.json")
    assert (wide["rule"], wide["pointer"], wide["line"]) == (
        "acme/no-wide", "/references/0/image", 6,
    )  # fmt: skip
    assert (seed["rule"], seed["pointer"], seed["severity"]) == (
        "acme/seed", "/parameters", "warning",
    )  # fmt: skip


@pytest.mark.untraced
@pytest.mark.parametrize("style", FORMATS)
def test_every_format_shows_them(wanprep: Command, style: str) -> None:
    assert "acme/no-wide" in wanprep("check", "job.json", "--format", style).out


def test_they_can_be_ignored_weighed_and_explained(wanprep: Command) -> None:
    assert findings(wanprep, "hero.png", "--ignore", "acme/no-wide") == []
    Path("wanprep.toml").write_text('[severity]\n"acme/no-wide" = "note"\n')
    assert [each["severity"] for each in findings(wanprep, "hero.png")] == ["note"]
    explained = wanprep("explain", "acme/no-wide").out
    assert "Why: Our template crops" in explained
    assert "acme/no-wide" in wanprep("explain").out
    wrong = wanprep("check", "hero.png", "--ignore", "acme/no-wid")
    assert (wrong.status, "Did you mean 'acme/no-wide'?" in wrong.err) == (2, True)
    assert "check acme/no-wide" in wanprep("plugin", "list").out


def test_a_format_of_a_plugin(wanprep: Command) -> None:
    result = wanprep("check", "hero.png", "--format", "acme-csv")
    assert (result.status, result.out) == (1, "acme/no-wide;hero.png\n")
    unknown = wanprep("check", "hero.png", "--format", "acme-xml")
    assert (unknown.status, "acme-xml" in unknown.err) == (2, True)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("__init__.py", 'width > 600', "1 / 0",
         "the check acme/no-wide of the plugin acme fails: ZeroDivisionError"),
        ("__init__.py", 'rule="acme/seed"', 'rule="acme/sed"', "acme/sed is not in its rules.json"),
        ("__init__.py", "from wanprep", "import nothing\nfrom wanprep", "No module named"),
        ("rules.json", "acme/seed", "other/seed", "must begin with acme/"),
        ("rules.json", '"severity": "error"', '"severity": "bad"', "severity"),
    ],
)  # fmt: skip
def test_a_broken_plugin_is_left_out(
    wanprep: Command, folder: Path, file: str, old: str, new: str, message: str
) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    forget_plugin_rules()
    result = wanprep("check", "hero.png", "--format", "json")
    assert result.status == 0 if "seed" not in old else result.status in {0, 1}
    assert message in result.err
    assert "wanprep: warning: " in result.err


def test_plugin_check_knows_them(wanprep: Command, folder: Path) -> None:
    assert wanprep("plugin", "check", folder).status == 0
    text = (folder / "rules.json").read_text()
    (folder / "rules.json").write_text(text.replace("acme/seed", "acme/Seed"))
    result = wanprep("plugin", "check", folder)
    assert result.status == 1
    assert "rules.json: the name 'acme/Seed' must begin with acme/, in lower case." in result.out
    assert "is not in its rules.json" in result.out
    assert "prints" not in result.out


def test_a_disabled_plugin_has_no_rules(wanprep: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANPREP_DISABLE_PLUGINS", "acme")
    forget_plugin_rules()
    assert wanprep("check", "hero.png").status == 0
    assert wanprep("explain", "acme/no-wide").status == 2
