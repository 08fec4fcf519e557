"""A provider: the flows for one service, and the types of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError
from wanprep.plugins.flow import FileContent, Refused

if TYPE_CHECKING:
    from wanprep.plugins.flow import (
        Accepted,
        Cancelled,
        Flow,
        HostedUrl,
        Order,
        Request,
        Sent,
        Status,
    )


Settings = Mapping[str, Any]  # of [providers.NAME] in the configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A local file to upload."""

    path: str
    name: str  # with an extension that fits its content
    content_type: str  # by content, never by name
    bytes: int
    sha256: str

    def content(
        self, form_field: str | None = None, form: Mapping[str, str] | None = None
    ) -> FileContent:
        """Return what a request sends of it: in a field of a form, else as its whole body."""
        return FileContent(
            path=self.path,
            name=self.name,
            content_type=self.content_type,
            form_field=form_field,
            form=form or {},
        )

    def base64(self) -> str:
        """Read the whole file, for services that accept files inside JSON."""
        from base64 import b64encode

        try:
            with open(self.path, "rb") as file:
                return b64encode(file.read()).decode()
        except OSError as error:
            raise Refused(f"{self.name} can no longer be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """A stream of server-sent events that reports finished jobs."""

    connect: Callable[[], Request]
    # From an event's name and data: the provider's id of a job and its status, or None.
    read: Callable[[str, str], tuple[str, Status] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The flows for one service. None where the service has no such feature."""

    name: str  # the part of a target's id before the slash
    submit: Callable[[Order], Flow[Accepted]]
    poll: Callable[[Sent], Flow[Status]]
    cancel: Callable[[Sent], Flow[Cancelled]] | None = None
    upload: Callable[[LocalFile, Order], Flow[HostedUrl]] | None = None
    find: Callable[[Sent], Flow[Accepted | None]] | None = None
    events: Events | None = None


class CannotHost(WanprepError):
    """A local file gets no public URL; the message says what to do."""


class Host(Protocol):
    """Stores a local file in a place that `[hosts]` names, and returns its public URL."""

    def __call__(self, file: LocalFile, below: str) -> HostedUrl:
        """Store a file below a URL such as s3://bucket/prefix; raise CannotHost on failure."""
        ...
