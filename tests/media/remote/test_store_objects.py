"""Objects of a real S3 server, through a proxy that counts, waits, fails and throttles."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import fsspec
import pytest
from commands import Command
from object_store import KEYS, S3Server
from PIL import Image

from wanprep.media.facts import Facts
from wanprep.media.probe_file import probe_file
from wanprep.media.workers import probe_in_workers
from wanprep.stores.store import NoSuchObject, ObjectUnchanged
from wanprep.stores.stores import Stores

pytest_plugins = ["object_store_fixtures"]


def image(number: int = 0, *, side: int = 40, kind: str = "PNG") -> bytes:
    with BytesIO() as file:
        Image.effect_noise((side + number % 90, side), 90).convert("RGB").save(file, kind)
        return file.getvalue()


def late_index(clip: bytes) -> bytes:
    """Move the index of a clip behind 3 MB."""
    at = clip.index(b"moov") - 4
    free = 3 * 2**20
    return clip[:at] + free.to_bytes(4, "big") + b"free" + bytes(free - 8) + clip[at:]


def probe_all(paths: list[str], **options: object) -> list[Facts]:
    settings = {"deep": False, "cache": False, "workers": 1, **options}
    return list(probe_in_workers(paths, **settings))  # type: ignore[arg-type] # of each test


@pytest.fixture
def mixed(s3: S3Server, clip: Path) -> dict[str, bytes]:
    files = {
        "a/big.png": image(side=500),
        "a/big.jpg": image(side=700, kind="JPEG"),
        "a/clip, 100%.mp4": late_index(clip.read_bytes()),
        "a/small.webp": image(kind="WEBP"),
        "a/empty.png": b"",
        "a/broken.jpg": b"\xff\xd8\xff\xe0 is no JPEG",
    }
    s3.put("mixed", files)
    return files


def test_google_is_asked_in_its_own_way(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interface of Google's that is used answers as S3 does, but for the signatures."""
    s3.put("google", {"a/one, 100%.png": image(), "two.png": image(1)})
    policy = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}
    s3.request("PUT", "/google?policy", json.dumps({"Statement": [policy]}).encode())
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", s3.endpoint)
    stores = Stores({"gs://": {"anonymous": True}})
    store, _ = stores.at("gs://google")

    listed = list(store.list(""))
    assert listed == ["gs://google/a/one, 100%.png", "gs://google/two.png"]
    assert [each.format for each in probe_all([*listed], stores=stores)] == ["png", "png"]
    etag = store.find("two.png").etag
    assert store.read("two.png", 1, 4, same=etag).data == b"PNG"
    with pytest.raises(ObjectUnchanged):
        store.read("two.png", 0, 1, other=etag)
    with pytest.raises(NoSuchObject):
        store.find("three.png")


def test_facts_are_those_of_the_files(
    s3: S3Server, mixed: dict[str, bytes], tmp_path: Path
) -> None:
    found = probe_all([f"s3://mixed/{key}" for key in mixed])

    for (key, data), facts in zip(mixed.items(), found, strict=True):
        (tmp_path / "file").write_bytes(data)
        expected = probe_file(str(tmp_path / "file")).as_json()
        claimed = key.rpartition(".")[2].replace("jpg", "jpeg")
        expected |= {"path": f"s3://mixed/{key}", "extension_format": claimed}
        actual = facts.as_json()
        actual.pop("content_type", None)
        assert actual == expected
    requests = [s3.of_objects().count(path) for path in {*s3.of_objects()}]
    assert max(requests) <= 2
    assert s3.sent <= 128_000 * len(mixed)


def test_many_objects_cost_little_and_nothing_when_they_are_known(
    s3: S3Server, wanprep: Command
) -> None:
    s3.put("many", {f"in/{n // 40}/{n:04}.png": image(n) for n in range(80)} | {"in/a.txt": b""})

    first = wanprep("probe", "s3://many/in/", "--format", "jsonl")
    paths = s3.of_objects()
    s3.behave()
    again = wanprep("probe", "s3://many/in/", "--format", "jsonl")

    assert first.status == 0
    assert first.out.count('"format": "png"') == len(first.out.splitlines()) == 80
    assert len(paths) == 80
    assert statistics.median(map(paths.count, paths)) == 1
    assert again.out == first.out
    assert s3.of_objects() == []  # the listing says that nothing changed


def test_a_changed_object_is_read_again(s3: S3Server, wanprep: Command) -> None:
    s3.put("changing", {"a.png": image(1), "b.png": image(2)})
    wanprep("probe", "s3://changing/", "--format", "jsonl")
    s3.put("changing", {"b.png": image(50)})
    s3.behave()

    result = wanprep("probe", "s3://changing/*.png", "--format", "jsonl")

    assert '"width": 90' in result.out
    assert len(s3.of_objects()) == 1


