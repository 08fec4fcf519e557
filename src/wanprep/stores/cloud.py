"""S3, Google Cloud Storage and Azure, through obstore."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.stores.store import (
    BadName,
    CannotSign,
    Mark,
    NoSuchBucket,
    NoSuchObject,
    NotAllowed,
    ObjectChanged,
    ObjectExists,
    ObjectUnchanged,
    Part,
    StoreError,
)
from wanprep.stores.stores import EXTRAS, ListedUrl, scheme_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore import ObjectMeta
    from obstore.store import ObjectStore

# A store that throttles is asked again later and later, for as long as it takes to answer a page.
_RETRIES: Final[Any] = {
    "max_retries": 8,
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=5),
        "base": 2,
    },
    "retry_timeout": timedelta(seconds=30),
}
_CLIENT: Final[Any] = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=30)}
# The name of metadata of an object; in Azure it may have letters only.
_MARK: Final = "wanprep"
_NO_BUCKET: Final = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")
_STATUS: Final = re.compile(r"status code: (\d+ [A-Z][A-Za-z ]+)")
_CODE: Final = re.compile(r"<Code>(\w+)</Code>")
_BAD_NAME: Final = re.compile(r"[Pp]ath \"((?:[^\"\\]|\\.)*)\"")


class CloudStore:
    """One bucket or container."""

    def __init__(self, root: str, settings: Mapping[str, Any]) -> None:
        from obstore.store import from_url

        scheme = scheme_of(root)
        self._root = root
        self._settings = settings
        options = _OPTIONS[EXTRAS[scheme]](settings)
        endpoint = options.get("endpoint") or options.get("base_url") or ""
        is_plain = str(endpoint).startswith("http:")
        client = _CLIENT | ({"allow_http": True} if is_plain else {})
        with _translated_errors:
            # Other names of the same schemes are fsspec's.
            url = {"gcs": root.replace("gcs:", "gs:", 1)}.get(scheme, root)
            self._store: ObjectStore = from_url(
                url, client_options=client, retry_config=_RETRIES, **options
            )

    def list(self, prefix: str) -> Iterator[ListedUrl]:
        """List the objects below a prefix, page by page."""
        import obstore

        if prefix:
            _require_name(prefix.removesuffix("/"))
        with _translated_errors:
            for page in obstore.list(self._store, prefix.rstrip("/") or None, chunk_size=1000):
                yield from map(self._listed, page)

    def find(self, key: str) -> ListedUrl:
        """Ask for the size and version of one object."""
        import obstore

        _require_name(key)
        with _translated_errors:
            return self._listed(obstore.head(self._store, key))

    def _listed(self, meta: ObjectMeta) -> ListedUrl:
        return ListedUrl(f"{self._root}/{meta['path']}", meta["size"], meta["e_tag"] or "")

    def read(self, key: str, start: int, end: int, *, same: str = "", other: str = "") -> Part:
        """Read some bytes, fewer at the end: of the version `same`, or of any but `other`."""
        import obstore

        _require_name(key)
        options: Any = {"range": (start, end)}
        options |= {"if_match": same} if same else {"if_none_match": other} if other else {}
        with _translated_errors:
            try:
                answer = obstore.get(self._store, key, options=options)
            except obstore.exceptions.GenericError as error:
                if start == 0 and "status code: 416" in str(error):
                    return Part(b"", 0)  # of nothing there is no first byte
                raise
            meta = answer.meta
            content_type = None if start else answer.attributes.get("Content-Type")
            return Part(bytes(answer.bytes()), meta["size"], meta["e_tag"] or "", content_type)

    def write(self, key: str, file: str, content_type: str, *, overwrite: bool) -> None:
        """Store a local file in one piece, of which nobody sees a half."""
        import obstore

        with _translated_errors:
            obstore.put(
                self._store, key, Path(file), attributes={"Content-Type": content_type},
                mode="overwrite" if overwrite else "create", use_multipart=False,
            )  # fmt: skip

    def write_marked(
        self, key: str, file: str, content_type: str, mark: str, *, over: Mark | None
    ) -> None:
        """Store a local file with a mark: where nothing is, or over one version of an object."""
        import obstore

        mode: Any = "create"
        if over:
            mode = {"e_tag": over.etag} | ({"version": over.version} if over.version else {})
        with _translated_errors:
            obstore.put(
                self._store, key, Path(file), mode=mode, use_multipart=False,
                attributes={"Content-Type": content_type, _MARK: mark},
            )  # fmt: skip

    def mark_of(self, key: str) -> Mark:
        """Return the mark of an object."""
        import obstore

        with _translated_errors:
            answer = obstore.get(self._store, key, options={"head": True})
            text = answer.attributes.get(_MARK, "")
            return Mark(text, answer.meta["e_tag"] or "", answer.meta["version"])

    def remove(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        import obstore

        with suppress(NoSuchObject), _translated_errors:
            obstore.delete(self._store, key)

    def sign(self, key: str, lifetime: timedelta) -> str:
        """Return a URL with which anyone can read an object for some time."""
        import obstore

        _require_name(key)
        if self._settings.get("signature") == "s3":
            from wanprep.stores.amazon import sign_as_before

            return sign_as_before(self._root, key, lifetime, self._settings)
        with _translated_errors:
            store: Any = self._store
            url = obstore.sign(store, "GET", key, lifetime)
        # The signature is of the encoded name, and Azure wants that of the name itself.
        if EXTRAS[scheme_of(self._root)] == "azure" and "%" in url.partition("?")[0]:
            raise CannotSign(f'Azure would refuse a link to "{key}"')
        return url


def _require_name(key: str) -> None:
    """Refuse a name that obstore would read as that of another object."""
    if "" in key.split("/"):
        raise BadName(f'the name "{key}" has a part without a name, which cannot be read')


def _s3_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    from wanprep.stores.amazon import s3_options

    return s3_options(settings)


def _gcs_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    endpoint = settings.get("endpoint") or os.environ.get("STORAGE_EMULATOR_HOST")
    return _stated(base_url=endpoint, skip_signature=settings.get("anonymous"))


def _azure_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    return _stated(endpoint=settings.get("endpoint"), skip_signature=settings.get("anonymous"))


def _stated(**options: object) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value}


_OPTIONS: Final = {"s3": _s3_options, "gcs": _gcs_options, "azure": _azure_options}


class _TranslatedErrors:
    """Raises the errors of a store for those of obstore, whose messages are dumps of a request.

    No generator, and nothing is imported where all is fine: millions of objects are read.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and (translated := _translated(error)):
            raise translated from None


