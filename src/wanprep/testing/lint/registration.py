"""Check what a plugin registers, its hosts, and what its import costs."""

from __future__ import annotations

import inspect
import re
import sys
import threading
import time
import warnings
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import PluginWarning
from wanprep.testing.lint.problem import Problem, in_line
from wanprep.testing.lint.targets import check_agreement
from wanprep.testing.lint.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.plugins.loading import Plugins
    from wanprep.testing.lint.plugin import PluginPackage
    from wanprep.testing.lint.watch import Line

IMPORT_BUDGET: Final = 0.5  # seconds
_PAUSE: Final = 0.005
_SCHEME: Final = re.compile(r"(?!(https?|file|data)$)[a-z][a-z0-9+.-]*")


def check_registration(
    found: PluginPackage, plugins: Plugins, service: Mapping[str, Any] | None
) -> Iterator[Problem]:
    """Check that the code registers what the data describes."""
    for name, reason in plugins.broken.items():
        yield Problem("__init__.py", name, f"{reason}.")
    if plugins.broken:
        return
    if not plugins.registers_anything:
        message = "registers nothing: write a hook, marked @hookimpl."
        yield Problem("__init__.py", found.package, message)
    for name, provider in plugins.providers.items():
        if service is None:
            if not (found.folder / "provider.json").exists():
                yield Problem("provider.json", "", f"missing, and '{name}' needs one.")
        elif service["name"] != name:
            message = f"is '{service['name']}' here, and '{name}' in the code."
            yield Problem("provider.json", "name", message)
        else:
            messages = check_agreement(service, provider)
            yield from (Problem("provider.json", *each) for each in messages)
    if service is not None and not plugins.providers:
        message = f"does not register the provider '{service['name']}'."
        yield Problem("__init__.py", found.package, message)


def check_hosts(plugins: Plugins) -> Iterator[Problem]:
    """Check that hosts can be called, and are for schemes that a configuration can name."""
    for scheme, host in plugins.hosts.items():
        place = f"host {scheme}"
        if not _SCHEME.fullmatch(scheme):
            message = "is no scheme of a URL of a store: use lower-case letters, such as s3."
            yield Problem("__init__.py", place, message)
        if not callable(host):
            message = f"is a {type(host).__name__} and cannot be called: host(file, below)."
            yield Problem("__init__.py", place, message)
            continue
        try:
            inspect.signature(host).bind("file", "s3://bucket/prefix")
        except TypeError as error:
            message = f"cannot be called as host(file, below): {error}."
            yield Problem("__init__.py", place, message)


def load_watched(found: PluginPackage, plugins: Plugins) -> Iterator[Problem]:
    """Import the plugin; its time is that of the processor, as sleeping is reported by itself."""
    watch = Watch(found.folder)
    start = time.thread_time()
    with (
        warnings.catch_warnings(action="ignore", category=PluginWarning),
        _lines_running(watch) as lines,
        watch.inside("import"),
    ):
        plugins.load_all()
    seconds = time.thread_time() - start
    for (_, message), line in watch.seen.items():
        yield in_line(Problem("__init__.py", found.package, message), line)
    if seconds > IMPORT_BUDGET:
        message = (
            f"takes {seconds:.1f} s to import, more than {IMPORT_BUDGET} s, most of it here:"
            " import what is heavy inside the function that needs it, and do no work at import."
        )
        slowest = lines.most_common(1)
        problem = Problem("__init__.py", found.package, message)
        yield in_line(problem, slowest[0][0] if slowest else None)


@contextmanager
def _lines_running(watch: Watch) -> Iterator[Counter[Line]]:
    """Look every few milliseconds which of the plugin's lines this thread is in."""
    lines: Counter[Line] = Counter()
    ended, thread = threading.Event(), threading.get_ident()

    def look() -> None:
        while not ended.wait(_PAUSE):
            line = watch.line_of(sys._current_frames().get(thread))  # noqa: SLF001 - the one way to see it
            lines.update([line] if line else ())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield lines
    finally:
        ended.set()
        looking.join()
