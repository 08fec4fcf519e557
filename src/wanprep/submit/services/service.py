"""Services: their base URLs, keys, limits and features, read from `provider.json`.

The file is beside a plugin's folder of targets, and is found as targets are: without importing
the plugin.
"""

from __future__ import annotations

import json
import re
from dataclasses import field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.net.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from wanprep.config import Config
    from wanprep.plugins.provider import Settings

Made = TypeVar("Made")

PROVIDER_FILE: Final = "provider.json"
_SETTING: Final = re.compile(r"\{([a-z][a-z0-9_-]*)\}")
_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})")


@dataclass(frozen=True, slots=True)
class Poll:
    """How often to poll, in seconds."""

    first: float  # before the first poll
    every: float
    grows_to: float
    patience: float  # in all

    def waits(self, environ: Mapping[str, str]) -> Iterator[float]:
        """Yield the wait before each poll, without an end."""
        interval = _interval(environ)
        yield interval or self.first
        wait = self.every
        while True:
            yield interval or wait
            wait = min(wait * 1.25, self.grows_to)


@dataclass(frozen=True, slots=True)
class Idempotency:
    """Idempotency keys, which keep one order from becoming two jobs."""

    header: str  # or a field of the request
    pattern: str
    repeat: bool  # whether a repeat under the same key is answered with the same job


@dataclass(frozen=True, slots=True)
class KeyScheme:
    """How a key is sent."""

    header: str = "Authorization"
    prefix: str = "Bearer"
    lifetime: int | None = None  # of a token that the key signs, in seconds


@dataclass(frozen=True, slots=True)
class Uploads:
    """The service's uploads."""

    kept: float | None  # seconds; None: for good, or not documented
    most_bytes: int | None
    known: tuple[str, ...]  # content types
    refused: tuple[str, ...]
    needs: tuple[str, ...]  # settings that uploads need
    warning: str | None
    schemes: tuple[str, ...] = ()  # of URLs that only the service itself can read
    by_model: bool = False  # whether a copy is for jobs of one model only


@dataclass(frozen=True, slots=True)
class Pace:
    """How many jobs a new account may submit."""

    per_minute: int
    at_once: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service, whatever its models."""

    name: str
    title: str
    bases: Mapping[str, str]
    keys: tuple[str, ...]  # environment variables, in order
    keys_from: str
    poll: Poll
    results_kept: float | None  # seconds
    idempotency: Idempotency | None
    uploads: Uploads | None
    pace: Pace | None
    cancel: str | None  # how jobs are cancelled
    cancel_deletes: bool  # whether the job's record is deleted as well
    find: str | None  # how a lost job is found
    settings: Mapping[str, Any]  # schemas of the values in [providers.NAME]
    notes: tuple[str, ...]
    data: Mapping[str, Any]  # the whole file
    key_pair: tuple[str, ...] = ()  # two variables, for a key in two parts
    key_scheme: KeyScheme = field(default_factory=KeyScheme)
    key_headers: Mapping[str, str] = field(default_factory=dict)  # and the setting of each
    regions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def base(self, name: str, environ: Mapping[str, str], settings: Settings | None = None) -> str:
        """Return a base URL: that of the region in the settings; the environment may replace it."""
        if name not in self.bases:
            raise UsageError(f"{self.title} has no base URL named {name!r}.")
        for variable in base_url_variables(self.name, name):
            if url := environ.get(variable, "").strip():
                return _check_base_url(url, variable)
        return self._filled(self._of_region(settings or {}).get(name, self.bases[name]), settings)

    def _of_region(self, settings: Settings) -> Mapping[str, str]:
        region = settings.get("region")
        if region is None or region in self.regions:
            return self.regions.get(region or "", {})
        raise UsageError(
            f"[providers.{self.name}] region: {self.title} has no region '{region}'."
            f" Choose from: {', '.join(self.regions)}."
        )

    def _filled(self, url: str, settings: Settings | None) -> str:
        """Put settings into a URL: https://{workspace}.example.com."""
        for name in _SETTING.findall(url):
            value = str((settings or {}).get(name, ""))
            if not _LABEL.fullmatch(value):
                raise UsageError(
                    f"[providers.{self.name}] {name}: the address {url} needs it, in letters,"
                    " digits and hyphens."
                )
            url = url.replace(f"{{{name}}}", value)
        return url

    def validate_settings(self, settings: Settings) -> Settings:
        """Validate the values of [providers.NAME]."""
        from wanprep.schemas import schema_errors

        schema = {"properties": self.settings, "additionalProperties": False}
        for error in schema_errors(settings, schema):
            raise UsageError(f"[providers.{self.name}] in the configuration, {error}")
        return settings


class DataOnly(UsageError):
    """There are targets of a provider, and no description of the service."""


