from __future__ import annotations

from typing import Any

import pytest

from wanprep.net.addresses import is_private
from wanprep.rules.intent import IntendedReference, Intent, Text, resolve, resolve_callback

NOTHING: dict[str, Any] = {
    "prompt": None,
    "negative_prompt": None,
    "references": (),
    "first_frame": None,
    "parameters": {},
    "places": {},
    "assets": (),
}


def test_what_is_absent_stays_absent() -> None:
    assert resolve(Intent(**NOTHING)) == {
        "references": [],
        "images": 0,
        "videos": 0,
        "voices": 0,
        "first_frame": False,
        "frames": 0,
        "parameters": {},
    }


def test_everything_is_counted_and_measured() -> None:
    intent = Intent(
        **NOTHING
        | {
            "prompt": Text("Image 1 dances with Video 2. 跳舞", "/prompt"),
            "negative_prompt": Text("模糊", "/negative_prompt"),
            "references": (
                IntendedReference("image", "/references/0/image", voice=True),
                IntendedReference("video", "/references/1/video", voice=False),
            ),
            "first_frame": "/first_frame",
            "parameters": {"callback_url": "https://a.example/"},
        }
    )

    found = resolve(intent)

    assert (found["images"], found["videos"]) == (1, 1)
    assert (found["first_frame"], found["frames"]) == (True, 1)
    assert found["references"] == [
        {"kind": "image", "voice": True},
        {"kind": "video", "voice": False},
    ]
    assert found["prompt"]["length"] == 31
    assert [token["bound"] for token in found["prompt"]["tokens"]] == [True, False]
    assert found["negative_prompt"] == {"text": "模糊", "length": 2}
    assert found["callback"]["https"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://a.example/x", (True, True, False), id="public https"),
        pytest.param("HTTPS://A.EXAMPLE", (True, True, False), id="capitals"),
        pytest.param("http://a.example", (True, False, False), id="plain http"),
        pytest.param("https://localhost:3000", (True, True, True), id="localhost"),
        pytest.param("https://[::1]/x", (True, True, True), id="IPv6"),
        pytest.param("a.example/x", (False, False, True), id="no scheme"),
        pytest.param("https://", (False, True, True), id="no host"),
    ],
)
def test_callbacks(url: str, expected: tuple[bool, bool, bool]) -> None:
    found = resolve_callback(url)
    assert (found["valid"], found["https"], found["private"]) == expected
    assert found["length"] == len(url)


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("https://me:secret@a.example", True),
        ("https://me@a.example", True),
        ("https://a.example/@x", False),
    ],
)
def test_callbacks_with_a_login(url: str, login: bool) -> None:
    assert resolve_callback(url)["login"] is login


@pytest.mark.parametrize("url", ["https://[::1", "https://a.example:99999"])
def test_callbacks_that_are_no_urls(url: str) -> None:
    assert resolve_callback(url) == {"valid": False, "length": len(url)}


@pytest.mark.parametrize("url", [7, None, ["https://a.example"]])
def test_callbacks_that_are_no_strings(url: object) -> None:
    assert resolve_callback(url) == {"valid": False}


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("a.example.com", False),
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("127.0.0.1", True),
        ("10.0.0.1", True),
        ("172.16.0.1", True),
        ("172.31.255.255", True),
        ("172.32.0.1", False),
        ("192.168.0.1", True),
        ("169.254.169.254", True),
        ("0.0.0.0", True),  # noqa: S104 - an address to refuse
        ("[fe80::1%eth0]", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("printer.local", True),
        ("db.internal", True),
        ("nas.lan", True),
        ("127.1", True),
        ("0x7f.0.0.1", True),
        ("1.example.com", False),
        ("intranet", True),
        ("", True),
    ],
)
def test_hosts_that_lead_nowhere_from_outside(host: str, private: bool) -> None:
    assert is_private(host) is private
