from __future__ import annotations

import socket
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import pytest
import small_service
from loopback import Answer, Loopback, answer, chunked, head, raw, redirect, reset
from small_service import HASTE, KEY, ORDER, driver

from wanprep.net.reach import Reach
from wanprep.plugins.flow import Flow, HostedUrl, Order, Request
from wanprep.plugins.provider import CannotHost, LocalFile
from wanprep.stores.stores import Stores
from wanprep.submit.errors import FileChanged
from wanprep.submit.http.driver import Driver
from wanprep.submit.ledger.ledger import HostedCopies, Ledger
from wanprep.submit.services.service import Uploads
from wanprep.submit.uploads import upload
from wanprep.submit.uploads.files import local_file

upload_file = partial(upload.upload_file, stores=Stores())
BODY = b"the file itself"
TYPE = "application/octet-stream"


@pytest.fixture
def file(tmp_path: Path) -> LocalFile:
    path = tmp_path / "hero.bin"
    path.write_bytes(BODY)
    return local_file(str(path))


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[HostedCopies]:
    with Ledger(str(tmp_path / "state")) as ledger:
        yield ledger.hosted


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback({}) as server:
        yield server


def serve(server: Loopback, *answers: Answer, link: str = "") -> None:
    url = link or f"{server.url}/cdn/x"
    server.script = {"/upload": [answer(200, {"url": url})], "/cdn/x": answers}


HERE = answer(200, BODY)
PAGE = answer(200, BODY, content_type="text/html; charset=x")
MISSING = answer(404, b"")


def piece(total: object) -> Answer:
    return answer(206, b"t", content_range=f"bytes 0-0/{total}")


def headed(length: int | None, **headers: str) -> Answer:
    length_header = {"content-length": str(length)} if length is not None else {}
    return raw(head(200, length_header | {"connection": "close"} | headers))


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([HERE], id="at once"),
        pytest.param([MISSING, MISSING, MISSING, MISSING, HERE], id="after some seconds"),
        pytest.param([reset, HERE], id="after a hiccup"),
        pytest.param([answer(200, b""), answer(200, b""), HERE], id="empty at first"),
        pytest.param([answer(405, b""), HERE], id="no HEAD"),
        pytest.param(
            [answer(403, b""), piece(len(BODY))],
            id="signed for GET, in pieces",
        ),
        pytest.param([headed(None), chunked(BODY)], id="no length at all"),
    ],
)
def test_an_uploaded_file_is_verified(
    server: Loopback, file: LocalFile, copies: HostedCopies, answers: list[Answer]
) -> None:
    serve(server, *answers)
    with driver(server) as line:
        hosted = upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert hosted.url == f"{server.url}/cdn/x"
    assert copies.get("small", file.sha256) == hosted
    looks = [each for each in server.heard if each.target == "/cdn/x"]
    assert all(KEY.encode() not in each.raw for each in looks)
    assert looks[0].method == "HEAD"
    assert {each.headers.get("range") for each in looks if each.method == "GET"} <= {"bytes=0-0"}


def rewritten(path: Path) -> None:
    path.write_bytes(BODY.swapcase())


def renamed_over(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(BODY)
    other.replace(path)


def rewritten_and_restored(path: Path) -> None:
    rewritten(path)
    path.write_bytes(BODY)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(rewritten, id="the same length"),
        pytest.param(lambda path: path.write_bytes(BODY * 2), id="longer"),
        pytest.param(renamed_over, id="another file of the same content"),
        pytest.param(rewritten_and_restored, id="there and back"),
        pytest.param(Path.unlink, id="gone"),
    ],
)
def test_a_file_that_changes_during_its_upload_is_not_used(
    server: Loopback, file: LocalFile, copies: HostedCopies, change: Callable[[Path], object]
) -> None:
    good = answer(200, {"url": f"{server.url}/cdn/x"})

    def changing(line: socket.socket, closing: threading.Event) -> None:
        change(Path(file.path))
        good(line, closing)

    server.script = {"/upload": [changing], "/cdn/x": [HERE]}
    with driver(server) as line, pytest.raises(FileChanged, match="has changed since it was check"):
        upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert copies.get("small", file.sha256) is None


def inside(file: LocalFile, _: Order) -> Flow[HostedUrl]:
    yield from ()
    return HostedUrl(f"data:{file.content_type};base64,{file.base64()}")