def load_service(name: str, folders: Sequence[Path] = ()) -> Service:
    """Read a provider's file; `folders` are further folders of targets."""
    problems: list[str] = []
    for file in _files(folders):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            problems.append(f" The provider file {file} cannot be read: {error}.")
            continue
        if isinstance(data, dict) and data.get("name") == name:
            return read_service(_validate(data, file))
    if not problems and _has_target(name, folders):
        raise DataOnly(
            f"jobs for {name} can be checked and fixed here, and not submitted: there is only data"
            " about it. Install a plugin that submits to it, or choose another target:"
            " `wanprep compare` shows which accept the job."
        )
    raise UsageError(
        f"there is no provider '{name}'.{''.join(problems)}"
        " `wanprep targets` lists the targets of all providers."
    )


def _has_target(name: str, folders: Sequence[Path]) -> bool:
    """Whether there is a target of a provider, so that jobs for it can be checked."""
    from wanprep.rules.target import all_targets

    try:
        return any(each.partition("/")[0] == name for each in all_targets(folders))
    except UsageError:  # about a file in a folder of the user's own
        return False


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    from wanprep.rules.target import target_files

    for folder in dict.fromkeys(file.path.parent for file in target_files(folders)):
        file = folder.with_name(PROVIDER_FILE)
        if file.is_file():
            yield file


def _validate(data: dict[str, Any], file: Path) -> dict[str, Any]:
    from wanprep.schemas import load_schema, schema_errors

    for error in schema_errors(data, load_schema("provider")):
        raise UsageError(f"the provider file {file}: {error}")
    return data


def read_service(data: Mapping[str, Any]) -> Service:
    """Read the valid contents of a provider file."""
    poll, uploads, pace, cancel = (data[key] for key in ("poll", "uploads", "pace", "cancel"))
    scheme = data["keys"].get("scheme", {})
    return Service(
        name=data["name"],
        title=data["title"],
        bases=data["bases"],
        keys=tuple(data["keys"]["environment"]),
        key_pair=tuple(data["keys"].get("pair", ())),
        key_scheme=_made(KeyScheme, scheme | scheme.get("jwt", {})),
        key_headers=data["keys"].get("headers", {}),
        regions=data.get("regions", {}),
        keys_from=data["keys"]["from"],
        poll=_made(Poll, poll),
        results_kept=data["results"]["kept"],
        idempotency=_idempotency(data["idempotency"]),
        uploads=_made(Uploads, uploads) if uploads else None,
        pace=_made(Pace, pace) if pace else None,
        cancel=cancel["does"] if cancel else None,
        cancel_deletes=bool(cancel) and cancel["deletes"],
        find=data["find"]["does"] if data["find"] else None,
        settings=data["settings"],
        notes=tuple(note["note"] for note in data["notes"]),
        data=data,
    )


def _idempotency(data: Mapping[str, Any] | None) -> Idempotency | None:
    if data is None:
        return None
    return Idempotency(data.get("header") or data["field"], data["pattern"], data["repeat"])


def _made(kind: type[Made], data: Mapping[str, Any]) -> Made:
    """Make a value of the entries that have the names of its fields; lists become tuples."""
    named = {each.name: data[each.name] for each in fields(kind) if each.name in data}  # type: ignore[arg-type]  # a dataclass
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in named.items()})


def base_url_variables(provider: str, base: str) -> list[str]:
    """Return the variables that replace a base URL; the last one is for all bases."""
    stem = f"WANPREP_{provider.upper().replace('-', '_')}"
    return [f"{stem}_{base.upper()}_BASE_URL", f"{stem}_BASE_URL"]


def _check_base_url(url: str, variable: str) -> str:
    """Refuse an invalid URL, and one to which a key would be sent unencrypted."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"}:
        raise UsageError(f"{variable} must be a URL such as https://api.example.com.")
    if parts.scheme == "http" and not is_loopback(url):
        raise UsageError(
            f"{variable} must begin with https://, or the key would be sent unencrypted. "
            "Plain http is accepted for this machine only."
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(f"{variable} must be a URL without a login, ? or #.")
    return url.rstrip("/")


def _interval(environ: Mapping[str, str]) -> float | None:
    text = environ.get("WANPREP_POLL_INTERVAL", "").strip()
    if not text:
        return None
    if not re.fullmatch(r"\d+(\.\d+)?|\.\d+", text) or float(text) == 0:
        raise UsageError("WANPREP_POLL_INTERVAL must be a number of seconds greater than 0.")
    return float(text)


class Services:
    """The services, with the settings of one configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.service = cache(self._service)

    def settings(self, provider: str) -> Settings:
        """Return the validated values of [providers.NAME]."""
        return self.service(provider).validate_settings(self.config.providers.get(provider, {}))

    def _service(self, provider: str) -> Service:
        return load_service(provider, self.config.target_folders)
