"""Services: where each is, how it is asked and what it promises, read from data without code.

The facts lie in `provider.json` beside a plugin's folder of targets, and are found as targets
are: without importing the plugin.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import UsageError
from wanprep.submit.services.keys import checked, variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from wanprep.config import Config
    from wanprep.plugins.provider import Settings


PROVIDER_FILE: Final = "provider.json"


@dataclass(frozen=True, slots=True)
class Poll:
    """How often a service is asked, in seconds."""

    first: float  # before the first question
    every: float
    grows_to: float
    patience: float  # in all

    def waits(self, environ: Mapping[str, str]) -> Iterator[float]:
        """Tell how long to wait before each question, without an end."""
        own = _interval(environ)
        yield own or self.first
        wait = self.every
        while True:
            yield own or wait
            wait = min(wait * 1.25, self.grows_to)


@dataclass(frozen=True, slots=True)
class Idempotency:
    """How one order is kept from becoming two jobs."""

    header: str
    pattern: str
    repeat: bool  # whether a repeat under the same key is answered with the same job


@dataclass(frozen=True, slots=True)
class Uploads:
    """What can be said of files that are put there."""

    kept: float | None  # seconds; None where they stay, or nobody knows
    most_bytes: int | None
    known: tuple[str, ...]  # kinds of content
    refused: tuple[str, ...]
    needs: tuple[str, ...]  # settings without which no file is taken
    warning: str | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How many jobs a new account may send."""

    per_minute: int
    at_once: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service: facts about it, whatever its models."""

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
    cancel: str | None  # what it can do
    cancel_deletes: bool  # whether the job's record goes, too
    find: str | None  # how a lost job is looked for
    settings: Mapping[str, Any]  # schemas of what may stand in [providers.NAME]
    notes: tuple[str, ...]
    data: Mapping[str, Any]  # the file as it is

    def base(self, name: str, environ: Mapping[str, str]) -> str:
        """Tell the address that requests begin with; the environment may point elsewhere."""
        if name not in self.bases:
            raise UsageError(f"{self.title} has no address named {name!r}.")
        for variable in variables(self.name, name):
            if told := environ.get(variable, "").strip():
                return checked(told, variable)
        return self.bases[name]

    def overridden(self, environ: Mapping[str, str]) -> bool:
        """Tell whether the environment points any of its addresses elsewhere."""
        return any(self.base(name, environ) != told for name, told in self.bases.items())

    def checked_settings(self, settings: Settings) -> Settings:
        """Hold [providers.NAME] against what may stand there."""
        from wanprep.schema_errors import schema_errors

        schema = {"properties": self.settings, "additionalProperties": False}
        for error in schema_errors(settings, schema):
            raise UsageError(f"[providers.{self.name}] in the configuration, {error}")
        return settings


def load_service(name: str, folders: Sequence[Path] = ()) -> Service:
    """Read what is known of a provider; `folders` are further folders of targets."""
    faults: list[str] = []
    for file in _files(folders):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            faults.append(f" The provider file {file} cannot be read: {error}.")
            continue
        if isinstance(data, dict) and data.get("name") == name:
            return _service(_sound(data, file))
    raise UsageError(
        f"nothing is known of the provider '{name}'.{''.join(faults)}"
        " `wanprep targets` lists whom a job can be sent to."
    )


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    from wanprep.rules.target import target_files

    for folder in dict.fromkeys(file.parent for file in target_files(folders)):
        file = folder.with_name(PROVIDER_FILE)
        if file.is_file():
            yield file


def _sound(data: dict[str, Any], file: Path) -> dict[str, Any]:
    from wanprep.schema_errors import schema_errors
    from wanprep.schemas import load_schema

    for error in schema_errors(data, load_schema("provider")):
        raise UsageError(f"the provider file {file}: {error}")
    return data


def _service(data: Mapping[str, Any]) -> Service:
    poll, uploads, pace, cancel = (data[key] for key in ("poll", "uploads", "pace", "cancel"))
    return Service(
        name=data["name"],
        title=data["title"],
        bases=data["bases"],
        keys=tuple(data["keys"]["environment"]),
        keys_from=data["keys"]["from"],
        poll=Poll(poll["first"], poll["every"], poll["grows_to"], poll["patience"]),
        results_kept=data["results"]["kept"],
        idempotency=_idempotency(data["idempotency"]),
        uploads=_uploads(uploads) if uploads else None,
        pace=Pace(pace["per_minute"], pace["at_once"]) if pace else None,
        cancel=cancel["does"] if cancel else None,
        cancel_deletes=bool(cancel) and cancel["deletes"],
        find=data["find"]["does"] if data["find"] else None,
        settings=data["settings"],
        notes=tuple(note["note"] for note in data["notes"]),
        data=data,
    )


def _idempotency(told: Mapping[str, Any] | None) -> Idempotency | None:
    return Idempotency(told["header"], told["pattern"], told["repeat"]) if told else None


def _uploads(told: Mapping[str, Any]) -> Uploads:
    return Uploads(
        kept=told["kept"],
        most_bytes=told["most_bytes"],
        known=tuple(told["known"]),
        refused=tuple(told["refused"]),
        needs=tuple(told["needs"]),
        warning=told["warning"],
    )


def _interval(environ: Mapping[str, str]) -> float | None:
    told = environ.get("WANPREP_POLL_INTERVAL", "").strip()
    if not told:
        return None
    if not re.fullmatch(r"\d+(\.\d+)?|\.\d+", told) or float(told) == 0:
        raise UsageError("WANPREP_POLL_INTERVAL must be a number of seconds greater than 0.")
    return float(told)


class Services:
    """The services below one configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.service = cache(self._service)

    def settings(self, provider: str) -> Settings:
        """Read [providers.NAME], held against what may stand there."""
        return self.service(provider).checked_settings(self.config.providers.get(provider, {}))

    def _service(self, provider: str) -> Service:
        return load_service(provider, self.config.target_folders)
