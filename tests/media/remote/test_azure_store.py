"""Azure, against its own emulator, where that is on PATH: https://github.com/Azure/Azurite."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Final

import httpx
import pytest
from commands import Command
from object_store import free_port
from PIL import Image

from wanprep.stores.store import (
    CannotSign,
    NoSuchBucket,
    NoSuchObject,
    ObjectChanged,
    ObjectExists,
    ObjectUnchanged,
    StoreError,
)
from wanprep.stores.stores import Stores

ACCOUNT: Final = "devstoreaccount1"
# The emulator's own key, which its documentation shows.
KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the emulator, with a container named box."""
    if (program := shutil.which("azurite-blob")) is None:
        pytest.skip("azurite-blob is not on PATH: npm install --global azurite")
    port = free_port()
    folder = tmp_path_factory.mktemp("azurite")
    options = ["--blobPort", str(port), "--location", str(folder), "--skipApiVersionCheck"]
    quiet = ["--silent", "--disableTelemetry"]
    process = subprocess.Popen([program, *options, *quiet], stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/{ACCOUNT}"
        create_container(url)
        yield url
    finally:
        process.kill()
        process.wait()


def create_container(url: str) -> None:
    sent = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    headers = "\n".join(f"{name}:{value}" for name, value in sent.items())
    text = "PUT" + "\n" * 12 + f"{headers}\n/{ACCOUNT}/{ACCOUNT}/box\nrestype:container"
    digest = hmac.digest(base64.b64decode(KEY), text.encode(), hashlib.sha256)
    sent["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:  # until it has started
        client.put(f"{url}/box?restype=container", headers=sent).raise_for_status()


@pytest.fixture
def stores(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Stores:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    return Stores({"az://": {"endpoint": endpoint}})


def test_read_write_and_sign(stores: Stores, tmp_path: Path) -> None:
    store, _ = stores.at("az://box")
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")

    store.write("a/one, 100%.txt", str(file), "text/plain", overwrite=False)
    store.write_marked("two.txt", str(file), "text/plain", "mark", over=None)

    assert list(store.list("")) == ["az://box/a/one, 100%.txt", "az://box/two.txt"]
    part = store.read("a/one, 100%.txt", 3, 6, same=store.find("a/one, 100%.txt").etag)
    assert (part.data, part.size, part.content_type) == (b"345", 10, "text/plain")
    assert httpx.get(store.sign("two.txt", timedelta(minutes=5))).content == b"0123456789"
    mark = store.mark_of("two.txt")
    assert mark.text == "mark"
    store.write_marked("two.txt", str(file), "text/plain", "other", over=mark)
    refused: dict[type[StoreError], Callable[[], object]] = {
        ObjectExists: lambda: store.write("two.txt", str(file), "text/plain", overwrite=False),
        ObjectChanged: lambda: store.write_marked("two.txt", str(file), "", "x", over=mark),
        ObjectUnchanged: lambda: store.read("two.txt", 0, 1, other=store.find("two.txt").etag),
        CannotSign: lambda: store.sign("a/one, 100%.txt", timedelta(minutes=5)),
        NoSuchObject: lambda: store.find("three.txt"),
        NoSuchBucket: lambda: list(stores.at("az://none")[0].list("")),
    }
    for error, call in refused.items():
        with pytest.raises(error):
            call()
    store.remove("two.txt")
    store.remove("two.txt")
    assert len(list(store.list(""))) == 1


def test_check_into_a_container(stores: Stores, tmp_path: Path, wanprep: Command) -> None:
    Image.new("RGB", (64, 480)).save(tmp_path / "small.png")
    stores.at("az://box")[0].write(
        "in/small.png", str(tmp_path / "small.png"), "image/png", overwrite=True
    )
    (tmp_path / "wanprep.toml").write_text(
        f'[hosts."az://"]\nendpoint = "{stores.settings["az://"]["endpoint"]}"\n'
    )
    command = ("check", "az://box/in/", "--results", "az://box/out")

    for _ in range(2):
        done = wanprep(*command, cwd=tmp_path)
        assert (done.status, "image-too-small" in done.out) == (1, True)
    assert "image-too-small" in wanprep("report", "az://box/out", cwd=tmp_path).out
