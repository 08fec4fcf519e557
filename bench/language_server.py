"""Measure `wanprep lsp`: the time to its first answer, and from a change to its diagnostics.

`python bench/language_server.py`; the job has five files. The start is compared with that of
`import pygls.lsp.server`, which is most of it: interleaved runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import console_script, users_environment
from PIL import Image

JOB = """\
target: evolink/wan2.7-reference-video
prompt: Image 1 and Image 2 walk with Image 3, Image 4 and Image 5{}.
references: [1.png, 2.png, 3.png, 4.png, 5.png]
parameters: {{duration: 20, resolution: 1080P}}
"""


class Client:
    """Sends messages to a server of its own, and reads those that come back."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [console_script("wanprep"), "lsp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
        )

    def send(self, method: str, params: object, **more: object) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params, **more}
        body = json.dumps(message).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self) -> Any:  # noqa: ANN401 - JSON
        assert self.process.stdout
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return json.loads(self.process.stdout.read(length))

    def initialize(self) -> None:
        self.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, id=1)
        assert self.receive()["id"] == 1
        self.send("initialized", {})

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def time_start(environ: dict[str, str]) -> float:
    began = time.perf_counter()
    client = Client(environ)
    client.initialize()
    seconds = time.perf_counter() - began
    client.end()
    return seconds


def time_import(environ: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import pygls.lsp.server"], env=environ, check=True)
    return time.perf_counter() - began


def time_changes(folder: Path, environ: dict[str, str], count: int) -> list[float]:
    for number in range(1, 6):
        Image.new("RGB", (640, 480)).save(folder / f"{number}.png")
    client, uri = Client(environ), (folder / "job.yaml").as_uri()
    client.initialize()
    item = {"uri": uri, "languageId": "yaml", "version": 0, "text": JOB.format("")}
    client.send("textDocument/didOpen", {"textDocument": item})
    assert client.receive()["params"]["diagnostics"]
    times = []
    for version in range(1, count + 1):
        time.sleep(0.1)  # as between two keys
        began = time.perf_counter()
        document = {"uri": uri, "version": version}
        text = {"text": JOB.format("!" * (version % 9))}
        params = {"textDocument": document, "contentChanges": [text]}
        client.send("textDocument/didChange", params)
        assert client.receive()["params"]["version"] == version
        times.append(time.perf_counter() - began)
    client.end()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="of each start (default 10)")
    parser.add_argument("--changes", type=int, default=50, help="of the job (default 50)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environ = users_environment(WANPREP_CACHE_DIR=str(Path(folder, "cache")))
        time_start(environ)  # byte code is written
        pairs = [(time_start(environ), time_import(environ)) for _ in range(options.runs)]
        times = time_changes(Path(folder), environ, options.changes)
    starts, imports = zip(*pairs, strict=True)
    start, plain = statistics.median(starts), statistics.median(imports)
    print(f"start: {start:.2f} s (min {min(starts):.2f}, max {max(starts):.2f})")
    print(f"start / import pygls.lsp.server ({plain:.2f} s): {start / plain:.2f}")
    worst = statistics.quantiles(times, n=20)[-1]
    print(f"change: {1000 * statistics.median(times):.0f} ms, 95 %: {1000 * worst:.0f} ms")


if __name__ == "__main__":
    main()
