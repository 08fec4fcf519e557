"""What every test gets: a cache of its own, and small real media made on the spot."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import entry_points
from itertools import count
from pathlib import Path
from typing import Final

import imageio_ffmpeg
import pytest
from commands import wanprep
from own_certificate import write_certificate

__all__ = ["wanprep"]

# Tracing doubles the time of a test, and further rows of a table of commands reach hardly any
# further lines.
_TRACED_ROWS: Final = 8
_OF_COMMANDS: Final = "check cli emulator engines fix hooks plugins report results submit".split()

# Whatever else is installed: the tests count and list what comes with wanprep.
os.environ["WANPREP_DISABLE_PLUGINS"] = ",".join(
    point.name
    for point in entry_points(group="wanprep")
    if point.dist is None or point.dist.name != "wanprep"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out of the coverage random input, and further rows of a table of commands."""
    rows = Counter[str]()
    for item in items:
        function = item.nodeid.partition("[")[0]
        rows[function] += 1
        is_random = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        is_further = rows[function] > _TRACED_ROWS and function.split("/")[1] in _OF_COMMANDS
        if is_random or is_further:
            item.add_marker("untraced")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Pause tracing; the `no_cover` of pytest-cov would do so for the call alone."""
    trace, of_threads = sys.gettrace(), threading.gettrace()
    if item.get_closest_marker("untraced"):
        sys.settrace(None)
        threading.settrace(None)
    yield
    if item.get_closest_marker("untraced"):
        sys.settrace(trace)
        threading.settrace(of_threads)


@pytest.fixture(scope="session", autouse=True)
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let nothing but loopback be reached, and return the folder of all caches."""
    certificates = write_certificate(tmp_path_factory.mktemp("certificates"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")  # a proxy that is not there
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
        monkeypatch.delenv("NO_PROXY", raising=False)
        # One certificate of our own: to read the world's takes long, at every connection.
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates))
        if sys.dont_write_bytecode:  # where the checkout stays free of it, processes share it here
            monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            folder = tmp_path_factory.getbasetemp()
            shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
            monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(shared / "bytecode"))
        caches = tmp_path_factory.mktemp("caches")
        (caches / "targets").mkdir()
        yield caches


_numbers = count()


@pytest.fixture(autouse=True)
def _own_cache(_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Share only which targets are valid, by their contents: to validate them all takes long."""
    folder = _environment / str(next(_numbers))
    folder.mkdir()
    (folder / "targets").symlink_to(_environment / "targets")
    monkeypatch.setenv("WANPREP_CACHE_DIR", str(folder))


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
