"""All other stores: every filesystem of fsspec that lists and reads ranges."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from wanprep.stores.store import (
    Mark,
    NoSuchObject,
    NotAllowed,
    ObjectChanged,
    ObjectExists,
    ObjectUnchanged,
    Part,
    StoreError,
)
from wanprep.stores.stores import ListedUrl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

# What filesystems call the version of a file, the surest first.
_VERSIONS: Final = (
    *("ETag", "etag", "e_tag", "md5Hash", "checksum", "sha", "generation"),
    *("LastModified", "last_modified", "mtime", "modified", "updated", "created"),
)
_NO_MARKS: Final = "results go into a folder, or into a bucket of S3, Google or Azure"


class OtherStore:
    """One server or bucket."""

    def __init__(self, root: str, settings: Mapping[str, Any]) -> None:  # noqa: ARG002 - theirs
        import fsspec

        self._root = root
        with _translated_errors():
            self._files, self._folder = fsspec.core.url_to_fs(f"{root}/")

    def list(self, prefix: str) -> Iterator[ListedUrl]:
        """List the files below a prefix, folder by folder."""
        start = self._path(prefix)
        with _translated_errors():
            for _, _, files in self._files.walk(start, detail=True, on_error="raise"):
                yield from map(self._listed, sorted(files.values(), key=itemgetter("name")))

    def find(self, key: str) -> ListedUrl:
        """Ask for the size and version of one file."""
        with _translated_errors():
            entry = self._files.info(self._path(key))
        if entry["type"] == "directory":
            raise NoSuchObject("it is a folder")
        return self._listed(entry)

    def _listed(self, entry: Mapping[str, Any]) -> ListedUrl:
        path = str(entry["name"]).removeprefix(self._folder).lstrip("/")
        return ListedUrl(f"{self._root}/{path}", entry["size"] or 0, _version(entry))

    def read(self, key: str, start: int, end: int, *, same: str = "", other: str = "") -> Part:
        """Read some bytes, fewer at the end: of the version `same`, or of any but `other`."""
        path = self._path(key)
        with _translated_errors():
            entry = self._files.info(path)
            version = _version(entry)
            if same and version != same:
                raise ObjectChanged("it changed while it was read")
            if other and version == other:
                raise ObjectUnchanged("it did not change")
            size = entry["size"] or 0
            data = bytes(self._files.cat_file(path, start=start, end=min(end, size)))
            return Part(data, size, version, entry.get("ContentType"))

    def write(self, key: str, file: str, content_type: str, *, overwrite: bool) -> None:  # noqa: ARG002
        """Store a local file; filesystems derive its type from the name."""
        path = self._path(key)
        with _translated_errors():
            if not overwrite and self._files.exists(path):
                raise ObjectExists("there is such a file already")
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.put_file(file, path)

    def write_marked(self, *_: object, **__: object) -> None:
        """Refuse it: what is there could be lost."""
        raise StoreError(_NO_MARKS)

    def mark_of(self, *_: object) -> Mark:
        """Refuse it."""
        raise StoreError(_NO_MARKS)

    def remove(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        with suppress(NoSuchObject), _translated_errors():
            self._files.rm_file(self._path(key))

    def sign(self, key: str, lifetime: timedelta) -> str:
        """Return a URL with which anyone can read a file for some time."""
        with _translated_errors():
            url: str = self._files.sign(self._path(key), expiration=int(lifetime.total_seconds()))
            return url

    def _path(self, key: str) -> str:
        return f"{self._folder.rstrip('/')}/{key}"


def _version(entry: Mapping[str, Any]) -> str:
    return next((str(entry[name]) for name in _VERSIONS if entry.get(name)), "")


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Raise the errors of a store for whatever the libraries behind a filesystem raise."""
    try:
        yield
    except StoreError:
        raise
    except FileNotFoundError:
        raise NoSuchObject("there is no such file or folder") from None
    except PermissionError as error:
        raise NotAllowed(f"its store refuses access ({error.strerror or error})") from None
    except NotImplementedError:
        raise StoreError("its store cannot do that") from None
    except ImportError as error:
        raise StoreError(f"it needs a package that is not installed: {error}") from None
    except Exception as error:  # noqa: BLE001 - each filesystem raises what its own libraries do
        raise StoreError(str(error).partition("\n")[0] or type(error).__name__) from None
