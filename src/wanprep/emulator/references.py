"""The references of a job: what a URL leads to, and whether a provider would take it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from wanprep.emulator.jobs import Failure

if TYPE_CHECKING:
    from pathlib import Path

    from wanprep.emulator.documents import Document
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
    """Say which URL cannot be accepted at all: it is neither https nor the emulator's own."""
    for each in references:
        if not (_is_own(state, each.url) or _https_host(each.url)):
            return f"{each.title}: must be a public https URL"
    return None


def is_callback_allowed(url: str) -> bool:
    """Answer whether a URL is fit for a callback: https, no internal host, 2048 characters."""
    host = _https_host(url)
    return bool(host) and len(url) <= 2048 and "@" not in url and not _is_internal(host)


def fetch(state: State, url: str) -> Path | Failure | None:
    """Return the file behind a URL of the emulator's own; None for others: they are not fetched."""
    if _is_own(state, url):
        stored = state.uploads.find(url)
        return stored.path if stored else Failure("unreachable", f"404 Not Found for {url}")
    host = _https_host(url)
    if not host:
        return Failure("unreachable", f"{url[:200]} is no public https URL")
    if _is_internal(host):
        return Failure("unreachable", f"{url[:200]} is not on the public internet")
    return None


def fetch_checked(state: State, reference: Reference, limits: Document) -> Path | Failure | None:
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
