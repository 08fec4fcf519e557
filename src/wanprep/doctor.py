"""Inspect this machine: folders, programs, libraries, providers and plugins."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from wanprep import __version__
from wanprep.config import Config, find_config
from wanprep.errors import WanprepError
from wanprep.files.state_folder import VARIABLE, state_folder
from wanprep.media.cache import cache_folder
from wanprep.net.secrets import redact
from wanprep.submit.services.keys import find_key
from wanprep.submit.services.service import Services, base_url_variables
from wanprep.text import file_size, listed, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wanprep.submit.services.service import Service


State = Literal["fine", "note", "trouble"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at; `trouble` says what to do, and `note` that nothing need be."""

    section: str
    name: str
    state: State
    says: str


_line: Final = partial(Line, "Folders")


_LITTLE: Final = 2_000_000_000  # a fixed clip and its draft fit many times


_NOTHING: Final = 100_000_000


def folders(environ: Mapping[str, str]) -> Iterator[Line]:
    """Look at each folder; none is made."""
    yield _folder("cache", cache_folder(), "WANPREP_CACHE_DIR")
    yield _folder("ledger of runs", state_folder(environ), VARIABLE)
    yield _folder("for the moment", tempfile.gettempdir(), "TMPDIR")


def _folder(name: str, folder: str, variable: str) -> Line:
    there = _nearest(folder)
    if not os.path.isdir(there) or not os.access(there, os.W_OK | os.X_OK):
        says = f"{visible(folder)} cannot be written: fix that, or name another in {variable}."
        return _line(name, "trouble", says)
    free = shutil.disk_usage(there).free
    size = file_size(_size(folder)) if name != "for the moment" else ""
    holds = ", ".join(filter(None, [size, f"{file_size(free)} free"]))
    if free < _NOTHING:
        says = f"{visible(folder)}: the disk is full ({file_size(free)} free). Make room there."
        return _line(name, "trouble", says)
    return _line(name, "note" if free < _LITTLE else "fine", f"{visible(folder)} ({holds})")


