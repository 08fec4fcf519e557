"""Give a local file a public address: at its provider, else in a bucket of the user's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from wanprep.net.addresses import may_follow
from wanprep.net.secrets import redact
from wanprep.plugins.flow import HostedUrl, Refused
from wanprep.plugins.loading import load_hosts
from wanprep.submit.errors import CannotHost
from wanprep.submit.uploads.verify import prove, what_is_wrong
from wanprep.text import file_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.provider import LocalFile, Provider
    from wanprep.submit.http.driver import Driver
    from wanprep.submit.services.service import Service, Uploads


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


# Where a job waits in a queue, its files must still be there when it is begun.
_MARGIN: Final = timedelta(hours=1)


UPLOAD: Final = ""  # the place that is the provider's own


_WAYS_OUT: Final = (
    "Put the file where it has a public https address and write that into the job; or name a "
    'bucket of your own in the configuration, [hosts] default = "s3://bucket/prefix"; or choose '
    "a provider that takes uploads."
)


class HostedCopies(Protocol):
    """Remembers which content lies where."""

    def get(self, provider: str, sha256: str) -> HostedUrl | None:
        """Find the address of a file that was uploaded before."""
        ...

    def put(self, provider: str, sha256: str, hosted: HostedUrl, /) -> None:
        """Remember where a file was uploaded to."""
        ...


def host(
    file: LocalFile, *, driver: Driver, config_hosts: Mapping[str, str], remembered: HostedCopies
) -> HostedUrl:
    """Upload a file, unless a copy of it still lives, and prove that strangers can fetch it."""
    name = driver.provider.name
    known = remembered.get(name, file.sha256)
    if known and _lives(known) and what_is_wrong(known.url, file, driver) is None:
        return known
    hosted = _hosted(file, driver, config_hosts)
    if hosted.url.startswith("data:"):
        return hosted
    if not may_follow(hosted.url, plain=driver.client.plain):
        say = f"{file.name} was uploaded, but its link is not https: {redact(hosted.url)}."
        raise CannotHost(say)
    prove(hosted.url, file, driver)
    remembered.put(name, file.sha256, hosted)
    return hosted


def places(provider: Provider, config_hosts: Mapping[str, str]) -> tuple[str, ...]:
    """Tell where a provider's files can go, the best place first: what the user chose for it."""
    if chosen := config_hosts.get(provider.name):
        return (chosen,)
    own = (UPLOAD,) if provider.upload else ()
    default = config_hosts.get("default")
    return (*own, default) if default else own


def nowhere(file: LocalFile, title: str, why: str = "") -> CannotHost:
    """Say that a file finds no place, and the ways out."""
    reason = why or f"{title} takes no uploads"
    return CannotHost(f"{file.name} is on this machine only: {reason}. {_WAYS_OUT}")


def _hosted(file: LocalFile, driver: Driver, config_hosts: Mapping[str, str]) -> HostedUrl:
    why = ""
    for place in places(driver.provider, config_hosts):
        if place != UPLOAD:
            return _elsewhere(file, place)
        if why := _unfit(file, driver.service):
            continue
        try:
            return _dated(driver.upload(file), driver.service.uploads)
        except Refused as error:
            why = f"{driver.service.title} does not take it ({error}). {error.advice}".rstrip(". ")
    raise nowhere(file, driver.service.title, why)


def _unfit(file: LocalFile, service: Service) -> str:
    """Say why a provider's uploads take no such file, where that is known beforehand."""
    uploads = service.uploads
    if uploads and file.content_type in uploads.refused:
        return (
            f"{service.title} takes no {file.content_type} as an upload; convert it to JPEG or PNG"
        )
    if uploads and uploads.most_bytes is not None and file.bytes > uploads.most_bytes:
        most = file_size(uploads.most_bytes)
        return f"{service.title} takes uploads of at most {most}; `wanprep fix` can make it smaller"
    return ""


def _dated(hosted: HostedUrl, uploads: Uploads | None) -> HostedUrl:
    """Know when a copy dies, from what the service says of all of them if of none by itself."""
    if hosted.expires or uploads is None or uploads.kept is None:
        return hosted
    return replace(hosted, expires=datetime.now(UTC) + timedelta(seconds=uploads.kept))


def _elsewhere(file: LocalFile, below: str) -> HostedUrl:
    put = load_hosts().get(below.partition("://")[0], host_with_fsspec)
    return put(file, below)


def _lives(known: HostedUrl) -> bool:
    from wanprep.check.urls import expiry

    end = expiry(parse_qs(urlsplit(known.url).query))
    ends = [known.expires] if known.expires else []
    ends += [datetime.fromtimestamp(end, UTC)] if end else []
    return all(end > datetime.now(UTC) + _MARGIN for end in ends)
