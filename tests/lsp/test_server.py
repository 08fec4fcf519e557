"""How the server starts, ends, waits for nothing, and counts as the client does."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from commands import Command
from language_client import Editor, wait_until, written
from loopback import Loopback, silent
from lsprotocol import types

pytest_plugins = ["language_client_fixtures"]

GOOD = """\
target: evolink/wan2.7-reference-video
prompt: 🎬 雨 Image 4 walks.
references:
  - image: refs/hero.png
"""


def test_it_counts_bytes_where_the_client_does_and_ends_when_told(folder: Path) -> None:
    editor = Editor(folder, encodings=["utf-8", "utf-16"])
    result = editor.start()

    [finding] = editor.check("job.yaml", GOOD)
    assert result.capabilities.position_encoding == types.PositionEncodingKind.Utf8
    assert written(finding.range) == "1:17-1:24"
    editor.change("job.yaml", "Image 1", "1:17-1:24")
    assert editor.diagnostics("job.yaml", 2) == []
    assert editor.end() == 0


def test_nothing_waits_for_a_url_that_is_probed_on_save(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback({"/hero.png": [silent]}) as site:
        monkeypatch.setenv("WANPREP_ALLOW_HOSTS", f"127.0.0.1:{site.port}")
        editor = Editor(folder, options={"checkUrlsOnSave": True})
        editor.start()
        text = GOOD.replace("Image 4 walks", "Rain").replace("refs", site.url)
        editor.check("url.yaml", text)
        assert site.heard == []

        editor.save("url.yaml")
        wait_until(lambda: site.heard)
        offers = editor.ask(types.TEXT_DOCUMENT_COMPLETION, "url.yaml", "0:8")
        hover = editor.ask(types.TEXT_DOCUMENT_HOVER, "url.yaml", "3:14")
        waiting = types.CodeActionParams(
            editor.document("url.yaml"), types.Range(types.Position(0, 0), types.Position(0, 0)),
            types.CodeActionContext([]),
        )  # fmt: skip
        error = editor.cancelled_request(types.TEXT_DOCUMENT_CODE_ACTION, waiting)

    assert "wan/2.7" in {item.label for item in offers.items}
    assert "was not checked" in hover.contents.value
    assert "is canceled" in str(error)
    assert editor.hang_up() == 1  # it was not told to end


def test_without_the_extra_it_says_what_to_install(
    wanprep: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pygls", None)  # as if it were not installed

    result = wanprep("lsp")

    assert result.status == 2
    assert "pip install 'wanprep[lsp]'" in result.err
    assert json.dumps(result.out) == '""'
