"""Check what a plugin registers, its hosts, and what its import costs."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import PluginWarning
from wanprep.testing.lint.problem import Problem
from wanprep.testing.lint.targets import check_agreement
from wanprep.testing.lint.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.plugins.loading import Plugins
    from wanprep.testing.lint.plugin import PluginPackage

IMPORT_BUDGET: Final = 0.5  # seconds
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
    watch = Watch()
    start = time.thread_time()
    with warnings.catch_warnings(action="ignore", category=PluginWarning), watch.inside("import"):
        plugins.load_all()
    seconds = time.thread_time() - start
    yield from (Problem("__init__.py", *each) for each in watch.seen)
    if seconds > IMPORT_BUDGET:
        slowest = _slowest_module(found)
        message = (
            f"takes {seconds:.1f} s to import, more than {IMPORT_BUDGET} s, most of it {slowest}:"
            " import what is heavy inside the function that needs it, and do no work at import."
        )
        own = slowest.removeprefix(found.package).lstrip(".").replace(".", "/") or "__init__"
        file = f"{own}.py" if slowest.startswith(found.package) else "__init__.py"
        yield Problem(file, found.package, message)


def _slowest_module(found: PluginPackage) -> str:
    """Import the plugin's modules in a new process, and name the one that takes longest."""
    modules = [name for name in sys.modules if name.partition(".")[0] == found.package]
    paths = [str(found.folder.parent), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {', '.join(modules)}"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    times = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", done.stderr)
    return max(times, key=lambda each: int(each[0]), default=("", found.package))[1]
