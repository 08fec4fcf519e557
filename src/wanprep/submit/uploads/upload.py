"""Give a file a public URL: upload it to the provider or to the user's own bucket, or sign it.

That it can be fetched is verified before money is spent: a fresh link may be dead for some seconds,
and some services give a login page or JSON in the file's place.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final

from wanprep.files.atomic import CannotWrite, sha256_of
from wanprep.net.secrets import redact
from wanprep.net.urls import may_follow
from wanprep.plugins.flow import HostedUrl, Refused, Request
from wanprep.plugins.loading import load_hosts
from wanprep.plugins.provider import CannotHost
from wanprep.stores.store import CannotSign, StoreError
from wanprep.submit.errors import Broken, FileChanged
from wanprep.submit.uploads.files import UPLOAD, bucket_path, destinations, no_destination
from wanprep.text import file_size, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from wanprep.plugins.flow import Order
    from wanprep.plugins.provider import LocalFile
    from wanprep.stores.stores import Stores
    from wanprep.submit.http.driver import Driver
    from wanprep.submit.ledger.ledger import HostedCopies
    from wanprep.submit.services.service import Service
    from wanprep.submit.uploads.files import StoredObject

_LEFT_TO_LIVE: Final = timedelta(hours=1)


def upload_file(
    file: LocalFile,
    order: Order,
    *,
    driver: Driver,
    config_hosts: Mapping[str, str],
    stores: Stores,
    copies: HostedCopies,
) -> HostedUrl:
    """Upload a file, unless an earlier copy still works, and verify that anyone can fetch it."""
    owner = _owner(driver, order)
    copy = copies.get(owner, file.sha256)
    if copy and _will_last(copy) and _works(copy.url, file, driver):
        return copy
    before = _stamp(file)
    hosted = _upload_to_first(file, order, driver, config_hosts, stores)
    _require_unchanged(file, before)
    if hosted.url.startswith("data:"):
        return hosted
    if not _is_of_provider(hosted.url, driver):
        if not may_follow(hosted.url, plain=driver.client.plain):
            raise CannotHost(
                f"{file.name} was uploaded, but its link is not https: {redact(hosted.url)}."
            )
        verify_link(hosted.url, file, driver)
    copies.put(owner, file.sha256, hosted)
    return hosted


def _owner(driver: Driver, order: Order) -> str:
    """Name those who can use a copy: all jobs of a provider, or only those of one model."""
    uploads = driver.service.uploads
    by_model = uploads is not None and uploads.by_model
    return f"{driver.provider.name} {order.model}" if by_model else driver.provider.name


def _is_of_provider(url: str, driver: Driver) -> bool:
    """Whether only the provider can read a URL, by a scheme that provider.json declares."""
    uploads = driver.service.uploads
    return uploads is not None and url.partition("://")[0] in uploads.schemes


def _works(url: str, file: LocalFile, driver: Driver) -> bool:
    return _is_of_provider(url, driver) or link_problem(url, file, driver) is None


def _stamp(file: LocalFile) -> tuple[int, ...] | None:
    try:
        status = os.stat(file.path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _require_unchanged(file: LocalFile, before: tuple[int, ...] | None) -> None:
    """Raise FileChanged if what was sent is not what was checked; `before` is from before that."""
    with suppress(CannotWrite):  # it can no longer be read
        if before and before == _stamp(file) and sha256_of(file.path) == file.sha256:
            return
    raise FileChanged(
        f"{visible(file.path)} has changed since it was checked. Run this again to check and submit"
        " it as it is now."
    )


def _upload_to_first(
    file: LocalFile, order: Order, driver: Driver, config_hosts: Mapping[str, str], stores: Stores
) -> HostedUrl:
    service, why = driver.service, ""
    for destination in destinations(driver.provider, config_hosts):
        if destination != UPLOAD and not driver.client.reach.public:
            why = f"--emulate uses no network, and would upload it to {redact(destination)}"
            continue
        if destination != UPLOAD:
            host = load_hosts().get(destination.partition("://")[0])
            return (host or partial(upload_into_store, stores=stores))(file, destination)
        if why := _refusal(file, service):
            continue
        try:
            return _with_expiry(driver.upload(file, order), service)
        except Refused as error:
            why = f"{service.title} does not accept it ({error}). {error.advice}".rstrip(". ")
    raise no_destination(file, service.title, why)


def _refusal(file: LocalFile, service: Service) -> str:
    uploads = service.uploads
    if uploads and file.content_type in uploads.refused:
        return f"{service.title} accepts no {file.content_type} as an upload; use JPEG or PNG"
    if uploads and uploads.most_bytes is not None and file.bytes > uploads.most_bytes:
        most = file_size(uploads.most_bytes)
        return f"{service.title} accepts uploads of at most {most}; `wanprep fix` can reduce it"
    return ""


def _with_expiry(hosted: HostedUrl, service: Service) -> HostedUrl:
    """Set when a copy expires by how long the service keeps uploads, unless it says so itself."""
    if hosted.expires or service.uploads is None or service.uploads.kept is None:
        return hosted
    return replace(hosted, expires=datetime.now(UTC) + timedelta(seconds=service.uploads.kept))


def _will_last(copy: HostedUrl) -> bool:
    ends = [copy.expires, link_expiry(copy.url)]
    return all(end > datetime.now(UTC) + _LEFT_TO_LIVE for end in ends if end)


def link_expiry(url: str) -> datetime | None:
    """Read from a signed link when it expires."""
    from wanprep.check.expiry import expiry

    end = expiry(url)
    return None if end is None else datetime.fromtimestamp(end, UTC)


def upload_into_store(file: LocalFile, below: str, stores: Stores) -> HostedUrl:
    """Store a file under its content's hash, and sign a link to it, as objects are signed."""
    url = f"{below.rstrip('/')}/{bucket_path(file)}"
    lifetime = stores.lifetime(url)
    expires = datetime.now(UTC) + lifetime
    try:
        store, key = stores.at(url)
    except StoreError as error:
        raise CannotHost(
            f"{redact(below)} in [hosts] cannot be opened: {redact(str(error))}"
        ) from error
    try:
        link = store.sign(key, lifetime)  # first: without a link there is nothing to store
    except CannotSign as error:
        raise CannotHost(
            f"{redact(below)} in [hosts] cannot be used: {redact(str(error))}. Choose a prefix of"
            " letters, digits and the characters - _ . / only."
        ) from error
    except StoreError as error:
        raise CannotHost(
            f"{redact(below)} in [hosts] cannot give out links that work without a login:"
            f" {redact(str(error))}. Choose a bucket that can, such as s3://bucket/prefix or"
            " gs://bucket/prefix."
        ) from error
    try:
        store.write(key, file.path, file.content_type, overwrite=True)
    except StoreError as error:
        raise CannotHost(
            f"{file.name} could not be stored at {redact(below)}: {redact(str(error))}."
            f" {error.advice}."
        ) from error
    return HostedUrl(link, expires)


