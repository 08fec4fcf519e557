"""Put a file into a bucket of the user's own, by any fsspec filesystem that can sign links."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wanprep.submit.faults import CannotHost
from wanprep.submit.flow import HostedUrl
from wanprep.submit.secrets import redact

if TYPE_CHECKING:
    from wanprep.submit.provider import LocalFile

# A job may wait for hours before its files are fetched.
_LIVES: Final = timedelta(days=1)
# How filesystems are told what they store; others guess it by the name.
_CONTENT_TYPE: Final = {
    "gcs": "content_type",
    "gs": "content_type",
    "s3": "ContentType",
    "s3a": "ContentType",
}


def host_with_fsspec(file: LocalFile, below: str) -> HostedUrl:
    """Store a file under its content's hash, and sign a link to it."""
    filesystem, folder = _open(below)
    if not _signs(filesystem):
        raise CannotHost(
            f"{redact(below)} in [hosts] cannot give out links that work without a login. "
            "Choose a bucket that can, such as s3://bucket/prefix or gs://bucket/prefix."
        )
    path = f"{folder.rstrip('/')}/{place_of(file)}"
    expires = datetime.now(UTC) + _LIVES
    try:
        filesystem.put_file(file.path, path, **_told(below, file))
        url = filesystem.sign(path, expiration=int(_LIVES.total_seconds()))
    except Exception as error:  # noqa: BLE001 - each filesystem raises what its own libraries do
        why = redact(str(error)) or type(error).__name__
        raise CannotHost(f"{file.name} could not be stored at {redact(below)}: {why}") from None
    return HostedUrl(url, expires)


def place_of(file: LocalFile) -> str:
    """Name a file so that no other content ever takes its place."""
    return f"{file.sha256[:16]}/{file.name}"


def _open(below: str) -> tuple[Any, str]:
    import fsspec

    try:
        filesystem, folder = fsspec.core.url_to_fs(below)
    except ImportError as error:
        raise CannotHost(
            f"{redact(below)} in [hosts] needs a package that is not installed: {error}"
        ) from None
    except Exception as error:  # noqa: BLE001 - each filesystem raises what its own libraries do
        why = redact(str(error)) or type(error).__name__
        raise CannotHost(f"{redact(below)} in [hosts] cannot be opened: {why}") from None
    return filesystem, str(folder)


def _signs(filesystem: Any) -> bool:  # noqa: ANN401 - fsspec ships no types
    import fsspec

    return type(filesystem).sign is not fsspec.AbstractFileSystem.sign


def _told(below: str, file: LocalFile) -> dict[str, str]:
    name = _CONTENT_TYPE.get(below.partition("://")[0])
    return {name: file.content_type} if name else {}
