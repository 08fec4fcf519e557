"""The stores of a run, each opened once, with what the configuration says about it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from wanprep.stores.urls import EXTRAS, scheme_of, split_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from wanprep.stores.store import Store

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