def test_a_file_that_changed_before_its_upload_is_not_used(
    server: Loopback, file: LocalFile, copies: HostedCopies, bucket: str
) -> None:
    rewritten(Path(file.path))
    serve(server, HERE)
    for line in (driver(server), driver(server, upload=None), driver(server, upload=inside)):
        with line, pytest.raises(FileChanged):
            upload_file(
                file,
                ORDER,
                driver=line,
                config_hosts={"default": bucket},
                copies=copies,
            )
    assert copies.get("small", file.sha256) is None


def test_a_redirected_link_is_followed(
    server: Loopback, file: LocalFile, copies: HostedCopies
) -> None:
    with Loopback({"*": [HERE]}) as cdn:
        serve(server, redirect(f"{cdn.url}/y"))
        with driver(server) as line:
            upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        pytest.param([MISSING], "with HTTP 404", id="never there"),
        pytest.param([answer(403, b"")], "with HTTP 403 where no key is sent", id="not public"),
        pytest.param([answer(200, BODY[:-1])], "14 B instead of 15 B", id="too short"),
        pytest.param([PAGE], "text/html", id="a page"),
        pytest.param([answer(200, {"a": 1})], "application/json", id="about the file"),
        pytest.param([reset], "does not answer", id="dead"),
        pytest.param([headed(None), chunked(BODY, BODY)], "30 B instead", id="endless"),
        pytest.param([headed(None), piece("*")], "another length", id="no length at all"),
        pytest.param([headed(None), piece(9)], "9 B instead", id="in pieces"),
    ],
)  # fmt: skip
def test_a_link_that_gives_no_file_is_refused(
    server: Loopback, file: LocalFile, copies: HostedCopies, answers: list[Answer], says: str
) -> None:
    # Each look is one HEAD, and one GET where that says too little.
    serve(server, *(answers * 8))
    with driver(server, policy=HASTE) as line, pytest.raises(CannotHost, match=says) as caught:
        upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert "hero.bin was uploaded" in str(caught.value)
    assert copies.get("small", file.sha256) is None


def test_a_plain_http_link_is_refused(
    server: Loopback, file: LocalFile, copies: HostedCopies
) -> None:
    serve(server, HERE, link="http://cdn.example.com/x?sig=secret")
    with driver(server) as line, pytest.raises(CannotHost, match="not https") as caught:
        upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert "secret" not in str(caught.value)


def test_a_copy_that_works_is_not_uploaded_again(
    server: Loopback, file: LocalFile, copies: HostedCopies
) -> None:
    serve(server, HERE)
    with driver(server) as line:
        for _ in range(3):
            upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert server.targets().count("POST /upload") == 1


NOW = datetime.now(UTC)
SOON = NOW.timestamp() + 60


@pytest.mark.parametrize(
    ("old", "answers"),
    [
        pytest.param(HostedUrl("", NOW + timedelta(minutes=59)), [HERE], id="it dies soon"),
        pytest.param(HostedUrl(f"?Expires={SOON:.0f}"), [HERE], id="so does its link"),
        pytest.param(HostedUrl(""), [MISSING, MISSING, HERE], id="it is gone"),
    ],
)  # fmt: skip
def test_a_copy_that_will_not_last_is_replaced(
    server: Loopback, file: LocalFile, copies: HostedCopies, old: HostedUrl, answers: list[Answer]
) -> None:
    serve(server, *answers)
    copies.put("small", file.sha256, replace(old, url=f"{server.url}/cdn/x{old.url}"))
    with driver(server) as line:
        upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert server.targets().count("POST /upload") == 1
    assert copies.get("small", file.sha256) == HostedUrl(f"{server.url}/cdn/x")


def upload_as_data(file: LocalFile, _: Order) -> Flow[HostedUrl]:
    yield from ()
    return HostedUrl(f"data:{file.content_type};base64,AAAA")


def test_a_file_inside_the_order_is_not_verified(
    server: Loopback, file: LocalFile, copies: HostedCopies
) -> None:
    with driver(server, upload=upload_as_data) as line:
        hosted = upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert hosted.url.startswith("data:")
    assert server.heard == []
    assert copies.get("small", file.sha256) is None


# Buckets of the user's own.


