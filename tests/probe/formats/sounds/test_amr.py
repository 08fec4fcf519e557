from __future__ import annotations

import pytest
from containers import SOUND, make, survives

from wanprep.probe.formats.sounds import amr
from wanprep.probe.formats.sounds.amr import read_amr
from wanprep.probe.source import Bytes

NARROW = b"#!AMR\n"
WIDE = b"#!AMR-WB\n"


def test_a_recording() -> None:
    data = make(f"{SOUND} -ar 8000 -c:a libopencore_amrnb", ".amr")

    found = read_amr(Bytes(data))

    assert (found["format"], found["audio_codec"], found["sample_rate"]) == ("amr", "amr_nb", 8000)
    assert found["readable"] is True
    assert found["duration"] == pytest.approx(1.2, abs=0.05)


@pytest.mark.parametrize(
    ("data", "codec", "seconds"),
    [
        pytest.param(NARROW + (b"\x04" + bytes(12)) * 50, "amr_nb", 1, id="slow"),
        pytest.param(NARROW + (b"\x3c" + bytes(31)) * 50, "amr_nb", 1, id="fast"),
        pytest.param(NARROW + (b"\x3c" + bytes(31) + b"\x7c") * 50, "amr_nb", 2, id="with pauses"),
        pytest.param(NARROW + (b"\x3c" + bytes(31)) * 50 + b"\x3c", "amr_nb", 1, id="cut off"),
        pytest.param(WIDE + (b"\x44" + bytes(60)) * 50, "amr_wb", 1, id="wide"),
    ],
)
def test_frames_of_many_sizes(data: bytes, codec: str, seconds: float) -> None:
    found = read_amr(Bytes(data))

    assert found["audio_codec"] == codec
    assert (found["readable"], found["duration"]) == (True, seconds)


@pytest.mark.parametrize("data", [NARROW, NARROW + b"\x4c" + bytes(99), b"#!AMR_MC1.0\n"])
def test_what_cannot_be_used(data: bytes) -> None:
    found = read_amr(Bytes(data))

    assert found["readable"] is False
    assert found["problem"]


def test_what_follows_eleven_hours_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amr, "_MOST_FRAMES", 25)

    assert read_amr(Bytes(NARROW + b"\x7c" * 50))["duration"] == 0.5


def test_damage() -> None:
    survives(read_amr, make(f"{SOUND} -ar 8000 -c:a libopencore_amrnb", ".amr"))
