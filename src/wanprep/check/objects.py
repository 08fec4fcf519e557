"""From URLs of stores to objects: one that is named, or all media below a prefix or in a glob.

They are listed page by page while the first ones are probed already: a bucket may hold more
names than fit into memory or onto a disk.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final

from wanprep.errors import UsageError
from wanprep.media.facts import NOT_READ, Facts, extension_format, unreadable_facts, usual_kind
from wanprep.net.secrets import redact
from wanprep.stores.store import NoSuchBucket, NoSuchObject, StoreError
from wanprep.stores.stores import split_pattern, split_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.stores.stores import Stores

    Found = str | Facts

_NO_MATCH: Final = "Check the spelling; a folder of a bucket ends with a slash."


def find_all_objects(urls: Sequence[str], stores: Stores) -> Iterator[Iterator[Found]]:
    """List the objects behind each of some URLs, each object once."""
    for number, url in enumerate(urls):
        earlier = urls[:number]
        found = find_objects(url, stores)
        yield filter(partial(_is_new, earlier), found) if earlier else found


def _is_new(earlier: Sequence[str], found: Found) -> bool:
    """Whether none of some URLs leads to an object, too."""
    name = found.path if isinstance(found, Facts) else found
    return not any(
        name == url or (url.endswith("/") and name.startswith(url)) or fnmatchcase(name, url)
        for url in earlier
    )


def find_objects(url: str, stores: Stores) -> Iterator[Found]:
    """List the objects behind a URL; the first is asked for at once, to find typing mistakes.

    A listing that fails ends with the facts of what was not listed: it may hold anything.
    """
    found = _objects(url, stores)
    try:
        first = next(found, None)
    except NoSuchBucket:
        raise UsageError(f"there is no bucket {visible(split_url(url)[0])}. {_NO_MATCH}") from None
    if first is None:
        raise UsageError(f"there is no media file at {visible(redact(url))}. {_NO_MATCH}")
    return chain([first], found)


def _objects(url: str, stores: Stores) -> Iterator[Found]:
    folder, pattern = split_pattern(url)
    try:
        store, key = stores.at(folder)
        if not pattern and key and not key.endswith("/"):
            yield store.find(key)
            return
        for each in store.list(key):
            if _is_wanted(each, folder, pattern):
                yield each
    except (NoSuchBucket, UsageError):
        raise
    except NoSuchObject:
        return
    except StoreError as error:
        yield unreadable_facts(url, f"{NOT_READ}: {error}")


def _is_wanted(url: str, folder: str, pattern: str) -> bool:
    """Whether an object is media by its name, not hidden, and matches; `*` also matches `/`."""
    if usual_kind(extension_format(url) or "") == "other" or "/." in url[len(folder) - 1 :]:
        return False
    return not pattern or fnmatchcase(url, pattern)
