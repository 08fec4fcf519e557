"""What every test gets: a cache of its own, and small real media made on the spot."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from commands import wanprep
from own_certificate import write_certificate

__all__ = ["wanprep"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANPREP_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing but loopback be reached: everything else goes to a proxy that is not there."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    monkeypatch.delenv("NO_PROXY", raising=False)


@pytest.fixture(scope="session")
def _certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def _short_list(_certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust one certificate of our own: to read the world's takes long, at every connection."""
    monkeypatch.setenv("SSL_CERT_FILE", str(_certificates))


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    executable: str = imageio_ffmpeg.get_ffmpeg_exe()
    return executable


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory, ffmpeg: str) -> Path:
    """A second of test image, 320x240 at 25 frames a second, with a tone."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    inputs = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=1"]
    inputs += ["-f", "lavfi", "-i", "sine=frequency=440:duration=1"]
    codecs = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([ffmpeg, "-v", "error", "-y", *inputs, *codecs, str(path)], check=True)
    return path
