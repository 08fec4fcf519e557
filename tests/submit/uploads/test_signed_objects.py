"""An object of a store is signed for the provider: nothing is downloaded or uploaded."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from emulated import emulate
from object_store import KEYS, S3Server
from PIL import Image
from submitting import EVOLINK, Desktop

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
    assert "https://signed.invalid/" in session.out
