"""`wanprep doctor`: check this installation and what it depends on; change nothing."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import warnings
from dataclasses import asdict, replace
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from wanprep import __version__
from wanprep.cli.options import format_option, use_color
from wanprep.dataclass import dataclass
from wanprep.errors import PluginWarning, WanprepError
from wanprep.stores.stores import EXTRAS
from wanprep.text import file_size, join_words, plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.config import Config
    from wanprep.submit.services.service import Service

_MARKS: Final = {"fine": ("ok", "green"), "note": ("note", "cyan"), "trouble": ("ERROR", "red")}
_LOW_SPACE: Final = 2_000_000_000  # bytes; a fixed video and its draft fit many times
_NO_SPACE: Final = 100_000_000
_TIMEOUT: Final = 20.0  # seconds, for ffmpeg to answer
_REINSTALL: Final = "Install wanprep's dependencies again: python -m pip install --upgrade wanprep"
_LIBRARIES: Final = ("Pillow", "pi-heif", "pymediainfo", "ffmpeg-python", "httpx", "jsonschema")
# What ffmpeg must be able to do, the option that lists it, and what needs it.
_ABILITIES: Final = {
    "libx264": ("-encoders", "video"),
    "aac": ("-encoders", "audio of videos"),
    "libmp3lame": ("-encoders", "MP3"),
    "libvmaf": ("-filters", "comparing a video with its source"),
    "ssim": ("-filters", "comparing a video with its source"),
    "tonemap": ("-filters", "HDR video"),
    "zscale": ("-filters", "HDR video"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """The result of one check; `trouble` must be fixed, a `note` need not."""

    section: str
    name: str
    state: Literal["fine", "note", "trouble"]
    says: str


@click.command(short_help="Check this installation and what it depends on.")
@format_option(["text", "json"], "Text, or a JSON object.")
def doctor(style: str) -> int:
    """Check this installation: programs, keys, URLs, folders, configuration, plugins.

    Nothing is changed and no network is used. Keys are never shown, only whether there is one, so
    the output can be posted in a bug report.

    Exit status: 0 no problems, 1 problems found (each with how to fix it).

    \b
    Examples:
      wanprep doctor
      wanprep doctor --format json
    """
    with warnings.catch_warnings(record=True, action="always", category=PluginWarning) as left_out:
        lines = list(_examine(Path.cwd(), os.environ))
    lines += [*_broken_plugins(each.message for each in left_out), *folders(os.environ)]
    problems = sum(line.state == "trouble" for line in lines)
    if style == "json":
        result = {"version": 1, "ok": not problems, "checks": [asdict(line) for line in lines]}
        click.echo(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        _print(lines)
        click.echo(f"\n{plural(problems, 'problem')} found" if problems else "\nno problems found")
    return int(problems > 0)


def _print(lines: Sequence[Line]) -> None:
    color = use_color(sys.stdout)
    width = max(len(line.name) for line in lines)
    for section, members in groupby(lines, key=lambda line: line.section):
        click.echo(click.style(section, bold=True), color=color)
        for line in members:
            mark, shade = _MARKS[line.state]
            colored = click.style(f"{mark:<5}", fg=shade)
            click.echo(f"  {colored}  {line.name:<{width}}  {line.says}", color=color)


def _examine(start: Path, environ: Mapping[str, str]) -> Iterator[Line]:
    """Check everything as a command that starts in a folder would find it."""
    from wanprep.config import Config, find_config
    from wanprep.rules.target import all_targets

    yield from _programs()
    try:
        config = find_config(start)
    except WanprepError as error:
        config = Config(start)
        yield Line("Configuration", "file", "trouble", str(error))
    else:
        yield from _configuration(config)
    try:
        targets = [target.id for target in all_targets(config.target_folders).usable_listed()]
    except WanprepError as error:
        yield Line("Configuration", "target folders", "trouble", str(error))
        config, targets = replace(config, target_folders=()), list(all_targets())
    yield from _services(config, targets, environ)


def _programs() -> Iterator[Line]:
    import sqlite3

    folder = Path(__file__).parents[1]
    yield Line("Programs", "wanprep", "fine", f"{__version__} in {folder}")
    yield Line("Programs", "Python", "fine", f"{platform.python_version()} at {sys.executable}")
    for name in _LIBRARIES:
        yield library(name)
    yield libmediainfo()
    yield Line("Programs", "SQLite", "fine", sqlite3.sqlite_version)
    yield from _ffmpeg()
    yield from _protections()


def _protections() -> Iterator[Line]:
    """Say what this system does not enforce while files of strangers are read."""
    from wanprep.engines.guard import missing_protections

    missing = missing_protections()
    yield from (Line("Protections", name, "note", says) for name, says in missing.items())
    if not missing:
        message = "time and memory of readers, child processes, file locks"
        yield Line("Protections", "all", "fine", message)


def library(name: str) -> Line:
    """Check that a distribution is installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Line("Programs", name, "fine", version(name))
    except PackageNotFoundError:
        return Line("Programs", name, "trouble", f"is not installed. {_REINSTALL}")


