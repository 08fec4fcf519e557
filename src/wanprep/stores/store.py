"""What a store can do, and the errors of all of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Protocol

from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError
from wanprep.net.secrets import redact
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from wanprep.stores.stores import ListedUrl


class StoreError(WanprepError):
    """A store did not do what it was asked; the message is the reason alone."""

    advice: ClassVar[str] = "Try it again later"


class NoSuchBucket(StoreError):
    """There is no such bucket."""

    advice = "Check the spelling of its name, or create it"


class NoSuchObject(StoreError):
    """The bucket has no such object."""


class NotAllowed(StoreError):
    """The store refuses it with these credentials, or without any."""

    advice = "Check the credentials, and what they allow"


class ObjectChanged(StoreError):
    """The object is not the version that was asked for."""


class ObjectUnchanged(StoreError):
    """The object is the version that is known already."""


class ObjectExists(StoreError):
    """There is an object already where a new one should go."""

    advice = "Remove it, or choose another place"


class CannotSign(StoreError):
    """No link to the object can be made that its store accepts."""

    advice = "Copy it to a name of letters, digits and the characters - _ . / only"


class BadName(StoreError):
    """A listing ends early, at a name that the library for its store cannot express."""


@contextmanager
def explain_store_errors(url: str) -> Iterator[None]:
    """Raise CannotWrite, which names the object and what to do; that one is missing passes."""
    try:
        yield
    except NoSuchObject:
        raise
    except StoreError as error:
        from wanprep.files.atomic import CannotWrite  # every command reads this module

        raise CannotWrite(
            f"{visible(redact(url))} cannot be written: {error}. {error.advice},"
            " then run this again"
        ) from error


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object, and what came with it."""

    data: bytes
    size: int  # of the whole object
    etag: str = ""
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A word that an object was written with, and the version of the object that has it."""

    text: str  # empty if there is none
    etag: str
    version: str | None = None


class Store(Protocol):
    """One bucket, container or server."""

    def list(self, prefix: str) -> Iterator[ListedUrl]:
        """List the objects below a prefix, which is empty or ends with a slash."""
        ...

    def find(self, key: str) -> ListedUrl:
        """Ask for the size and version of one object."""
        ...

    def read(self, key: str, start: int, end: int, *, same: str = "", other: str = "") -> Part:
        """Read some bytes, fewer at the end: of the version `same`, or of any but `other`."""
        ...

    def write(self, key: str, file: str, content_type: str, *, overwrite: bool) -> None:
        """Store a local file."""
        ...

    def write_marked(
        self, key: str, file: str, content_type: str, mark: str, *, over: Mark | None
    ) -> None:
        """Store a local file with a mark: where nothing is, or over one version of an object."""
        ...

    def mark_of(self, key: str) -> Mark:
        """Return the mark of an object."""
        ...

    def remove(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...

    def sign(self, key: str, lifetime: timedelta) -> str:
        """Return a URL with which anyone can read an object for some time."""
        ...
