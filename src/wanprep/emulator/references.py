"""The references of a job, and the documented limits that they and its request must meet."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from urllib.parse import urlsplit

from wanprep.dataclass import dataclass
from wanprep.emulator.jobs import Failure

if TYPE_CHECKING:
    from pathlib import Path

    from jsonschema import ValidationError

    from wanprep.emulator.emulator import State

Role = Literal["first_frame", "image", "video", "voice"]
_TITLES: Final[dict[Role, str]] = {
    "first_frame": "First frame",
    "image": "Image",
    "video": "Video",
    "voice": "Voice",
}
_INTERNAL = (".internal", ".local", ".localhost")


@dataclass(frozen=True, slots=True)
class Reference:
    """One URL in one role."""

    role: Role
    url: str
    number: int = 0  # within its role, from 1; 0 where there can be only one

    @property
    def title(self) -> str:
        """The reference's name, as a prompt would write it."""
        return f"{_TITLES[self.role]} {self.number or ''}".strip()


def numbered(role: Role, urls: list[str]) -> tuple[Reference, ...]:
    """Make numbered references of a list of URLs."""
    return tuple(Reference(role, url, number) for number, url in enumerate(urls, 1))


def url_problem(state: State, references: tuple[Reference, ...]) -> str | None:
    """Describe the first URL that is neither https nor the emulator's own."""
    for each in references:
        if not (_is_own(state, each.url) or _https_host(each.url)):
            return f"{each.title}: must be a public https URL"
    return None


def is_callback_allowed(url: str) -> bool:
    """Whether a URL is valid as a callback: https, no internal host, at most 2048 characters."""
    host = _https_host(url)
    return bool(host) and len(url) <= 2048 and "@" not in url and not _is_internal(host)


def fetch(state: State, url: str) -> Path | Failure | None:
    """Return the file behind a URL of the emulator's own; None for others: they are not fetched."""
    if _is_own(state, url):
        stored = state.uploads.find(url)
        return stored.path if stored else Failure("unreachable", f"404 Not Found for {url}")
    host = _https_host(url)
    if not host:
        return Failure("unreachable", f"{url[:200]} is not a public https URL")
    if _is_internal(host):
        return Failure("unreachable", f"{url[:200]} is not on the public internet")
    return None


def fetch_and_check(state: State, reference: Reference, limits: Document) -> Path | Failure | None:
    """Fetch a reference, and check its file against the limits of its role."""
    path = fetch(state, reference.url)
    if path is None or isinstance(path, Failure):
        return path
    from wanprep.media.workers import probe_in_worker

    facts = probe_in_worker(path)
    if not facts.readable:
        return Failure("unfit", f"{reference.title} cannot be decoded: {facts.problem}")
    if problems := limits.problems(f"media/{reference.role}", facts.as_json()):
        return Failure("unfit", f"{reference.title}: {problems[0]}")
    return path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in a body or a file that a document does not allow."""

    place: tuple[str | int, ...]
    keyword: str
    message: str

    @property
    def where(self) -> str:
        """The place as `videos.0`."""
        return ".".join(map(str, self.place))

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.place else self.message


@dataclass(frozen=True, slots=True)
class Document:
    """`request` is the JSON Schema of a body; `media` has one of facts for each role of a file."""

    data: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Document:
        """Read a document from a JSON file."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    @property
    def request(self) -> dict[str, Any]:
        """The schema of a request's body."""
        return dict(self.data["request"])

    def problems(self, part: str, value: object) -> list[Problem]:
        """List what one part of the document, "request" or "media/image", does not allow."""
        from jsonschema import Draft202012Validator

        validator = Draft202012Validator({**self.data, "$ref": f"#/{part}"})
        errors = sorted(validator.iter_errors(value), key=lambda error: [*map(str, error.path)])
        return [
            Problem(tuple(error.absolute_path), str(error.validator), _message(error)[:300])
            for error in errors
        ]

    def with_defaults(self, body: dict[str, Any]) -> dict[str, Any]:
        """Fill in the documented defaults of what a body leaves out."""
        fields = self.request["properties"].items()
        return {name: rule["default"] for name, rule in fields if "default" in rule} | body


def _message(error: ValidationError) -> str:
    schema = cast("dict[str, Any]", error.schema)
    return str(schema["x-says"]) if error.validator == "anyOf" else error.message


def _https_host(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme == "https" else ""


def _is_own(state: State, url: str) -> bool:
    return url.startswith((f"{state.url}/", state.url.replace("127.0.0.1", "localhost") + "/"))


def _is_internal(host: str) -> bool:
    if host == "localhost" or host.endswith(_INTERNAL):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False