def failing(*numbers: int, status: int) -> Callable[[str, int], int | None]:
    """Answer some of the requests for each object with a status, or with nothing (0)."""
    return lambda path, number: status if number in numbers and "list-type" not in path else None


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        pytest.param(failing(1, 2, status=503), "", id="throttles"),
        pytest.param(failing(1, status=500), "", id="fails now and then"),
        pytest.param(failing(1, status=0), "", id="hangs up"),
        pytest.param(
            failing(*range(99), status=403),
            "not read: its store refuses access (403",
            id="forbidden",
        ),
        pytest.param(failing(*range(99), status=404), "no such file", id="gone since the listing"),
    ],
)
def test_a_store_with_troubles(
    s3: S3Server, fault: Callable[[str, int], int | None], problem: str
) -> None:
    s3.put("troubled", {f"{n}.png": image(n) for n in range(20)})
    s3.fault, s3.seconds = fault, 0.05

    found = probe_all([f"s3://troubled/{n}.png" for n in range(20)])

    assert [facts.readable for facts in found] == [not problem] * 20
    assert all((facts.problem or "").startswith(problem) for facts in found)


def test_an_object_that_changes_while_it_is_read(s3: S3Server) -> None:
    s3.put("moving", {"a.jpg": image(side=700, kind="JPEG")})
    pieces = iter([image(30, side=700, kind="JPEG")])

    def change(_: str, number: int) -> None:
        for data in pieces if number == 2 else ():
            s3.put("moving", {"a.jpg": data})

    s3.fault = change
    (facts,) = probe_all(["s3://moving/a.jpg"])
    assert facts.width == 730


def test_an_object_that_changes_all_the_time_is_left(s3: S3Server) -> None:
    s3.put("moving", {"b.jpg": image(side=700, kind="JPEG")})

    def change(_: str, number: int) -> None:
        if number % 2 == 0 and number < 20:
            s3.put("moving", {"b.jpg": image(number, side=700, kind="JPEG")})

    s3.fault = change
    (facts,) = probe_all(["s3://moving/b.jpg"])

    assert facts.problem == "not read: it changed while it was read"
    assert len(s3.of_objects()) == 4


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://no-such-bucket/a/", "there is no bucket s3://no-such-bucket"),
        ("s3://no-such-bucket/a.png", "there is no"),
        ("s3://mixed/none/", "there is no media file at s3://mixed/none/"),
        ("s3://mixed/a", "a folder of a bucket ends with a slash"),
        ("s3://mixed/a/*.gif", "there is no media file at s3://mixed/a/*.gif"),
    ],
)
@pytest.mark.usefixtures("mixed")
def test_a_typing_mistake_is_a_usage_error(wanprep: Command, url: str, message: str) -> None:
    result = wanprep("probe", url)
    assert result.status == 2
    assert message in result.err


def test_credentials_are_needed_and_never_shown(
    s3: S3Server, wanprep: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    s3.put("private", {"a.png": image()})
    s3.fault = lambda _, __: 403
    refused = wanprep("probe", "s3://private/", "s3://private/a.png")
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    without = wanprep("probe", "s3://private/")

    assert "not read: its store refuses access" in refused.out
    assert "no credentials were found: run `aws configure`" in without.out
    assert not any(value in refused.out + refused.err for value in KEYS.values())


def test_settings_of_one_bucket(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A profile of the AWS command line, and an endpoint that no variable names."""
    s3.put("own", {"a.png": image()})
    for name in (*KEYS, "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    (tmp_path / ".aws").mkdir()
    keys = "aws_access_key_id = a\naws_secret_access_key = b\n"
    (tmp_path / ".aws/credentials").write_text(f"[media]\n{keys}")
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = {"profile": "media", "endpoint": s3.endpoint, "region": "eu-central-1"}

    def probe(**changes: object) -> Facts:
        stores = Stores({"s3://own": {**settings, **changes}})
        return probe_all(["s3://own/a.png"], stores=stores)[0]

    assert probe().readable
    assert "/eu-central-1/s3/" in s3.signed[0]
    s3.behave()
    assert "refuses access" in (probe(profile=None, anonymous=True).problem or "")
    assert (len(s3.requests), s3.signed) == (1, [])
    assert "profile (nobody) could not be found" in (probe(profile="nobody").problem or "")


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/", recursive=True)


def test_every_filesystem_of_fsspec(memory: fsspec.AbstractFileSystem, wanprep: Command) -> None:
    memory.pipe(
        {"/shelf/in/a.png": image(side=500), "/shelf/in/deep/b.png": image(), "/shelf/c": b""}
    )

    result = wanprep("probe", "memory://shelf/in/", "--format", "jsonl")
    missing = wanprep("probe", "memory://shelf/in/c.png")
    unknown = wanprep("probe", "nonsense://shelf/in/")

    assert result.out.count('"readable": true') == 2
    assert '"path": "memory://shelf/in/deep/b.png"' in result.out
    assert missing.status == 2
    assert "not read: Protocol not known: nonsense" in unknown.out


def test_deep_decodes_the_whole_object(s3: S3Server) -> None:
    cut = image(side=300)[:-200]
    s3.put("deep", {"whole.png": image(side=300), "cut.png": cut})
    whole, damaged = probe_all(["s3://deep/whole.png", "s3://deep/cut.png"], deep=True)
    assert whole.readable
    assert not damaged.readable


@pytest.mark.slow
def test_three_thousand_objects(s3: S3Server, wanprep: Command) -> None:
    s3.put("crowd", {f"{n // 100:02}/{n:04}.png": image(n) for n in range(3000)})
    s3.fault = lambda path, number: 503 if path.endswith("50.png") and number == 1 else None
    result = wanprep("probe", "s3://crowd/", "--format", "jsonl")
    assert result.out.count('"readable": true') == 3000