def _translated(error: Exception) -> StoreError | None:
    from obstore import exceptions

    text = str(error)
    if any(code in text for code in _NO_BUCKET):
        return NoSuchBucket("there is no such bucket")
    match error:
        case FileNotFoundError():
            return NoSuchObject("there is no such bucket or object")
        case exceptions.NotModifiedError():
            return ObjectUnchanged(_reason(error))
        case exceptions.PreconditionError():
            return ObjectChanged("it changed while it was read")
        case exceptions.AlreadyExistsError():
            return ObjectExists("there is such an object already")
        case exceptions.PermissionDeniedError() | exceptions.UnauthenticatedError():
            return _refusal(error)
        case exceptions.InvalidPathError():
            name = _BAD_NAME.search(text)
            return BadName(f'the name "{name[1] if name else ""}" has a part without a name')
        case exceptions.BaseError() | ValueError():
            # The status of a listing is only in its text.
            return _refusal(error) if "status code: 403" in text else StoreError(_reason(error))
    return None


_translated_errors: Final = _TranslatedErrors()


def _refusal(error: Exception) -> NotAllowed:
    answer = _reason(error).removeprefix("its store answered ")
    return NotAllowed(f"its store refuses access ({answer})")


def _reason(error: Exception) -> str:
    """Return the status and code of an answer, else the first line of the message."""
    text = str(error)
    status, code = _STATUS.search(text), _CODE.search(text)
    if status:
        said = [status[1].strip(), *([code[1]] if code else [])]
        return f"its store answered {' '.join(dict.fromkeys(said))}"
    if "error sending request" in text or "Connect" in text:
        return "no connection to its store"
    return text.partition("\n")[0].strip()
