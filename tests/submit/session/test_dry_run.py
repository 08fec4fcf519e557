from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_service import KEY, ORDER, provider, service

from wanprep import __version__
from wanprep.net.secrets import remember
from wanprep.plugins.flow import Flow, HostedUrl, Order, Refused, Request
from wanprep.plugins.provider import CannotHost, LocalFile, Settings
from wanprep.submit.session.dry_run import describe_order, describe_upload
from wanprep.submit.uploads.files import local_file

ENVIRON = {"SMALL_KEY": KEY}


def test_an_order() -> None:
    remember(KEY)
    order = replace(
        ORDER,
        body={"prompt": "x", "image": "https://h/a.png?X-Amz-Signature=abc", "note": KEY},
        query={"webhook": "https://me.example/?token=t"},
    )
    described = describe_order(provider(), service(), order, environ=ENVIRON)
    assert described == {
        "method": "POST",
        "url": "https://api.small.example/jobs?webhook=https%3A%2F%2Fme.example%2F%3Ftoken%3D***",
        "headers": {
            "User-Agent": f"wanprep/{__version__}",
            "Authorization": "Bearer ***",
            "Content-Type": "application/json",
            "Idempotency-Key": "run-1",
        },
        "body": {"prompt": "x", "image": "https://h/a.png?X-Amz-Signature=***", "note": "***"},
    }


def test_it_needs_no_key() -> None:
    described = describe_order(provider(), service(), ORDER, environ={})
    assert described["headers"]["Authorization"] == "Bearer ***"


def refuses(_: Order) -> Flow[Any]:
    raise Refused(f"not with {KEY}")
    yield


def test_a_refusal_hides_the_key() -> None:
    remember(KEY)
    with pytest.raises(Refused, match=r"not with \*\*\*"):
        describe_order(provider(submit=refuses), service(), ORDER, environ=ENVIRON)


@pytest.fixture
def file(tmp_path: Path) -> LocalFile:
    path = tmp_path / "a.bin"
    path.write_bytes(b"12345")
    return local_file(str(path))


def described(file: LocalFile, config_hosts: Mapping[str, str], **changes: Any) -> Any:
    return describe_upload(
        provider(**changes),
        service(),
        file,
        ORDER,
        environ=ENVIRON,
        config_hosts=config_hosts,
    )


ABOUT = {"name": "a.bin", "content_type": "application/octet-stream", "bytes": 5}


def test_an_upload(file: LocalFile) -> None:
    assert described(file, {}) == {
        "method": "POST",
        "url": "https://api.small.example/upload",
        "headers": {"User-Agent": f"wanprep/{__version__}", "Authorization": "Bearer ***"},
        "form": {"file": "(file)"},
        "file": ABOUT,
    }


def needs_settings(_: LocalFile, __: Settings) -> Flow[HostedUrl]:
    raise Refused("a repository is missing", advice="Name one.")
    yield Request(method="PUT", url="/")


def as_data(_: LocalFile, __: Settings) -> Flow[HostedUrl]:
    yield from ()
    return HostedUrl("data:,x")


@pytest.mark.parametrize("upload", [None, needs_settings])
def test_a_bucket_in_place_of_an_upload(file: LocalFile, upload: Any) -> None:
    below = "s3://AKIAIOSFODNN7EXAMPLE:x@bucket/p/"
    assert described(file, {"default": below}, upload=upload) == {
        "method": "PUT",
        "url": f"s3://***@bucket/p/{file.sha256[:16]}/a.bin",
        "file": ABOUT,
    }


def test_a_file_inside_the_order_has_no_request_of_its_own(file: LocalFile) -> None:
    assert described(file, {}, upload=as_data) is None


def test_a_file_without_a_destination(file: LocalFile) -> None:
    with pytest.raises(CannotHost, match=r"a repository is missing. Name one"):
        described(file, {}, upload=needs_settings)
    with pytest.raises(CannotHost, match="Small accepts no uploads"):
        described(file, {}, upload=None)
