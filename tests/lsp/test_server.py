"""How the server starts, ends, waits for nothing, and counts as the client does."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from commands import Command
from language_client import Editor, wait_until, written
from loopback import Loopback, answer, silent
from lsprotocol import types
from raw_client import RawClient

pytest_plugins = ["language_client_fixtures"]

GOOD = """\
target: evolink/wan2.7-reference-video
prompt: 🎬 雨 Image 4 walks.
references:
  - image: refs/hero.png
"""


def test_it_counts_bytes_and_waits_neither_for_a_url_nor_at_its_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback({"/hero.png": [silent]}) as site:
        monkeypatch.setenv("WANPREP_ALLOW_HOSTS", f"127.0.0.1:{site.port}")
        editor = Editor(folder, encodings=["utf-8", "utf-16"], options={"thumbnails": False})
        started = editor.start()
        settings = {"wanprep": {"checkUrlsOnSave": True, "unknown": 1}}
        editor.notify(
            types.WORKSPACE_DID_CHANGE_CONFIGURATION, types.DidChangeConfigurationParams(settings)
        )

        [finding] = editor.check("bytes.yaml", GOOD)
        editor.change("bytes.yaml", "Image 1", "1:17-1:24")
        assert started.capabilities.position_encoding == types.PositionEncodingKind.Utf8
        assert written(finding.range) == "1:17-1:24"
        assert editor.diagnostics("bytes.yaml", 2) == []

        editor.check("url.yaml", GOOD.replace("Image 4 walks", "Rain").replace("refs", site.url))
        assert site.heard == []
        editor.save("url.yaml")
        wait_until(lambda: site.heard)
        offers = editor.ask(types.TEXT_DOCUMENT_COMPLETION, "url.yaml", "0:8")
        hover = editor.ask(types.TEXT_DOCUMENT_HOVER, "url.yaml", "3:14")
        later = editor.diagnostics("url.yaml", editor.change("url.yaml", "Image 4 ", "1:8-1:8"))
        waiting = types.ExecuteCommandParams("wanprep.check", [editor.uri("url.yaml"), 1])
        error = editor.cancelled_request(types.WORKSPACE_EXECUTE_COMMAND, waiting)
        status = editor.hang_up()

    assert "wan/2.7" in {item.label for item in offers.items}
    assert "was not checked" in hover.contents.value
    assert "prompt-ref-unbound" in {each.code for each in later}
    assert "is canceled" in str(error)
    assert status == 1  # it was not told to end


def test_without_the_extra_it_says_what_to_install(
    wanprep: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pygls", None)  # as if it were not installed

    result = wanprep("lsp")

    assert result.status == 2
    assert "pip install 'wanprep[lsp]'" in result.err
    assert json.dumps(result.out) == '""'


def test_what_a_url_holds_counts_when_it_was_requested(editor: Editor, folder: Path) -> None:
    tiny = (folder / "refs/tiny.png").read_bytes()
    with Loopback({"/hero.png": [answer(200, tiny, content_type="image/png")]}) as site:
        (folder / "net").mkdir()
        (folder / "net/wanprep.toml").write_text(
            f'[network]\nallow-hosts = ["127.0.0.1:{site.port}"]\n'
        )
        text = GOOD.replace("Image 4 walks", "Rain").replace("refs", site.url)
        before = {each.code for each in editor.check("net/url.yaml", text)}
        asked = types.ExecuteCommandParams("wanprep.check", [editor.uri("net/url.yaml"), 1])
        summary = editor.request(types.WORKSPACE_EXECUTE_COMMAND, asked)
        after = {each.code for each in editor.check("net/url.yaml", text + "# edited\n")}

    assert "image-too-small" not in before
    assert summary.startswith("url.yaml: ")
    assert "image-too-small" in after


def test_odd_requests_harm_nothing_in_any_folder_and_form_of_a_name(folder: Path) -> None:
    odd, other = folder / "Ordner mit Ümläuten & 100%", folder / "other"
    for each in (odd, other):
        shutil.copytree(folder / "refs", each / "refs", symlinks=True)
    (other / "wanprep.toml").write_text('ignore = ["image-too-small"]')
    job = GOOD.replace("hero", "tiny").replace("\n", "\r\n")
    both = ["prompt-ref-unbound 1:13", "image-too-small 3:11"]
    as_uri = (odd / "a.yaml").as_uri()
    at = {"textDocument": {"uri": "file:///none.yaml"}, "position": {"line": 0, "character": 0}}
    with RawClient(folder) as client:
        assert client.request("textDocument/hover", at) == -32002  # not initialized
        folders = [{"uri": each.as_uri(), "name": each.name} for each in (odd, other)]
        roots = {"rootUri": None, "workspaceFolders": folders}
        client.request("initialize", {"processId": None, "capabilities": {}, **roots})
        client.notify("initialized", {})
        assert client.request("wanprep/unknown", {}) == -32601
        assert client.request("textDocument/hover", at) is None
        before_the_first = {**at, "position": {"line": -1, "character": 0}}
        assert client.request("textDocument/hover", before_the_first) == -32602
        assert client.request("textDocument/rename", at) == -32602
        assert client.request("workspace/executeCommand", {"command": "nothing"}) == -32602
        client.notify("$/cancelRequest", {"id": 99})
        client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///none.yaml"}})
        change = {"textDocument": {"uri": "file:///none.yaml", "version": 2}}
        client.notify("textDocument/didChange", {**change, "contentChanges": [{"text": "x"}]})
        for broken in (b"{broken", b"[]", b"42"):
            client.send(broken)
        assert client.request("textDocument/hover", at) is None

        for uri in (
            as_uri,
            as_uri.replace("%C3", "%c3"),
            f"file://{odd}/b.yaml".replace("%", "%25"),
        ):
            assert client.open(uri, job) == both
        assert client.open((other / "a.yaml").as_uri(), job) == both[:1]
        assert client.open("untitled:Untitled-1", job) == both
        assert client.open((folder / "outside.yaml").as_uri(), job) == both

        assert client.change(as_uri, 2, "1:19-1:20", "1") == both[1:]  # behind an emoji
        assert client.change(as_uri, 3, "0:999-1:0", "\r\n\r\n") == ["image-too-small 4:11"]
        assert client.change(as_uri, 4, "99:0-120:5", "negative_prompt: x\r\n") == [
            "image-too-small 4:11"
        ]
        assert client.request("shutdown", None) is None
        assert client.request("textDocument/hover", at) == -32600
        client.notify("exit", None)
    assert client.status == 0
