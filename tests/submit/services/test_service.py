from __future__ import annotations

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.errors import UsageError
from wanprep.submit.services.service import DataOnly, Poll, load_service
from wanprep.submit.services.service_notes import service_notes

EVOLINK: Final = load_service("evolink")


def test_load_service() -> None:
    assert EVOLINK.title == "EvoLink"
    assert EVOLINK.keys == ("EVOLINK_API_KEY",)
    assert EVOLINK.results_kept == 24 * 3600
    assert EVOLINK.idempotency is not None
    assert EVOLINK.idempotency.header == "Idempotency-Key"
    assert EVOLINK.uploads is not None
    assert EVOLINK.uploads.kept == 72 * 3600
    assert (EVOLINK.cancel, EVOLINK.pace) == (None, None)
    assert load_service("runcomfy").keys == (
        *("RUNCOMFY_API_TOKEN", "RUNCOMFY_TOKEN"),
        "RUNCOMFY_API_KEY",
    )
    assert load_service("wavespeed").cancel_deletes
    pace = load_service("wavespeed").pace
    assert pace is not None
    assert (pace.per_minute, pace.at_once) == (2, 2)


def test_plugin_code_is_not_imported() -> None:
    code = (
        "import sys; from wanprep.submit.services.service import load_service\n"
        "load_service('oxen');"
        "print([name for name in sys.modules if name.startswith('wanprep_') or name == 'pluggy'])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


@pytest.mark.parametrize(
    ("environ", "api", "files"),
    [
        pytest.param({}, "https://api.evolink.ai", "https://files-api.evolink.ai", id="its own"),
        pytest.param(
            {"WANPREP_EVOLINK_BASE_URL": "https://proxy.example/evo/"},
            "https://proxy.example/evo",
            "https://proxy.example/evo",
            id="one for all",
        ),
        pytest.param(
            {
                "WANPREP_EVOLINK_BASE_URL": "http://127.0.0.1:8000/evolink",
                "WANPREP_EVOLINK_FILES_BASE_URL": "http://[::1]:8001",
            },
            "http://127.0.0.1:8000/evolink",
            "http://[::1]:8001",
            id="one for each",
        ),
        pytest.param(
            {"WANPREP_EVOLINK_FILES_BASE_URL": "http://localhost"},
            "https://api.evolink.ai",
            "http://localhost",
            id="for files alone",
        ),
        pytest.param(
            {"WANPREP_EVOLINK_BASE_URL": " "},
            "https://api.evolink.ai",
            "https://files-api.evolink.ai",
            id="empty",
        ),
    ],
)
def test_the_environment_replaces_base_urls(environ: dict[str, str], api: str, files: str) -> None:
    assert (EVOLINK.base("api", environ), EVOLINK.base("files", environ)) == (api, files)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://api.evolink.ai", "must begin with https"),
        ("http://127.0.0.1.example.com", "must begin with https"),
        ("http://10.0.0.1", "must begin with https"),
        ("ftp://localhost", "must be a URL"),
        ("localhost:8000", "must be a URL"),
        ("https://", "must be a URL"),
        ("https://[::1", "must be a URL"),
        ("https://x.example:port", "must be a URL"),
        ("https://me:secret@x.example", "without a login"),
        ("https://x.example/?a=b", "without a login"),
        ("https://x.example/#a", "without a login"),
    ],
)
def test_invalid_base_urls(url: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        EVOLINK.base("api", {"WANPREP_EVOLINK_BASE_URL": url})
    assert "secret" not in str(raised.value)


def test_an_unknown_base() -> None:
    with pytest.raises(UsageError, match="no base URL named 'filse'"):
        EVOLINK.base("filse", {})


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        pytest.param({}, "https://api.evolink.ai", id="none"),
        pytest.param({"region": "eu"}, "https://eu.example.com", id="a region"),
        pytest.param({"region": "own", "workspace": "ws-1"}, "https://ws-1.example.com",
                     id="a workspace"),
    ],
)  # fmt: skip
def test_regions(settings: dict[str, Any], url: str) -> None:
    own = {"api": "https://{workspace}.example.com"}
    service = replace(EVOLINK, regions={"eu": {"api": "https://eu.example.com"}, "own": own})
    assert service.base("api", {}, settings) == url
    assert service.base("files", {}, settings) == "https://files-api.evolink.ai"
    with pytest.raises(UsageError, match=r"no region 'us'\. Choose from: eu, own"):
        service.base("api", {}, {"region": "us"})
    with pytest.raises(UsageError, match="needs it, in letters"):
        service.base("api", {}, {"region": "own", "workspace": "evil.com/"})


def test_a_provider_of_which_there_is_only_data() -> None:
    targets = Path(__file__).parents[3] / "fixtures/targets"
    with pytest.raises(DataOnly, match="jobs for acme can be checked and fixed here, and not"):
        load_service("acme", [targets])