def libmediainfo() -> Line:
    """Check that the library behind pymediainfo can be loaded, and which version it is."""
    from io import BytesIO

    try:
        from pymediainfo import MediaInfo

        output = json.loads(MediaInfo.parse(BytesIO(b"-"), output="JSON"))
        return Line("Programs", "libmediainfo", "fine", str(output["creatingLibrary"]["version"]))
    except (ImportError, OSError, RuntimeError, ValueError, KeyError) as error:
        message = f"cannot be loaded: {error}. {_REINSTALL}"
        return Line("Programs", "libmediainfo", "trouble", message)


def _ffmpeg() -> Iterator[Line]:
    import imageio_ffmpeg

    override = os.environ.get("IMAGEIO_FFMPEG_EXE")
    advice = "Unset IMAGEIO_FFMPEG_EXE, or set it to a full build." if override else _REINSTALL
    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        version = _output(program, "-version").partition("\n")[0].split(" Copyright")[0]
        words = {
            option: set(_output(program, "-hide_banner", option).split())
            for option in ("-encoders", "-filters")
        }
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        message = f"cannot be run: {_cause(error, override)}. {advice}"
        yield Line("Programs", "ffmpeg", "trouble", message)
        return
    version = version.removeprefix("ffmpeg version ")
    yield Line("Programs", "ffmpeg", "fine", f"{version} at {program}")
    missing = {name: use for name, (option, use) in _ABILITIES.items() if name not in words[option]}
    for name, use in missing.items():
        message = f"is missing; `wanprep fix` needs it for {use}. {advice}"
        yield Line("Programs", f"ffmpeg's {name}", "trouble", message)
    if not missing:
        yield Line("Programs", "ffmpeg features", "fine", ", ".join(_ABILITIES))


def _cause(error: Exception, override: str | None) -> str:
    match error:
        case OSError(strerror=str(why)):
            return f"{override or error.filename}: {why}"
        case subprocess.CalledProcessError(returncode=status):
            return f"{override or error.cmd[0]} exits with status {status}"
        case subprocess.TimeoutExpired():
            return f"{override or error.cmd[0]} does not answer"
        case _:
            return "the package imageio-ffmpeg has no program for this system"


def _output(*command: str) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=True,
        text=True, errors="replace",
    )  # fmt: skip
    return done.stdout


def _configuration(config: Config) -> Iterator[Line]:
    from wanprep.net.secrets import redact
    from wanprep.plugins.loading import load_hosts

    where = visible(str(config.file)) if config.file else "none; `wanprep init` writes one"
    yield Line("Configuration", "file", "fine", where)
    for name, url in config.hosts.items():
        title = "files for all" if name == "default" else f"files for {name}"
        scheme = url.partition("://")[0]
        problem = "" if scheme in load_hosts() else _missing_package(scheme)
        details = redact(f"{url}: {problem}" if problem else url)
        yield Line("Configuration", title, "trouble" if problem else "fine", details)


def _missing_package(scheme: str) -> str:
    """Return what a store of a scheme needs; empty if it is there."""
    if extra := EXTRAS.get(scheme):
        return "" if find_spec("obstore") else f"run `pip install 'wanprep[{extra}]'`"
    import fsspec

    try:
        fsspec.get_filesystem_class(scheme)
    except (ImportError, ValueError) as error:
        return str(error)
    return ""


def _services(config: Config, targets: Iterable[str], environ: Mapping[str, str]) -> Iterator[Line]:
    """Check each provider that has a target, without a request."""
    from wanprep.net.secrets import redact
    from wanprep.submit.services.service import DataOnly, Services

    providers = Services(config)
    found: list[Service] = []
    for name in dict.fromkeys(target.partition("/")[0] for target in targets):
        try:
            found.append(providers.service(name))
            providers.settings(name)
        except DataOnly:
            continue  # nothing is sent there
        except WanprepError as error:
            yield Line("Keys", name, "trouble", redact(str(error)))
    yield from (_key(service, environ) for service in found)
    for service in found:
        yield from _base_urls(service, environ)
    yield from _proxies()
    yield from _connections(config, environ)
    yield from _plugins()