def _nearest(folder: str) -> str:
    """Find what there is of a path: it is there that a folder would be made."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return folder


def _size(folder: str) -> int:
    size = 0
    for at, _, names in os.walk(folder):
        paths = (os.path.join(at, name) for name in names)
        size += sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
    return size


_programs_line: Final = partial(Line, "Programs")


_INSTALL: Final = "Install wanprep's dependencies again: python -m pip install --upgrade wanprep"


_LIBRARIES: Final = {
    "Pillow": "pillow", "pi-heif": "pi-heif", "pymediainfo": "pymediainfo",
    "ffmpeg-python": "ffmpeg-python", "httpx": "httpx", "jsonschema": "jsonschema",
}  # fmt: skip


# What ffmpeg is asked to do, and the list in which it says whether it can.
_ABILITIES: Final = {
    "libx264": ("-encoders", "images of clips"),
    "aac": ("-encoders", "sound of clips"),
    "libmp3lame": ("-encoders", "MP3"),
    "libvmaf": ("-filters", "measuring how like its source a clip is"),
    "ssim": ("-filters", "measuring how like its source a clip is"),
    "tonemap": ("-filters", "clips in HDR"),
    "zscale": ("-filters", "clips in HDR"),
}


_SECONDS: Final = 20.0


def programs() -> Iterator[Line]:
    """Look at everything that must be there for probing and fixing."""
    yield _programs_line("wanprep", "fine", f"{__version__} in {os.path.dirname(__file__)}")
    yield _programs_line("Python", "fine", f"{platform.python_version()} at {sys.executable}")
    for name, package in _LIBRARIES.items():
        yield _library(name, package)
    yield _libmediainfo()
    yield _sqlite()
    yield from _ffmpeg()


def _library(name: str, package: str) -> Line:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return _programs_line(name, "fine", version(package))
    except PackageNotFoundError:
        return _programs_line(name, "trouble", f"is not installed. {_INSTALL}")


def _libmediainfo() -> Line:
    import json
    from io import BytesIO

    try:
        from pymediainfo import MediaInfo

        told = json.loads(MediaInfo.parse(BytesIO(b"-"), output="JSON"))
        return _programs_line("libmediainfo", "fine", str(told["creatingLibrary"]["version"]))
    except (ImportError, OSError, RuntimeError, ValueError, KeyError) as error:
        return _programs_line("libmediainfo", "trouble", f"cannot be loaded: {error}. {_INSTALL}")


def _sqlite() -> Line:
    import sqlite3

    return _programs_line("SQLite", "fine", sqlite3.sqlite_version)


def _ffmpeg() -> Iterator[Line]:
    import imageio_ffmpeg

    own = os.environ.get("IMAGEIO_FFMPEG_EXE")
    advice = "Unset IMAGEIO_FFMPEG_EXE, or let it name a fuller ffmpeg." if own else _INSTALL
    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        first = _said(program, "-version").partition("\n")[0].split(" Copyright")[0]
        lists = {name: _said(program, name) for name in ("-encoders", "-filters")}
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        yield _programs_line("ffmpeg", "trouble", f"cannot be run: {_cause(error, own)}. {advice}")
        return
    yield _programs_line("ffmpeg", "fine", f"{first.removeprefix('ffmpeg version ')} at {program}")
    words = {name: set(text.split()) for name, text in lists.items()}
    lacking = [name for name, (where, _) in _ABILITIES.items() if name not in words[where]]
    for name in lacking:
        use = _ABILITIES[name][1]
        yield _programs_line(
            f"ffmpeg's {name}", "trouble", f"is missing ({use}): fix fails there. {advice}"
        )
    if not lacking:
        yield _programs_line("it can", "fine", ", ".join(_ABILITIES))


def _cause(error: Exception, own: str | None) -> str:
    match error:
        case OSError(strerror=str(why)):
            return f"{own or error.filename}: {why}"
        case subprocess.CalledProcessError(returncode=status):
            return f"{own or error.cmd[0]} ends with status {status}"
        case subprocess.TimeoutExpired():
            return f"{own or error.cmd[0]} does not answer"
        case _:
            return "there is none in the package imageio-ffmpeg"


def _said(program: str, question: str) -> str:
    done = subprocess.run(
        [program, "-hide_banner", question] if question != "-version" else [program, question],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True,
        text=True, errors="replace",
    )  # fmt: skip
    return done.stdout


_key: Final = partial(Line, "Keys")


_place: Final = partial(Line, "Addresses")


_PROXIES: Final = ("http", "https", "all", "no")


def services(config: Config, environ: Mapping[str, str]) -> Iterator[Line]:
    """Look at each provider that has a target, without asking it anything."""
    from wanprep.rules.target import all_targets

    known = all_targets(config.target_folders)
    told = Services(config)
    found: list[Service] = []
    for name in dict.fromkeys(target.partition("/")[0] for target in known):
        try:
            found.append(told.service(name))
            told.settings(name)
        except WanprepError as error:
            if name != "wan":  # which is nobody's, but what several share
                yield _key(name, "trouble", redact(str(error)))
    yield from (_of_key(service, environ) for service in found)
    for service in found:
        yield from _of_addresses(service, environ)
    yield from _proxies()
    yield from _plugins()


def _of_key(service: Service, environ: Mapping[str, str]) -> Line:
    try:
        key = find_key(service, environ)
    except WanprepError as error:
        return _key(service.title, "trouble", str(error))
    where = next((name for name in service.keys if environ.get(name)), "the system's keyring")
    if key:
        return _key(service.title, "fine", f"in {where}")
    names = listed(service.keys, "or")
    return _key(service.title, "note", f"none: set {names} to submit there")


def _of_addresses(service: Service, environ: Mapping[str, str]) -> Iterator[Line]:
    for name in service.bases:
        title = service.title if len(service.bases) == 1 else f"{service.title}, {name}"
        try:
            address = redact(service.base(name, environ))
        except WanprepError as error:
            yield _place(title, "trouble", str(error))
            continue
        override = next(
            (
                each
                for each in base_url_variables(service.name, name)
                if environ.get(each, "").strip()
            ),
            None,
        )
        if override:
            yield _place(title, "note", f"{address}, as {override} says")
        else:
            yield _place(title, "fine", address)


def _proxies() -> Iterator[Line]:
    from urllib.request import getproxies

    found = getproxies()
    for name in _PROXIES:
        if address := found.get(name):
            yield _place(f"{name} proxy", "note", redact(address))
    if not found:
        yield _place("proxy", "fine", "none")


def _plugins() -> Iterator[Line]:
    from wanprep.plugins.loading import installed

    plugins = installed()
    yield Line("Plugins", "can submit to", "fine", ", ".join(sorted(plugins.providers)))
    if plugins.hosts:
        yield Line("Plugins", "host files at", "fine", ", ".join(sorted(plugins.hosts)))
    for name, why in plugins.broken.items():
        says = f"{redact(why)}. Update it, or uninstall it."
        yield Line("Plugins", name, "trouble", says)


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

    from wanprep.plugins.loading import load_hosts

    scheme = address.partition("://")[0]
    title = "files for all" if name == "default" else f"files for {name}"
    if scheme not in load_hosts():
        try:
            fsspec.get_filesystem_class(scheme)
        except (ImportError, ValueError) as error:
            says = f"{redact(address)}: {error}"
            return Line("Configuration", title, "trouble", says)
    return Line("Configuration", title, "fine", redact(address))
