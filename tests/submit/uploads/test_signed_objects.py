"""An object of a store is signed for the provider: nothing is downloaded or uploaded."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from emulated import emulate
from object_store import KEYS, S3Server
from PIL import Image
from submitting import EVOLINK, Desktop

from wanprep.plugins.provider import CannotHost
from wanprep.stores.stores import Stores
from wanprep.submit.uploads.files import local_file
from wanprep.submit.uploads.upload import upload_into_store

pytest_plugins = ["object_store_fixtures"]


def png() -> bytes:
    with BytesIO() as file:
        Image.new("RGB", (320, 320), "teal").save(file, "PNG")
        return file.getvalue()


def test_an_object_is_signed_once_and_sent(
    s3: S3Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    s3.put("refs", {"hero.png": png()})
    (tmp_path / "job.yaml").write_text(
        f"target: {EVOLINK}\nprompt: She walks.\nreferences:\n- image: s3://refs/hero.png\n"
        "parameters: {duration: 2, resolution: 720p}\n"
    )
    with emulate(speed=100) as emulator:
        session = Desktop(tmp_path, emulator, monkeypatch, capfd)
        settings = '[hosts."s3://refs"]\nexpiry-hours = 48\n'
        with (tmp_path / "wanprep.toml").open("a") as file:
            file.write(settings)

        # A link on this machine is as far as the emulated provider lets it come.
        status = session.wanprep("submit", "job.yaml", "--yes")
        sent, printed = session.err, session.out + session.err
        trial = session.wanprep("submit", "job.yaml", "--dry-run")

    signed = [path for _, path in s3.requests if "X-Amz-Signature" in path]
    query = parse_qs(urlsplit(signed[0]).query)
    assert (status, trial) == (1, 0)
    assert "signing hero.png" in sent
    assert "Image 1: must be a public https URL" in sent
    assert query["X-Amz-Expires"] == [str(48 * 3600)]
    assert not [method for method, _ in s3.requests if method == "PUT"]
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in printed
    assert "X-Amz-Signature=" not in printed
    assert '"s3://refs/hero.png (signed, for 48 hours)"' in session.out
    assert "signed.invalid" not in session.out


@pytest.mark.parametrize(
    ("signature", "field"), [("s3v4", "X-Amz-Expires"), ("s3", "Expires")], ids=["4", "2"]
)
def test_a_local_file_is_stored_and_signed_with_the_same_settings(
    s3: S3Server, tmp_path: Path, signature: str, field: str
) -> None:
    s3.put("hosted", {})
    (tmp_path / "hero.png").write_bytes(png())
    settings = {"expiry-hours": 48, "signature": signature, "endpoint": s3.endpoint}

    file = local_file(str(tmp_path / "hero.png"))
    hosted = upload_into_store(file, "s3://hosted/refs/", Stores({"s3://hosted": settings}))

    parts = urlsplit(hosted.url)
    assert parts.path == f"/hosted/refs/{file.sha256[:16]}/hero.png"
    end = float(parse_qs(parts.query)[field][0])
    left = end - (time.time() if field == "Expires" else 0)
    assert 47 * 3600 < left <= 48 * 3600
    assert hosted.expires is not None
    answer = httpx.get(hosted.url)
    assert (answer.content, answer.headers["Content-Type"]) == (png(), "image/png")


@pytest.mark.parametrize(
    ("below", "problem"),
    [
        ("s3://gone/refs", "there is no such bucket. Check the spelling of its name"),
        ("s3://hosted/denied", "its store refuses access .*Check the credentials"),
    ],
)
def test_a_bucket_that_takes_no_files(
    s3: S3Server, tmp_path: Path, below: str, problem: str
) -> None:
    s3.put("hosted", {})
    s3.fault = lambda path, _: 403 if "denied" in path else None
    (tmp_path / "hero.png").write_bytes(png())
    with pytest.raises(CannotHost, match=problem) as caught:
        upload_into_store(local_file(str(tmp_path / "hero.png")), below, Stores())
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in str(caught.value)
