"""What every test gets: a cache of its own, and small real media made on the spot."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.metadata import entry_points
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final

import imageio_ffmpeg
import pytest
from commands import wanprep
from hypothesis import settings
from own_certificate import write_certificate

__all__ = ["wanprep"]

# Tracing doubles the time of a test. When so many rows of a table have reached nothing new, one
# after the other, the rest of it is not traced.
_USELESS_ROWS: Final = 5

# How long an example takes says only how busy the machine is.
settings.register_profile("default", deadline=None)
settings.load_profile("default")

# Whatever else is installed: the tests count and list what comes with wanprep.
os.environ["WANPREP_DISABLE_PLUGINS"] = ",".join(
    point.name
    for point in entry_points(group="wanprep")
    if point.dist is None or point.dist.name != "wanprep"
)


def pytest_xdist_auto_num_workers() -> int:
    """Start one more than there are cores: tests wait for other processes a third of the time."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) + 1
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave random input out of the coverage."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("untraced")


class _Tracing:
    """Coverage of what tests run, and of our modules; to trace pytest, too, takes longer."""

    def __init__(self) -> None:
        self._functions = sys.gettrace(), threading.gettrace()

    def pause(self) -> None:
        """Trace nothing, also in new threads."""
        self._set(None, None)

    def resume(self) -> None:
        """Trace as before."""
        self._set(*self._functions)

    def reached(self) -> int:
        """Count the lines and jumps that were reached."""
        trace, _ = self._functions
        return sum(map(len, getattr(trace, "data", {}).values()))

    def _set(self, function: Any, of_threads: Any) -> None:
        threading.settrace(None)  # a thread that begins now would fail
        while sys.gettrace() is not function:
            with suppress(RuntimeError):  # a thread that begins is doing the same
                sys.settrace(function)
        threading.settrace(of_threads)

    @contextmanager
    def resumed(self) -> Iterator[None]:
        """Trace for a while."""
        before = sys.gettrace()
        self.resume()
        try:
            yield
        finally:
            if before is None:
                self.pause()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Trace nothing for a while."""
        before = sys.gettrace()
        self.pause()
        try:
            yield
        finally:
            if before is not None:
                self.resume()


class _Imports(PathFinder):
    """Traces our modules, and nothing else, where they are imported to collect the tests."""

    tracing: ClassVar[_Tracing]

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = super().find_spec(fullname, path, target)
        if spec and type(spec.loader) is SourceFileLoader:
            is_ours = fullname.partition(".")[0] == "wanprep"
            loader = _TracedLoader if is_ours else _UntracedLoader
            spec.loader = loader(spec.loader.name, spec.loader.path)
        return spec


class _TracedLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with _Imports.tracing.resumed():
            super().exec_module(module)


class _UntracedLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with _Imports.tracing.paused():
            super().exec_module(module)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what is collected out of the garbage collector: it stays until the end."""
    gc.disable()
    tracing = _Imports.tracing = _Tracing()
    tracing.pause()
    if os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":  # all workers import the same
        sys.meta_path.insert(sys.meta_path.index(PathFinder), _Imports)
    try:
        return (yield)
    finally:
        with suppress(ValueError):
            sys.meta_path.remove(_Imports)
        gc.freeze()
        gc.set_threshold(50_000)  # a test makes little garbage, and many objects
        gc.enable()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Let coverage end its tracing itself."""
    result = yield
    _Imports.tracing.resume()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    if request.node.get_closest_marker("untraced"):
        return (yield)
    with _Imports.tracing.resumed():
        return (yield)


_useless_rows: Final = Counter[str]()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    tracing, table = _Imports.tracing, pyfuncitem.nodeid.partition("[")[0]
    is_useless = _useless_rows[table] >= _USELESS_ROWS
    if is_useless or pyfuncitem.get_closest_marker("untraced"):
        return (yield)
    before = tracing.reached()
    with tracing.resumed():
        result = yield
    is_new = tracing.reached() > before
    _useless_rows[table] = 0 if is_new else _useless_rows[table] + 1
    return result


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
        folder = tmp_path_factory.getbasetemp()
        shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
        if sys.dont_write_bytecode:  # where the checkout stays free of it, processes share it here
            monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(shared / "bytecode"))
        caches = tmp_path_factory.mktemp("caches")
        (shared / "targets").mkdir(exist_ok=True)
        (caches / "targets").symlink_to(shared / "targets")
        yield caches


_numbers = count()


@pytest.fixture(autouse=True)
def _own_cache(_environment: Path) -> None:
    """Share only which targets are valid, by their contents: to validate them all takes long."""
    folder = _environment / str(next(_numbers))
    folder.mkdir()
    (folder / "targets").symlink_to(_environment / "targets")
    os.environ["WANPREP_CACHE_DIR"] = str(folder)


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
