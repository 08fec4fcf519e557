"""A real browser, driven through its WebDriver as any HTTP service; skipped where there is none."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pytest

PATIENCE: Final = 60.0
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-color-profile=srgb",
)  # fmt: skip


class Browser:
    """A window of a fresh browser that can reach no network."""

    def __init__(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        driver = shutil.which("chromedriver")
        program = next(filter(None, map(shutil.which, _BROWSERS)), None)
        if driver is None or program is None:
            pytest.skip("chromium and chromedriver are not on PATH: nothing was seen in a browser")
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        port = _free_port()
        self._base = f"http://127.0.0.1:{port}"
        self._driver = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            self._session = self._begin(program)
            self.resize(width, height, dark=dark)
        except BaseException:
            self.close()
            raise

    def _begin(self, program: str) -> str:
        options = {"binary": program, "args": [*_FLAGS, f"--user-data-dir={self._profile.name}"]}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        until = time.monotonic() + PATIENCE
        while True:
            try:
                made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
                return str(made["sessionId"])
            except urllib.error.HTTPError as error:
                with error:
                    raise RuntimeError(error.read().decode()) from error
            except OSError:
                assert time.monotonic() < until, "chromedriver does not answer"
                time.sleep(0.05)

    def resize(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Let pages be shown as on another screen."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Ask the browser for what WebDriver has no word for."""
        return self._in_session("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, address: str) -> None:
        self._in_session("/url", {"url": address})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script as the tester, which the page's own policy does not forbid."""
        return self._in_session("/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector: str) -> None:
        """Click as a person does: on what is really there to be clicked."""
        found = self._in_session("/element", {"using": "css selector", "value": selector})
        self._in_session(f"/element/{next(iter(found.values()))}/click", {})

    def visible(self, selector: str) -> int:
        """Count the elements that are shown."""
        found = "[...document.querySelectorAll(arguments[0])]"
        return int(self.run(f"return {found}.filter(e => e.checkVisibility()).length", selector))

    def log(self) -> list[str]:
        """Return the console's messages: errors, warnings, and policy violations."""
        return [str(each["message"]) for each in self._in_session("/se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """List the URLs that were requested since the last call."""
        events = self._in_session("/se/log", {"type": "performance"})
        messages = [json.loads(each["message"])["message"] for each in events]
        urls = [
            str(each["params"]["request"]["url"])
            for each in messages
            if each["method"] == "Network.requestWillBeSent"
        ]
        return [each for each in urls if not each.startswith(("chrome:", "data:"))]

    def screenshot(self, path: str | Path, *, full: bool = False) -> None:
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=full)
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def _in_session(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", f"/session/{self._session}{path}", body)

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> Any:
        data = json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own driver on loopback
            self._base + path, data, {"Content-Type": "application/json"}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]

    def close(self) -> None:
        if hasattr(self, "_session"):
            self._ask("DELETE", f"/session/{self._session}", {})
        self._driver.terminate()
        self._driver.wait(PATIENCE)
        self._profile.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
