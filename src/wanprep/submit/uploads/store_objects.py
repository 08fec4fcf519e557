"""Objects that are in a store already: a signed link is sent, and nothing is uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.dataclass import dataclass
from wanprep.net.secrets import redact
from wanprep.net.urls import may_follow
from wanprep.plugins.provider import CannotHost
from wanprep.stores.store import StoreError
from wanprep.stores.urls import split_url
from wanprep.submit.uploads.verify import verify_link
from wanprep.text import visible

if TYPE_CHECKING:
    from wanprep.stores.stores import Stores
    from wanprep.submit.http.driver import Driver


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in one version."""

    url: str
    name: str
    bytes: int
    etag: str

    @property
    def identity(self) -> str:
        """Name this version, of which a job is sent once."""
        return f"{self.url} {self.etag} {self.bytes}"


def find_object(url: str, stores: Stores) -> StoredObject:
    """Ask a store which version of an object it has."""
    try:
        store, key = stores.at(url)
        found = store.find(key)
    except StoreError as error:
        raise CannotHost(f"{visible(url)} cannot be submitted: {error}.") from error
    return StoredObject(url, _name(url), found.size, found.etag)


def unseen_object(url: str) -> StoredObject:
    """Stand for an object where the network is not used."""
    return StoredObject(url, _name(url), 0, "")


def _name(url: str) -> str:
    return split_url(url)[1].rpartition("/")[2]


def sign_object(stored: StoredObject, stores: Stores, driver: Driver) -> str:
    """Return a link with which anyone can read an object, after it was tried without a key."""
    try:
        store, key = stores.at(stored.url)
        link = store.sign(key, stores.lifetime(stored.url))
    except StoreError as error:
        raise CannotHost(f"{visible(stored.url)} cannot be signed: {error}.") from error
    if not may_follow(link, plain=driver.client.plain):
        raise CannotHost(
            f"{visible(stored.url)} was signed, but its link is not https: {redact(link)}. Set an"
            " endpoint in [hosts] that the provider can reach."
        )
    verify_link(link, stored, driver)
    return link
