from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from loopback import Loopback, answer
from names import Names, names
from own_certificate import server_side

from wanprep.config import Config
from wanprep.plugins import Request
from wanprep.submit.errors import Broken
from wanprep.submit.session.session import Session, open_session

__all__ = ["names"]


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def session(
    held: ExitStack, folder: Path, *allowed: str, emulated: bool = False, base: str = ""
) -> Session:
    environ = {"EVOLINK_API_KEY": "key-of-a-test", "WANPREP_STATE_DIR": str(folder)}
    environ |= {"WANPREP_EVOLINK_BASE_URL": base} if base else {}
    config = Config(network={"allow-hosts": allowed})
    return open_session(held, config, environ, emulated=emulated)


@pytest.mark.parametrize("is_allowed", [True, False])
def test_results_on_hosts_of_ones_own(
    held: ExitStack, names: Names, tmp_path: Path, is_allowed: bool
) -> None:
    names.answers["localhost"] = [["127.0.0.1"]]
    with Loopback({"*": [answer(200, b"fine")]}, tls=server_side()) as store:
        allowed = [f"localhost:{store.port}"] if is_allowed else []
        client = session(held, tmp_path, *allowed).driver("evolink").client
        request = Request(method="GET", url=f"https://localhost:{store.port}/a", key=False)
        if is_allowed:
            assert client.send(request).body == b"fine"
        else:
            with pytest.raises(Broken, match="/a was not requested: it leads to a private network"):
                client.send(request)
    assert len(store.heard) == is_allowed


def test_an_emulated_session_reaches_this_machine_alone(
    held: ExitStack, names: Names, tmp_path: Path
) -> None:
    names.answers |= {"cdn.example.com": [["93.184.216.34"]], "nas": [["192.168.0.2"]]}
    with Loopback({"*": [answer(200, b"fine")]}) as emulator:
        own = session(held, tmp_path, "nas", emulated=True, base=emulator.url)
        client = own.driver("evolink").client
        assert client.send(Request(method="GET", url="/a")).body == b"fine"
        for host in ("cdn.example.com", "nas", "93.184.216.34"):
            with pytest.raises(Broken, match="leads away from this machine"):
                client.send(Request(method="GET", url=f"https://{host}/a"))
    assert names.connected == ["127.0.0.1"]
    assert names.asked == [], "nor is a name resolved"