LONG_AGO = 1_000_000_000  # so that no copy is used again


class Bucket(fsspec.get_filesystem_class("file")):  # type: ignore[misc] # it ships no types
    """A folder that signs links, as the clouds' filesystems do."""

    protocol = "bucket"
    url = ""

    def sign(self, path: str, expiration: int = 100) -> str:
        return f"{self.url}{path}?Expires={LONG_AGO + expiration}"

    def put_file(self, lpath: str, rpath: str) -> None:
        if "denied" in rpath:
            raise RuntimeError("AccessDenied for AKIAIOSFODNN7EXAMPLE")
        self.makedirs(self._parent(rpath), exist_ok=True)
        super().put_file(lpath, rpath)


@pytest.fixture
def bucket(server: Loopback, tmp_path: Path) -> str:
    fsspec.register_implementation("bucket", Bucket, clobber=True)
    Bucket.url = server.url
    server.script = {"*": [HERE]}
    return f"bucket://{tmp_path}/store"


@pytest.mark.parametrize("own", [True, False])
def test_a_bucket_takes_what_the_provider_does_not(
    server: Loopback, file: LocalFile, copies: HostedCopies, bucket: str, tmp_path: Path, own: bool
) -> None:
    # A bucket that is chosen for a provider comes before its own uploads.
    upload = small_service.upload if own else None
    with driver(server, upload=upload) as line:
        hosted = upload_file(
            file,
            ORDER,
            driver=line,
            config_hosts={"small": bucket} if own else {"default": bucket},
            copies=copies,
        )
    stored = tmp_path / "store" / file.sha256[:16] / "hero.bin"
    assert stored.read_bytes() == BODY
    assert hosted.url == f"{server.url}{stored}?Expires={LONG_AGO + 86400}"
    assert hosted.expires is not None
    assert timedelta(hours=23) < hosted.expires - datetime.now(UTC) <= timedelta(days=1)
    assert "POST /upload" not in server.targets()


def test_a_bucket_takes_what_the_provider_refuses(
    server: Loopback, file: LocalFile, copies: HostedCopies, bucket: str
) -> None:
    server.script = {"/upload": [answer(415, {"error": "no videos"})], "*": [HERE]}
    with driver(server) as line:
        assert (
            "store"
            in upload_file(
                file,
                ORDER,
                driver=line,
                config_hosts={"default": bucket},
                copies=copies,
            ).url
        )
        with pytest.raises(CannotHost, match="no videos") as caught:
            upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert "hero.bin is on this machine only" in str(caught.value)
    assert '[hosts] default = "s3://bucket/prefix"' in str(caught.value)


def test_an_emulated_submission_leaves_buckets_alone(
    server: Loopback, file: LocalFile, copies: HostedCopies, bucket: str, tmp_path: Path
) -> None:
    here = Reach(public=False, loopback=True)
    with (
        driver(server, upload=None, reach=here) as line,
        pytest.raises(CannotHost, match="--emulate uses no network, and would upload it to bucket"),
    ):
        upload_file(
            file,
            ORDER,
            driver=line,
            config_hosts={"default": bucket},
            copies=copies,
        )
    assert not (tmp_path / "store").exists()


def test_an_upload_inside_a_network_is_refused(
    server: Loopback, file: LocalFile, copies: HostedCopies
) -> None:
    server.script = {"*": [answer(200, {"url": "https://10.0.0.1/a?sig=canary"})]}
    waits: list[float] = []
    with (
        driver(server, pause=waits.append) as line,
        pytest.raises(CannotHost, match="it leads to a private network") as caught,
    ):
        upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert "canary" not in str(caught.value)
    assert waits == []


def test_a_file_without_a_destination(
    server: Loopback, file: LocalFile, copies: HostedCopies
) -> None:
    with (
        driver(server, upload=None) as line,
        pytest.raises(CannotHost, match="Small accepts no uploads"),
    ):
        upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)


