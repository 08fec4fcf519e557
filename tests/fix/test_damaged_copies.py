"""Streams are copied if accepted, unless the copy cannot be decoded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sample_videos import AAC, NOISE, X264, ffmpeg, make

from wanprep.cli import run

_NOTES = (
    "re-encoded, because its streams cannot be decoded as they are",
    "it is damaged in places (",
)


def test_a_damaged_copy_is_re_encoded(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clip = Path(
        make(
            Path("a.mkv"),
            "testsrc2=s=160x120:r=25:d=1",
            NOISE.replace("d=2", "d=1"),
            how=f"{X264} {AAC}",
        )
    )
    data = bytearray(clip.read_bytes())
    for at in range(len(data) // 3, len(data) * 2 // 3, 499):
        data[at] ^= 0x5A
    clip.write_bytes(data)

    assert run(["fix", "a.mkv", "--out", "ready"]) == 0

    out = capfd.readouterr().out
    assert all(note in out for note in _NOTES)
    (entry,) = json.loads(Path("ready/wanprep-receipt.json").read_text())["assets"]
    assert entry["encodes"] == 1
    assert set(entry["likeness"]) == {"ssim", "vmaf"}
    assert ffmpeg("-i", "ready/a.mp4", "-f", "null", "-") == b""
    assert sorted(each.name for each in Path("ready").iterdir()) == [
        "a.mp4", "wanprep-receipt.json",
    ]  # fmt: skip
    assert run(["fix", "a.mkv", "--out", "ready"]) == 0
    assert "0 files fixed, 1 kept from an earlier run" in capfd.readouterr().out
