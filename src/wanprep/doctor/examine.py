"""Everything that is looked at, in the order in which it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.config import Config, find_config
from wanprep.doctor.folders import folders
from wanprep.doctor.line import Line
from wanprep.doctor.programs import programs
from wanprep.doctor.services import services
from wanprep.errors import WanprepError
from wanprep.submit.secrets import redact
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def examine(start: Path, environ: Mapping[str, str]) -> Iterator[Line]:
    """Look at this machine as a command that is started in a folder would find it."""
    yield from programs()
    config, told = _configuration(start)
    yield from told
    yield from services(config, environ)
    yield from folders(environ)


def _configuration(start: Path) -> tuple[Config, list[Line]]:
    try:
        config = find_config(start)
    except WanprepError as error:
        return Config(start), [Line("Configuration", "file", "trouble", str(error))]
    where = visible(str(config.file)) if config.file else "none: `wanprep init` writes one"
    lines = [Line("Configuration", "file", "fine", where)]
    for name, address in config.hosts.items():
        lines.append(_host(name, address))
    return config, lines


def _host(name: str, address: str) -> Line:
    import fsspec

    from wanprep.submit.services.plugins import load_hosts

    scheme = address.partition("://")[0]
    title = "files for all" if name == "default" else f"files for {name}"
    if scheme not in load_hosts():
        try:
            fsspec.get_filesystem_class(scheme)
        except (ImportError, ValueError) as error:
            says = f"{redact(address)}: {error}"
            return Line("Configuration", title, "trouble", says)
    return Line("Configuration", title, "fine", redact(address))