def test_a_prefix_that_azure_accepts_no_links_to(
    file: LocalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", b64encode(b"key").decode())

    with pytest.raises(CannotHost, match=r"my refs/.* Choose a prefix of letters"):
        upload.upload_into_store(file, "az://box/my refs", Stores())


@pytest.mark.parametrize(
    ("below", "says"),
    [
        pytest.param("memory://a", "cannot give out links", id="it cannot sign"),
        pytest.param("nothing://a", "cannot be opened", id="an unknown scheme"),
        pytest.param("bucket://denied", "could not be stored", id="it may not be written"),
        pytest.param("s3://b/prefix", "pip install 'wanprep\\[s3\\]'", id="no package for it"),
    ],
)  # fmt: skip
def test_a_bucket_that_cannot_be_used(
    server: Loopback,
    file: LocalFile,
    copies: HostedCopies,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    below: str,
    says: str,
) -> None:
    monkeypatch.setitem(sys.modules, "wanprep.stores.cloud", None)  # as without obstore
    monkeypatch.chdir(tmp_path)  # where the folder that may not be written to is made
    assert bucket
    with (
        driver(server, upload=None) as line,
        pytest.raises(CannotHost, match=says) as caught,
    ):
        upload_file(
            file,
            ORDER,
            driver=line,
            config_hosts={"default": below},
            copies=copies,
        )
    assert "AKIA" not in str(caught.value)


def asks_twice(file: LocalFile, _: Order) -> Flow[HostedUrl]:
    ticket = yield Request(method="POST", url="/ticket", json={"size": file.bytes})
    return HostedUrl(ticket.json()["url"])


def test_an_upload_in_two_steps(server: Loopback, file: LocalFile, copies: HostedCopies) -> None:
    serve(server, HERE)
    server.script = {**server.script, "/ticket": [answer(200, {"url": f"{server.url}/cdn/x"})]}
    with driver(server, upload=asks_twice) as line:
        upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert server.targets() == ["POST /ticket", "HEAD /cdn/x"]


def uploads(line: Driver, **changes: Any) -> Driver:
    unlimited: dict[str, Any] = {
        "kept": None, "most_bytes": None, "known": (), "refused": (), "needs": (), "warning": None,
        "schemes": (), "by_model": False,
    }  # fmt: skip
    line.service = replace(line.service, uploads=Uploads(**unlimited | changes))
    return line


def own_place(file: LocalFile, order: Order) -> Flow[HostedUrl]:
    yield Request(method="POST", url="/upload", query={"model": order.model})
    return HostedUrl(f"oss://instant/{file.name}")


def test_a_url_that_only_the_service_can_read_is_not_requested(
    server: Loopback, file: LocalFile, copies: HostedCopies
) -> None:
    server.script = {"/upload?model=": [answer(200, {})], "/upload?model=b": [answer(200, {})]}
    with uploads(driver(server, upload=own_place), schemes=("oss",), by_model=True) as line:
        for model in ("", "", "b"):
            order = replace(ORDER, model=model)
            hosted = upload_file(file, order, driver=line, config_hosts={}, copies=copies)
            assert hosted.url == "oss://instant/hero.bin"
    assert server.targets() == ["POST /upload?model=", "POST /upload?model=b"]
    server.script = {"/upload?model=": [answer(200, {})]}
    with (
        uploads(driver(server, upload=own_place), kept=1) as line,
        pytest.raises(CannotHost, match="link is not https: oss://instant"),
    ):
        upload_file(
            file,
            replace(ORDER, model=""),
            driver=line,
            config_hosts={},
            copies=copies,
        )


def test_a_copy_lives_as_long_as_the_service_keeps_such(
    server: Loopback, file: LocalFile, copies: HostedCopies
) -> None:
    serve(server, HERE)
    with uploads(driver(server), kept=7200) as line:
        hosted = upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert hosted.expires is not None
    left = hosted.expires - datetime.now(UTC)
    assert timedelta(minutes=110) < left < timedelta(minutes=121)


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        pytest.param({"refused": (TYPE,)}, f"Small accepts no {TYPE} as an upload", id="type"),
        pytest.param({"most_bytes": 3}, "Small accepts uploads of at most 3 B", id="size"),
    ],
)
def test_files_that_the_service_refuses_are_not_uploaded(
    server: Loopback, file: LocalFile, copies: HostedCopies, limits: dict[str, Any], why: str
) -> None:
    serve(server, HERE)
    with uploads(driver(server), **limits) as line, pytest.raises(CannotHost, match=why):
        upload_file(file, ORDER, driver=line, config_hosts={}, copies=copies)
    assert server.targets() == []
