"""A real client of `wanprep lsp` over its standard input and output, for tests without asyncio."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from commands import program
from lsprotocol import types
from pygls.lsp.client import LanguageClient

_SECONDS = 60.0


def capabilities(**general: Any) -> types.ClientCapabilities:
    """What editors can do, as far as the server asks."""
    watched = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    refresh = types.InlayHintWorkspaceClientCapabilities(refresh_support=True)
    edits = types.WorkspaceEditClientCapabilities(document_changes=True)
    shows = types.ShowDocumentClientCapabilities(support=True)
    return types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            did_change_watched_files=watched, inlay_hint=refresh, workspace_edit=edits
        ),
        window=types.WindowClientCapabilities(show_document=shows),
        general=types.GeneralClientCapabilities(**general),
    )


class Editor:
    """An editor with a folder, and what its server has told it."""

    def __init__(
        self, folder: Path, *, encodings: list[str] | None = None, options: Any = None
    ) -> None:
        self.folder = folder
        self.published: list[types.PublishDiagnosticsParams] = []
        self.messages: list[str] = []
        self.shown: list[str] = []
        self.registered: list[str] = []
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._client = LanguageClient("editor", "1")
        self._options = options
        self._encodings = encodings and [types.PositionEncodingKind(each) for each in encodings]
        self._versions: dict[str, int] = {}

    def start(self) -> types.InitializeResult:
        """Start a server, and return what it says of itself."""
        self._thread.start()
        self._listen()
        self.run(self._client.start_io(*program(), "lsp", env=dict(os.environ)))
        params = types.InitializeParams(
            capabilities=capabilities(position_encodings=self._encodings),
            root_uri=self.folder.as_uri(),
            initialization_options=self._options,
        )
        result = self.run(self._client.initialize_async(params))
        self._client.initialized(types.InitializedParams())
        assert isinstance(result, types.InitializeResult)
        return result

    def _listen(self) -> None:
        def publish(params: types.PublishDiagnosticsParams) -> None:
            with self._news:
                self.published.append(params)
                self._news.notify_all()

        def show(params: types.ShowDocumentParams) -> types.ShowDocumentResult:
            self.shown.append(Path(params.uri.removeprefix("file://")).read_text("utf-8"))
            return types.ShowDocumentResult(success=True)

        def register(params: types.RegistrationParams) -> None:
            self.registered += [each.method for each in params.registrations]

        answers: dict[str, Any] = {
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: publish,
            types.WINDOW_SHOW_MESSAGE: lambda params: self.messages.append(params.message),
            types.WINDOW_SHOW_DOCUMENT: show,
            types.CLIENT_REGISTER_CAPABILITY: register,
            types.WORKSPACE_INLAY_HINT_REFRESH: lambda _: None,
        }
        for method, answer in answers.items():
            self._client.feature(method)(answer)

    def run(self, work: Awaitable[Any]) -> Any:
        """Await something, and return its result."""

        async def wait() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(wait(), self._loop).result(_SECONDS)

    def uri(self, name: str) -> str:
        return name if ":" in name else (self.folder / name).as_uri()

    def notify(self, method: str, params: Any) -> None:
        self._loop.call_soon_threadsafe(self._client.protocol.notify, method, params)

    def request(self, method: str, params: Any) -> Any:
        async def send() -> Any:
            return await self._client.protocol.send_request_async(method, params)

        return self.run(send())

    def cancelled_request(self, method: str, params: Any) -> BaseException | None:
        """Send a request and take it back at once; return the error that answers it."""

        async def send() -> BaseException | None:
            future = self._client.protocol.send_request(method, params, msg_id="taken-back")
            self._client.protocol.notify(types.CANCEL_REQUEST, types.CancelParams("taken-back"))
            return await asyncio.to_thread(future.exception, _SECONDS)

        error: BaseException | None = self.run(send())
        return error

    def ask(self, method: str, name: str, place: str | None = None, **more: Any) -> Any:
        """Send a request about a document, and a position where it has one, such as 3:5."""
        kind: Any = types.METHOD_TO_TYPES[method][2]
        if place:
            more["position"] = types.Position(*map(int, place.split(":")))
        return self.request(method, kind(text_document=self.document(name), **more))

    def document(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))

    def open(self, name: str, text: str, language: str = "yaml") -> None:
        self._versions[name] = 1
        item = types.TextDocumentItem(self.uri(name), language, 1, text)
        self.notify(types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(item))

    def change(self, name: str, text: str, where: str | None = None) -> int:
        """Change a document, or a range of it such as 0:3-0:5, and return its new version."""
        self._versions[name] += 1
        identifier = types.VersionedTextDocumentIdentifier(
            uri=self.uri(name), version=self._versions[name]
        )
        change: types.TextDocumentContentChangeEvent
        change = types.TextDocumentContentChangeWholeDocument(text)
        if where:
            change = types.TextDocumentContentChangePartial(range_of(where), text)
        params = types.DidChangeTextDocumentParams(identifier, [change])
        self.notify(types.TEXT_DOCUMENT_DID_CHANGE, params)
        return self._versions[name]

    def save(self, name: str) -> None:
        params = types.DidSaveTextDocumentParams(self.document(name))
        self.notify(types.TEXT_DOCUMENT_DID_SAVE, params)

    def close(self, name: str) -> None:
        del self._versions[name]
        params = types.DidCloseTextDocumentParams(self.document(name))
        self.notify(types.TEXT_DOCUMENT_DID_CLOSE, params)

    def files_changed(self, *paths: Path) -> None:
        changes = [types.FileEvent(path.as_uri(), types.FileChangeType.Changed) for path in paths]
        params = types.DidChangeWatchedFilesParams(changes)
        self.notify(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, params)

    def diagnostics(self, name: str, version: int = 1, *, after: int = 0) -> list[types.Diagnostic]:
        """Wait for the diagnostics of a version, those that come after so many others."""
        found: list[types.PublishDiagnosticsParams] = []

        def is_there() -> bool:
            found[:] = [
                each
                for each in self.published[after:]
                if each.uri == self.uri(name) and each.version == version
            ]
            return bool(found)

        with self._news:
            assert self._news.wait_for(is_there, _SECONDS), f"no diagnostics of {name}"
        return list(found[-1].diagnostics)

    def check(self, name: str, text: str, language: str = "yaml") -> list[types.Diagnostic]:
        """Open a document, or replace its text, and wait for its diagnostics."""
        if name in self._versions:
            return self.diagnostics(name, self.change(name, text))
        self.open(name, text, language)
        return self.diagnostics(name)

    def end(self) -> int:
        """Shut the server down, and return its exit status."""
        self.run(self._client.shutdown_async(None))
        self._loop.call_soon_threadsafe(self._client.exit, None)
        return self.wait()

    def hang_up(self) -> int:
        """Close the standard input of the server, and return its exit status."""
        process = self._client._server
        assert process
        assert process.stdin
        self._loop.call_soon_threadsafe(process.stdin.close)
        return self.wait()

    def wait(self) -> int:
        process = self._client._server
        assert process
        status: int = self.run(process.wait())
        self.run(self._client.stop())  # type: ignore[no-untyped-call]  # pygls has no annotation
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        return status


def range_of(text: str) -> types.Range:
    """Read a range: 0:3-0:5."""
    start, end = (types.Position(*map(int, each.split(":"))) for each in text.split("-"))
    return types.Range(start, end)


def written(place: types.Range) -> str:
    """Write a range: 0:3-0:5."""
    start, end = place.start, place.end
    return f"{start.line}:{start.character}-{end.line}:{end.character}"


def apply_edit(text: str, edit: types.WorkspaceEdit | None) -> str:
    """Make the edits of one document whose characters all have one unit."""
    assert edit
    assert edit.document_changes
    [change] = edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:at])) for at in range(len(lines) + 1)]
    for each in reversed(change.edits):
        assert isinstance(each, types.TextEdit)
        first, last = each.range.start, each.range.end
        begin, stop = starts[first.line] + first.character, starts[last.line] + last.character
        text = text[:begin] + each.new_text + text[stop:]
    return text


def wait_until(is_true: Any, seconds: float = 30) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.02)
