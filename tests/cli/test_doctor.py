from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from wanprep.cli import run

KEYS = ("EVOLINK_API_KEY", "OXEN_API_KEY", "RUNCOMFY_API_TOKEN", "RUNCOMFY_TOKEN",
        "RUNCOMFY_API_KEY", "WAVESPEED_API_KEY")  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANPREP_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name in (*KEYS, "IMAGEIO_FFMPEG_EXE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def checks(capfd: pytest.CaptureFixture[str], status: int = 0, section: str = "") -> dict[str, Any]:
    assert run(["doctor", "--format", "json"]) == status
    output = json.loads(capfd.readouterr().out)
    assert (output["version"], output["ok"]) == (1, status == 0)
    return {each["name"]: (each["state"], each["says"])
            for each in output["checks"] if section in {"", each["section"]}}  # fmt: skip


def test_no_problems_and_nothing_is_written(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor"]) == 0
    output = capfd.readouterr().out
    assert output.endswith("\nno problems found\n")
    for word in ("Pillow", "libmediainfo", "SQLite", "libx264, aac", "zscale", "state", "free"):
        assert word in output
    assert "none; to submit, set EVOLINK_API_KEY" in output
    assert list(folder.iterdir()) == []


def test_keys_are_found_but_not_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNCOMFY_TOKEN", "rc-very-secret-1")
    monkeypatch.setenv("OXEN_API_KEY", "two words")
    monkeypatch.setenv("https_proxy", "http://me:password@proxy.example.com:8080")
    output = checks(capfd, 1, "Keys")
    assert output["RunComfy"] == ("fine", "in RUNCOMFY_TOKEN")
    assert output["Oxen.ai"][0] == "trouble"
    assert output["EvoLink"] == ("note", "none; to submit, set EVOLINK_API_KEY")
    assert checks(capfd, 1, "Network")["https proxy"] == (
        "note",
        "http://***@proxy.example.com:8080",
    )
    run(["doctor"])
    shown = capfd.readouterr().out
    assert "OXEN_API_KEY contains a space" in shown
    for secret in ("very-secret", "two words", "password"):
        assert secret not in shown


def test_connections(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WANPREP_ALLOW_HOSTS", "nas:8000, store.example")
    assert checks(capfd, 0, "Network")["hosts of your own"] == (
        "note",
        "nas:8000, store.example, from WANPREP_ALLOW_HOSTS or [network]",
    )
    for name, value in (("all_proxy", "socks5://h:1"), ("WANPREP_ALLOW_HOSTS", "http://nas")):
        monkeypatch.setenv(name, value)
        state, message = checks(capfd, 1, "Network")["connections"]
        assert (state, name.upper() in message) == ("trouble", True)


def test_base_urls(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WANPREP_EVOLINK_BASE_URL", "http://127.0.0.1:1234/")
    monkeypatch.setenv("WANPREP_OXEN_BASE_URL", "http://oxen.example.com")
    output = checks(capfd, 1)
    assert output["EvoLink, files"] == (
        "note", "http://127.0.0.1:1234, from WANPREP_EVOLINK_BASE_URL",
    )  # fmt: skip
    assert output["Oxen.ai"][0] == "trouble"
    assert "must begin with https" in output["Oxen.ai"][1]


def test_folders(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "cache").mkdir()
    (folder / "cache/facts").write_bytes(b"x" * 2500)
    (folder / "file").write_text("")
    monkeypatch.setenv("WANPREP_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("WANPREP_STATE_DIR", str(folder / "file/state"))
    output = checks(capfd, 1)
    assert float(re.search(r"\(([0-9.]+) kB, ", output["cache"][1])[1]) > 2.5  # type: ignore[index]
    assert output["ledger of runs"][0] == "trouble"
    assert "WANPREP_STATE_DIR" in output["ledger of runs"][1]


@pytest.mark.parametrize(("free", "state"), [(10**10, "fine"), (10**9, "note"), (10**6, "trouble")])
def test_disk_space(
    free: int,
    state: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import shutil

    from wanprep.cli.doctor import folders

    # No disk can be filled for a test.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, free))
    assert {line.state for line in folders(os.environ)} == {state}


def script(file: Path, text: str) -> str:
    file.write_text(f"#!{sys.executable}\nimport sys\n{text}")
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("sys.exit(1)", "ffmpeg", "ffmpeg exits with status 1. Unset"),
        ("print('ffmpeg version 4.0' if '-version' in sys.argv else 'aac libx264')",
         "ffmpeg's libvmaf", "is missing; `wanprep fix` needs it for comparing"),
    ],
)  # fmt: skip
def test_an_ffmpeg_that_lacks_features(
    text: str, name: str, says: str, folder: Path,
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", script(folder / "ffmpeg", text))
    state, output = checks(capfd, 1)[name]
    assert state == "trouble"
    assert says in output
    assert "Unset IMAGEIO_FFMPEG_EXE" in output


@pytest.mark.parametrize("named", [True, False], ids=["wrong path", "none in the package"])
def test_a_missing_ffmpeg(
    named: bool, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    says = f"cannot be run: {folder}/none: No such file or directory. Unset"
    if named:
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(folder / "none"))
    else:
        # As on a system for which imageio-ffmpeg brings no program.
        monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", _none_found)
        says = "cannot be run: the package imageio-ffmpeg has no program for this system. Install"
    state, output = checks(capfd, 1)["ffmpeg"]
    assert state == "trouble"
    assert output.startswith(says)


def _none_found() -> str:
    raise RuntimeError("No ffmpeg exe could be found.")


def test_the_configuration(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "wanprep.toml").write_text(
        '[hosts]\ndefault = "memory://bucket"\noxen = "nowhere://me:secret@x"\n'
        '[providers.oxen]\nrepositry = "me/refs"\n'
    )
    output = checks(capfd, 1)
    assert output["file"] == ("fine", str(folder / "wanprep.toml"))
    assert output["files for all"] == ("fine", "memory://bucket")
    assert output["files for oxen"][0] == "trouble"
    assert "secret" not in output["files for oxen"][1]
    assert "at /repositry: unknown key; did you mean `repository`?" in output["oxen"][1]

    (folder / "wanprep.toml").write_text("targts = 1")
    assert "did you mean `targets`?" in checks(capfd, 1)["file"][1]


def test_missing_libraries(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    from wanprep.cli.doctor import libmediainfo, library

    assert library("no-such-package-at-all").state == "trouble"
    (folder / "pymediainfo.py").write_text("raise OSError('no library')")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "pymediainfo", raising=False)
    output = libmediainfo()
    monkeypatch.delitem(sys.modules, "pymediainfo", raising=False)
    assert (output.state, "no library" in output.says) == ("trouble", True)


def test_a_broken_plugin_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from wanprep.plugins.loading import installed

    info = folder / "place/wanprep_broken-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wanprep-broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[wanprep]\nbroken = no_such_module_at_all\n")
    monkeypatch.syspath_prepend(folder / "place")
    installed.cache_clear()
    try:
        assert checks(capfd, 1)["broken"][0] == "trouble"
    finally:
        installed.cache_clear()