def test_waits_between_polls_grow() -> None:
    waits = list(itertools.islice(EVOLINK.poll.waits({}), 6))
    assert waits[:3] == [15, 8, 10]
    assert waits[-1] == 15
    assert sorted(waits[1:]) == waits[1:]
    steady = Poll(first=1, every=2, grows_to=2, patience=9)
    assert list(itertools.islice(steady.waits({}), 3)) == [1, 2, 2]


def test_the_environment_sets_the_interval() -> None:
    waits = EVOLINK.poll.waits({"WANPREP_POLL_INTERVAL": "0.25"})
    assert list(itertools.islice(waits, 3)) == [0.25, 0.25, 0.25]


@pytest.mark.parametrize("text", ["0", "0.0", "-1", "soon", "nan", "1e9", "1s"])
def test_invalid_intervals(text: str) -> None:
    with pytest.raises(UsageError, match="WANPREP_POLL_INTERVAL"):
        next(EVOLINK.poll.waits({"WANPREP_POLL_INTERVAL": text}))


@pytest.mark.parametrize(
    ("provider", "settings", "message"),
    [
        ("oxen", {"repositry": "a/b"}, "at /repositry: unknown key; did you mean `repository`"),
        (
            "oxen",
            {"repository": "name"},
            r"at /repository: found .name.; expected .*\. The Oxen repository",
        ),
        ("oxen", {"item": {"uri": "x"}}, "at /item/uri: unknown key; allowed keys: `url`, `voice`"),
        ("runcomfy", {"data-uris": "yes"}, "at /data-uris: found .yes.; expected true or false"),
        (
            "runcomfy",
            {"model-ids": {"a": "../b"}},
            "at /model-ids/a: found ...*; expected text that",
        ),
        ("wavespeed", {"x": 1}, "allowed keys: `at-once`, `per-minute`"),
    ],
)
def test_invalid_settings(provider: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        load_service(provider).validate_settings(settings)
    assert f"[providers.{provider}]" in str(raised.value)


def test_valid_settings() -> None:
    good = {"repository": "studio/inputs", "branch": "main", "item": {"voice": "voice_url"}}
    assert load_service("oxen").validate_settings(good) is good
    ids = {"model-ids": {"wan-2-7-reference-to-video": "wan-ai/wan-2.7/reference-to-video"}}
    assert load_service("runcomfy").validate_settings(ids) is ids


def write_own(folder: Path, text: str) -> Path:
    targets = folder / "wanprep_own" / "targets"
    targets.mkdir(parents=True)
    (targets / "a.json").write_text("{}")
    (folder / "wanprep_own" / "provider.json").write_text(text)
    return targets


def test_a_provider_file_beside_other_targets(tmp_path: Path) -> None:
    data = {**EVOLINK.data, "name": "own", "title": "Own", "uploads": None, "find": None}
    targets = write_own(tmp_path, json.dumps(data))
    service = load_service("own", [targets])
    assert service.title == "Own"
    notes = " ".join(service_notes(service))
    assert "No uploads:" in notes
    assert "cannot be found automatically" in notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{", "provider.json cannot be read", id="no JSON"),
        pytest.param("[]", "there is no provider 'own'", id="no object"),
        pytest.param('{"name": "own"}', "provider.json: missing `title`", id="half of it"),
    ],
)
def test_invalid_provider_files(tmp_path: Path, text: str, message: str) -> None:
    targets = write_own(tmp_path, text)
    with pytest.raises(UsageError, match=message):
        load_service("own", [targets])
    assert load_service("oxen", [targets]).name == "oxen"


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        ("evolink", "Idempotency-Key"),
        ("evolink", "cannot be cancelled"),
        ("evolink", "downloaded for 24 hours"),
        ("evolink", "uploaded, and kept for 72 hours"),
        ("oxen", "No idempotency keys"),
        ("oxen", "Local files need `repository` in [providers.oxen]"),
        ("oxen", "stay in its history"),
        ("runcomfy", "cannot be found automatically"),
        ("runcomfy", "How long results are kept is not documented"),
        ("wavespeed", "2 jobs per minute"),
        ("wavespeed", "downloaded for 7 days"),
        ("wavespeed", "deleted with its record"),
    ],
)
def test_service_notes(provider: str, message: str) -> None:
    notes = service_notes(load_service(provider))
    assert any(message in note for note in notes)
    assert all(note.endswith(".") for note in notes)


def test_notes_of_documented_idempotency_keys(tmp_path: Path) -> None:
    key = EVOLINK.data["idempotency"]
    sure = {**key, "x-source": {**key["x-source"], "confidence": "documented"}}
    uploads = {**EVOLINK.data["uploads"], "kept": None}
    data = {**EVOLINK.data, "name": "own", "idempotency": sure, "uploads": uploads}
    notes = " ".join(service_notes(load_service("own", [write_own(tmp_path, json.dumps(data))])))
    assert "not paid twice. " in notes
    assert "Local files" not in notes