def _key(service: Service, environ: Mapping[str, str]) -> Line:
    from wanprep.submit.services.keys import find_key

    try:
        key = find_key(service, environ)
    except WanprepError as error:
        return Line("Keys", service.title, "trouble", str(error))
    if key:
        where = next((name for name in service.keys if environ.get(name)), "the system's keyring")
        return Line("Keys", service.title, "fine", f"in {where}")
    names = join_words(service.keys, "or")
    return Line("Keys", service.title, "note", f"none; to submit, set {names}")


def _base_urls(service: Service, environ: Mapping[str, str]) -> Iterator[Line]:
    from wanprep.net.secrets import redact
    from wanprep.submit.services.service import base_url_variables

    for name in service.bases:
        title = service.title if len(service.bases) == 1 else f"{service.title}, {name}"
        try:
            url = redact(service.base(name, environ))
        except WanprepError as error:
            yield Line("Network", title, "trouble", str(error))
            continue
        names = base_url_variables(service.name, name)
        override = next((each for each in names if environ.get(each, "").strip()), None)
        if override:
            yield Line("Network", title, "note", f"{url}, from {override}")
        else:
            yield Line("Network", title, "fine", url)


def _proxies() -> Iterator[Line]:
    from urllib.request import getproxies

    from wanprep.net.secrets import redact

    proxies = getproxies()
    for name in ("http", "https", "all", "no"):
        if url := proxies.get(name):
            yield Line("Network", f"{name} proxy", "note", redact(url))
    if not proxies:
        yield Line("Network", "proxy", "fine", "none")


def _connections(config: Config, environ: Mapping[str, str]) -> Iterator[Line]:
    """Check that proxies and certificates can be used, and name the hosts that are exempt."""
    from wanprep.net.client import open_client
    from wanprep.net.reach import VARIABLE, Reach, allowed_hosts

    try:
        hosts = allowed_hosts(environ, config.allow_hosts)
        open_client(Reach(), timeout=1, connections=1, keep_alive=False).close()
    except WanprepError as error:
        yield Line("Network", "connections", "trouble", str(error))
        return
    if hosts:
        names = (f"{name}:{port}" if port else name for name, port in hosts)
        message = f"{', '.join(sorted(names))}, from {VARIABLE} or [network]"
        yield Line("Network", "hosts of your own", "note", message)


def _plugins() -> Iterator[Line]:
    from wanprep.plugins.loading import installed

    plugins = installed().load_all()
    yield Line("Plugins", "providers", "fine", ", ".join(sorted(plugins.providers)))
    if plugins.hosts:
        yield Line("Plugins", "file hosts", "fine", ", ".join(sorted(plugins.hosts)))


def _broken_plugins(left_out: Iterable[Warning | str]) -> Iterator[Line]:
    from wanprep.net.secrets import redact

    found = {str(each): each.plugin for each in left_out if isinstance(each, PluginWarning)}
    for message, plugin in found.items():
        yield Line("Plugins", plugin, "trouble", redact(message))


def folders(environ: Mapping[str, str]) -> Iterator[Line]:
    """Check that each folder can be written, and has space; none is created."""
    from wanprep.files.state_folder import VARIABLE, state_folder
    from wanprep.media.cache import cache_folder

    yield _folder("cache", cache_folder(), "WANPREP_CACHE_DIR", sized=True)
    yield _folder("ledger of runs", state_folder(environ), VARIABLE, sized=True)
    yield _folder("temporary files", tempfile.gettempdir(), "TMPDIR", sized=False)


def _folder(name: str, folder: str, variable: str, *, sized: bool) -> Line:
    existing = folder
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing) or not os.access(existing, os.W_OK | os.X_OK):
        message = f"{visible(folder)} cannot be written. Fix that, or set {variable}."
        return Line("Folders", name, "trouble", message)
    free = shutil.disk_usage(existing).free
    if free < _NO_SPACE:
        message = f"{visible(folder)}: {file_size(free)} free. Free some space."
        return Line("Folders", name, "trouble", message)
    details = f"{file_size(_size(folder))}, " if sized else ""
    message = f"{visible(folder)} ({details}{file_size(free)} free)"
    return Line("Folders", name, "note" if free < _LOW_SPACE else "fine", message)


def _size(folder: str) -> int:
    paths = (os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
    return sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
