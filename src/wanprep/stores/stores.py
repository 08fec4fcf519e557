"""Stores and their URLs: s3://bucket/key, gs://bucket/key, az://container/key, and fsspec's.

Each store is opened once in a run, with what the configuration says about it.
"""

from __future__ import annotations

import glob
import re
import threading
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from wanprep.stores.store import Store

# The schemes that a job may use, and the extra that each needs: `pip install 'wanprep[s3]'`.
EXTRAS: Final = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
}
# One letter before it is a drive of Windows.
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://", re.ASCII)
_NOT_OBJECTS: Final = frozenset({"", "http", "https"})


class ListedUrl(str):
    """The URL of an object, with what the listing of its store says about it.

    It is a string, because paths of files and objects take the same way from a listing to the
    prober. Where only the string arrives, the prober asks the store again.
    """

    __slots__ = ("etag", "size")

    def __new__(cls, url: str, size: int, etag: str) -> Self:
        """Make one of an entry of a listing."""
        listed = super().__new__(cls, url)
        listed.size, listed.etag = size, etag
        return listed

    size: int
    etag: str  # empty where the store has none


def scheme_of(path: str) -> str:
    """Return the scheme of a URL in small letters, and nothing for a path."""
    match = _URL.match(path) if "://" in path else None
    return match[1].lower() if match else ""


def is_object_url(path: str) -> bool:
    """Whether a path is the URL of an object in a store, or of several."""
    return scheme_of(path) not in _NOT_OBJECTS


def split_url(url: str) -> tuple[str, str]:
    """Return the store, such as s3://bucket, and the key in it, which is not percent-encoded."""
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    return f"{scheme.lower()}://{bucket}", key


def split_pattern(url: str) -> tuple[str, str]:
    """Return the folder in which all matches of a URL are, and the pattern, if it is one."""
    store, key = split_url(url)
    if not glob.has_magic(key):
        return url, ""
    folder, _, _ = re.split(r"[*?[]", key, maxsplit=1)[0].rpartition("/")
    return f"{store}/{folder}/" if folder else f"{store}/", url


# A job may wait in a queue for hours before its files are fetched.
_HOURS: Final = 24


class Stores:
    """Opens stores. Used by several threads."""

    def __init__(self, settings: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.settings = settings or {}
        self._lock = threading.Lock()
        self._open: dict[str, Store] = {}

    def at(self, url: str) -> tuple[Store, str]:
        """Return the store of a URL, and the key in it."""
        root, key = split_url(url)
        if store := self._open.get(root):  # without the lock, which is held for long at first
            return store, key
        with self._lock:
            if root not in self._open:
                self._open[root] = self._open_store(root)
            return self._open[root], key

    def lifetime(self, url: str) -> timedelta:
        """Return for how long a signed link should work."""
        from datetime import timedelta

        return timedelta(hours=self._settings_of(split_url(url)[0]).get("expiry-hours", _HOURS))

    def _settings_of(self, root: str) -> Mapping[str, Any]:
        """Join the settings of all stores of a scheme, and those of one of them."""
        scheme = f"{scheme_of(root)}://"
        return {**self.settings.get(scheme, {}), **self.settings.get(root, {})}

    def _open_store(self, root: str) -> Store:
        settings, extra = self._settings_of(root), EXTRAS.get(scheme_of(root))
        if extra is None:
            from wanprep.stores.other import OtherStore

            return OtherStore(root, settings)
        try:
            from wanprep.stores.cloud import CloudStore

            return CloudStore(root, settings)
        except ImportError as error:
            from wanprep.stores.store import StoreError

            raise StoreError(
                f"{scheme_of(root)}:// needs packages that are not installed: run"
                f" `pip install 'wanprep[{extra}]'` ({error})"
            ) from error