def sign_object(stored: StoredObject, stores: Stores, driver: Driver) -> str:
    """Return a link with which anyone can read an object, after it was tried without a key."""
    try:
        store, key = stores.at(stored.url)
        link = store.sign(key, stores.lifetime(stored.url))
    except StoreError as error:
        raise CannotHost(
            f"{visible(stored.url)} cannot be signed: {error}. {error.advice}."
        ) from error
    if not may_follow(link, plain=driver.client.plain):
        raise CannotHost(
            f"{visible(stored.url)} was signed, but its link is not https: {redact(link)}. Set an"
            " endpoint in [hosts] that the provider can reach."
        )
    verify_link(link, stored, driver)
    return link


_PAGES: Final = frozenset({"text/html", "application/json", "application/xhtml+xml"})
_TOTAL: Final = re.compile(r"bytes \d+-\d+/(\d+)\Z")


def verify_link(url: str, file: LocalFile | StoredObject, driver: Driver) -> None:
    """Request a link without a key until it gives the file; raise CannotHost if it does not."""
    for number in count(1):
        try:
            problem = _request_link(url, file, driver)
            is_final = False
        except Broken as broken:
            problem, is_final = _no_answer(broken), broken.hopeless
        if problem is None:
            return
        if is_final or number > driver.policy.attempts:
            break
        driver.pause(driver.policy.pause * 2 ** (number - 1))
    raise CannotHost(
        f"{file.name} was uploaded, but its link {problem}: {redact(url)}. The service that makes "
        "the video could not fetch it. Check that uploads there are public."
    )


def link_problem(url: str, file: LocalFile | StoredObject, driver: Driver) -> str | None:
    """Request a link once; None where it gives the file."""
    try:
        return _request_link(url, file, driver)
    except Broken as broken:
        return _no_answer(broken)


def _no_answer(broken: Broken) -> str:
    return f"does not answer ({broken})"


def _request_link(url: str, file: LocalFile | StoredObject, driver: Driver) -> str | None:
    if url.startswith("data:"):
        return None
    with driver.client.open(Request(method="HEAD", url=url, key=False)) as response:
        length = _content_length(response)
        if response.status_code == 200 and length is not None:
            return _problem(response, length, file)
    # Some answer no HEAD, and a signature may hold for GET alone.
    first_byte = {"Range": "bytes=0-0"}
    get = Request(method="GET", url=url, key=False, headers=first_byte)
    with driver.client.open(get) as response:
        return _problem(response, _total_length(response, file.bytes), file)


def _problem(
    response: httpx.Response, length: int | None, file: LocalFile | StoredObject
) -> str | None:
    if response.status_code not in {200, 206}:
        return f"answers with HTTP {response.status_code} where no key is sent"
    header: str = response.headers.get("content-type", "")
    content_type = header.partition(";")[0].strip().lower()
    if content_type in _PAGES:
        return f"gives {content_type} in the file's place"
    if length != file.bytes:
        found = "another length" if length is None else file_size(length)
        return f"gives {found} instead of {file_size(file.bytes)}"
    return None


def _content_length(response: httpx.Response) -> int | None:
    header: str = response.headers.get("content-length", "")
    return int(header) if header.isdecimal() else None


def _total_length(response: httpx.Response, expected: int) -> int | None:
    """Return the length of the whole file, of which one byte was requested."""
    if response.status_code == 206:
        total = _TOTAL.match(response.headers.get("content-range", ""))
        return int(total[1]) if total else None
    if response.status_code != 200 or (length := _content_length(response)) is not None:
        return _content_length(response)
    length = 0
    for piece in response.iter_bytes():  # no length is given: count, up to too many
        length += len(piece)
        if length > expected:
            break
    return length
