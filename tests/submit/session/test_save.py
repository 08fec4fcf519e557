from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from ledgers import TARGET, received, start_process, succeeded_run
from loopback import Answer, Loopback, answer, chunked, dripping, half, head, raw, redirect, reset
from PIL import Image
from small_service import KEY, STEADY, driver

from wanprep import __version__
from wanprep.errors import WanprepError
from wanprep.plugins.flow import Order
from wanprep.submit.errors import BadResult, CannotSave, NoAnswer, ResultGone
from wanprep.submit.http import download as downloads
from wanprep.submit.http.retries import RetryPolicy
from wanprep.submit.session import save
from wanprep.submit.session.save import SavedResult, save_results


@pytest.fixture(scope="session")
def video(clip: Path) -> bytes:
    return clip.read_bytes()


@pytest.fixture(scope="session")
def fast_start(clip: Path, ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Make a clip whose index comes first, as videos on the web have it."""
    path = tmp_path_factory.mktemp("fast") / "fast.mp4"
    copy = ["-c", "copy", "-movflags", "+faststart"]
    subprocess.run([ffmpeg, "-v", "error", "-i", str(clip), *copy, str(path)], check=True)
    return path.read_bytes()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback({}) as server:
        yield server


def fetch(
    server: Loopback,
    home: Path,
    *answers: Answer,
    outputs: int = 1,
    expected: float | None = 1.0,
    policy: RetryPolicy = STEADY,
    **body: Any,
) -> tuple[SavedResult, ...]:
    server.script = {"/v.mp4": answers}
    run = succeeded_run(
        outputs=[f"{server.url}/v.mp4?n={number}&Signature=secret" for number in range(outputs)],
        facts={"seconds": expected},
        order=Order(target=TARGET, body=body),
    )
    with driver(server, policy=policy) as line:
        return save_results(run, line, str(home))


def names(home: Path) -> list[str]:
    return sorted(os.listdir(home))


def test_a_result_is_saved_with_a_sidecar_of_its_origin(
    server: Loopback, home: Path, video: bytes
) -> None:
    body: dict[str, Any] = {"image_urls": ["https://h/a?sig=x"], "key": KEY}
    (saved,) = fetch(server, home, answer(200, video), **body)
    assert names(home) == ["hero-ab12.json", "hero-ab12.mp4"]
    assert saved == SavedResult(
        path=str(home / "hero-ab12.mp4"), sidecar=str(home / "hero-ab12.json"), notes=()
    )
    assert (home / "hero-ab12.mp4").read_bytes() == video
    text = (home / "hero-ab12.json").read_text()
    about = json.loads(text)
    assert about["wanprep"] == __version__
    assert about["run"] == "ab12"
    assert about["body"] == {"image_urls": ["https://h/a?sig=***"], "key": "***"}
    result = about["result"]
    assert (result["file"], result["bytes"]) == ("hero-ab12.mp4", len(video))
    assert result["sha256"] == sha256(video).hexdigest()
    assert result["url"].endswith("/v.mp4?n=0&Signature=***")
    assert result["facts"]["video_codec"] == "h264"
    assert "path" not in result["facts"]
    assert about["notes"] == []
    assert KEY not in text
    assert KEY.encode() not in server.everything
    mask = os.umask(0)
    os.umask(mask)
    assert (home / "hero-ab12.mp4").stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([reset], id="cut at first"),
        pytest.param([half(b"x" * 5000)], id="half at first"),
        pytest.param([answer(503, b""), answer(429, b"", retry_after="1")], id="busy at first"),
        pytest.param([chunked(b"x" * 5000, whole=False)], id="chunks without an end at first"),
        pytest.param([redirect("/v.mp4?moved")], id="moved"),
    ],
)
def test_a_download_is_repeated(
    server: Loopback, home: Path, video: bytes, answers: list[Answer]
) -> None:
    fetch(server, home, *answers, answer(200, video))
    assert (home / "hero-ab12.mp4").read_bytes() == video


def test_a_download_in_chunks(server: Loopback, home: Path, video: bytes) -> None:
    fetch(server, home, chunked(video[:999], video[999:]))
    assert (home / "hero-ab12.mp4").read_bytes() == video


LENGTH = {"content-length": "5000", "connection": "close"}


@pytest.mark.parametrize(
    ("bad", "error", "says"),
    [
        pytest.param(answer(401, b""), ResultGone, "HTTP 401", id="locked"),
        pytest.param(answer(403, b""), ResultGone, "HTTP 403", id="expired"),
        pytest.param(answer(404, b""), ResultGone, "HTTP 404", id="gone"),
        pytest.param(answer(410, b""), ResultGone, "HTTP 410", id="gone for good"),
        pytest.param(answer(400, b""), BadResult, "HTTP 400", id="odd"),
        pytest.param(answer(204, b""), BadResult, "HTTP 204", id="nothing"),
        pytest.param(answer(500, b""), NoAnswer, "HTTP 500", id="broken"),
        pytest.param(reset, NoAnswer, "fetch it later", id="cut"),
        pytest.param(half(b"x" * 5000), NoAnswer, "fetch it later", id="always half"),
        pytest.param(dripping(head(200, LENGTH), b""), NoAnswer, "in time", id="silent"),
        pytest.param(dripping(head(200, LENGTH), b"x"), BadResult, "too long", id="dripping"),
        pytest.param(redirect("http://cdn.example.com/"), BadResult, "not https", id="plain"),
        pytest.param(answer(200, b""), BadResult, "empty", id="empty"),
        pytest.param(answer(200, {"error": "no"}), BadResult, "JSON", id="json"),
        pytest.param(answer(200, b"<!doctype html><p>log in"), BadResult, "HTML", id="html"),
        pytest.param(
            answer(200, b"<html>", content_type="video/mp4"),
            BadResult,
            "HTML",
            id="html in disguise",
        ),
    ],
)
def test_what_is_not_a_result_is_not_kept(
    server: Loopback, home: Path, bad: Answer, error: type[WanprepError], says: str
) -> None:
    haste = RetryPolicy(connect=20, read=0.5, download=0.8, attempts=2, pause=0.01)
    with pytest.raises(error, match=says) as caught:
        fetch(server, home, bad, policy=haste)
    assert names(home) == []
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95, 0.999])
@pytest.mark.parametrize("kind", ["video", "fast_start"])
def test_a_truncated_video_is_found_without_a_length(
    server: Loopback, home: Path, request: pytest.FixtureRequest, kind: str, kept: float
) -> None:
    whole: bytes = request.getfixturevalue(kind)
    part = whole[: int(len(whole) * kept)]
    until_the_end = raw(head(200, {"connection": "close"}) + part)
    with pytest.raises(BadResult, match="not a whole video"):
        fetch(server, home, until_the_end)
    assert names(home) == []


def test_an_image_is_not_a_video(server: Loopback, home: Path, tmp_path: Path) -> None:
    Image.new("RGB", (300, 300)).save(tmp_path / "a.png")
    with pytest.raises(BadResult, match=r"no video but image \(png\)"):
        fetch(server, home, answer(200, (tmp_path / "a.png").read_bytes()))
    assert names(home) == []


@pytest.mark.parametrize(
    ("expected", "notes"),
    [
        (None, ()),
        (1.0, ()),
        (1.4, ()),
        (5.0, ("the video lasts 1.00 s, but 5.00 s were ordered",)),
        (0.2, ("the video lasts 1.00 s, but 0.20 s were ordered",)),
    ],
)
def test_another_length_than_ordered_is_noted(
    server: Loopback, home: Path, video: bytes, expected: float | None, notes: tuple[str, ...]
) -> None:
    (saved,) = fetch(server, home, answer(200, video), expected=expected)
    assert saved.notes == notes
    assert json.loads(Path(saved.sidecar).read_text())["notes"] == list(notes)


def test_nothing_is_overwritten(
    server: Loopback, home: Path, video: bytes, fast_start: bytes
) -> None:
    home.mkdir()
    (home / "hero-ab12.mp4").write_bytes(b"mine")
    (home / "hero-ab12-2.json").write_text('{"target": "mine"}')
    (home / "hero-ab12-3.json").write_text("mine")
    (saved,) = fetch(server, home, answer(200, video))
    assert os.path.basename(saved.path) == "hero-ab12-4.mp4"
    assert (home / "hero-ab12.mp4").read_bytes() == b"mine"
    assert (home / "hero-ab12-2.json").read_text() == '{"target": "mine"}'
    (again,) = fetch(server, home, answer(200, fast_start))
    assert os.path.basename(again.path) == "hero-ab12-5.mp4"


def test_a_result_that_was_saved_before_is_not_saved_twice(
    server: Loopback, home: Path, video: bytes
) -> None:
    first = fetch(server, home, answer(200, video))
    os.unlink(first[0].sidecar)
    assert fetch(server, home, answer(200, video)) == first
    assert names(home) == ["hero-ab12.json", "hero-ab12.mp4"]
    os.unlink(first[0].path)  # the note stays and is ours
    assert fetch(server, home, answer(200, video)) == first
    assert names(home) == ["hero-ab12.json", "hero-ab12.mp4"]


def test_several_results(server: Loopback, home: Path, video: bytes, fast_start: bytes) -> None:
    saved = fetch(server, home, answer(200, video), answer(200, fast_start), outputs=2)
    assert [os.path.basename(each.path) for each in saved] == [
        "hero-ab12.mp4",
        "hero-ab12-2.mp4",
    ]
    assert (home / "hero-ab12-2.mp4").read_bytes() == fast_start


@pytest.mark.parametrize("bound", ["_MOST_RESULTS", "_MOST_BYTES"])
def test_the_number_and_size_of_results_are_bounded(
    server: Loopback, home: Path, video: bytes, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(save, bound, 1)
    (saved,) = fetch(server, home, answer(200, video), outputs=3)
    assert saved.notes == ("2 more results were not downloaded: the limit is 16 results and 4 GiB",)
    assert len(server.heard) == 1


def test_only_the_services_own_link_gets_the_key_and_only_when_it_asks(
    server: Loopback, home: Path, video: bytes
) -> None:
    fetch(server, home, answer(401, b""), answer(200, video))
    assert ["authorization" in each.headers for each in server.heard] == [False, True]
    server.again()
    with pytest.raises(ResultGone, match="HTTP 403"):
        fetch(server, home, answer(403, b""), answer(400, b"a signature and a key"))
    with Loopback({"*": [answer(403, b"")]}) as cdn, driver(server) as line:
        with pytest.raises(ResultGone):
            save_results(succeeded_run(outputs=[f"{cdn.url}/x"]), line, str(home))
        assert KEY.encode() not in cdn.everything
        assert len(cdn.heard) == 1


def test_a_folder_that_cannot_be_created(server: Loopback, tmp_path: Path, video: bytes) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotSave, match="fetch it again"):
        fetch(server, tmp_path / "file" / "out", answer(200, video))


def save_on_full_disk(connection: Connection, url: str, folder: str) -> None:
    """Stand in for a full disk by the most bytes that a process may write to a file."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
    with Loopback({}) as server:
        server.url = url
        with driver(server) as line:
            try:
                save_results(succeeded_run(outputs=[f"{url}/v"]), line, folder)
            except CannotSave as error:
                connection.send(str(error))


def test_a_full_disk_leaves_nothing_behind(server: Loopback, home: Path, video: bytes) -> None:
    server.script = {"*": [answer(200, video)]}
    _, connection = start_process(save_on_full_disk, server.url, str(home))
    [error] = received(connection)
    assert "cannot be saved in" in error
    assert "File too large" in error
    assert names(home) == []


def test_a_folder_without_links(
    server: Loopback, home: Path, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)  # as FAT has none
    fetch(server, home, answer(200, video))
    fetch(server, home, answer(200, video))
    assert names(home) == ["hero-ab12.json", "hero-ab12.mp4"]


def test_a_folder_that_fails_otherwise(
    server: Loopback, home: Path, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(CannotSave, match="No space left on device"):
        fetch(server, home, answer(200, video))
    assert names(home) == []


def test_a_result_of_unknown_size_ends(
    server: Loopback, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "_MOST_BYTES", 1000)
    with pytest.raises(BadResult, match="is larger than"):
        fetch(server, home, answer(200, b"x" * 1001))


def test_damage_is_noted_and_the_video_kept(
    server: Loopback, home: Path, fast_start: bytes
) -> None:
    half = len(fast_start) // 2  # the index comes first: what is blanked are frames
    hollow = fast_start[:half] + bytes(len(fast_start) - half)
    (saved,) = fetch(server, home, answer(200, hollow))
    assert Path(saved.path).read_bytes() == hollow
    (note,) = saved.notes
    assert "the video is damaged" in note
    assert json.loads(Path(saved.sidecar).read_text())["notes"] == [note]
