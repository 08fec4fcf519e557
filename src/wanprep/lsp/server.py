"""The server: which version of each document is open, and what a client is told about it.

The loop of asyncio only reads and writes messages. A document is checked in one thread, after a
pause in which no change came; the result of an older version is never sent. All other requests are
answered from what is known, in other threads, so that none waits for a file that is being read.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest, JsonRpcServerNotInitialized
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from wanprep import __version__
from wanprep.closing import Closing
from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError
from wanprep.lsp.documents import OpenDocument, path_of, uri_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wanprep.fix.job.text import Edit
    from wanprep.lsp.checker import Analysis, Checker

    Answer = Callable[[Analysis, Any], Any]
    from wanprep.engines.pool import WorkerPool
    from wanprep.media.cache import Stamp
    from wanprep.media.facts import Facts


@dataclass(slots=True)
class Thumbnails(Closing):
    """Makes one at a time: an editor asks only for that under the pointer."""

    _made: dict[str, tuple[Stamp | None, str | None]] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)
    _pool: WorkerPool | None = None

    def data_uri(self, facts: Facts) -> str | None:
        """Return a small image as a data: URI; None where there is none."""
        from wanprep.media.cache import stamp_of
        from wanprep.report.html.previews import make_thumbnail, preview_pool

        stamp = stamp_of(facts.path)
        with self._making:
            before, uri = self._made.get(facts.path, (None, None))
            if before is None or before != stamp:
                self._pool = self._pool or preview_pool()
                image = make_thumbnail(facts, self._pool)
                uri = f"data:image/{image.kind};base64,{image.base64}" if image else None
                self._made[facts.path] = (stamp, uri)
        return uri

    def close(self) -> None:
        """End the worker."""
        if self._pool:
            self._pool.close()


_PAUSE: Final = 0.03  # seconds after a change; a check of a job with known files takes as long


class _Protocol(LanguageServerProtocol):
    """Answers each request, also those that pygls drops: a client waits for an answer."""

    _is_begun = False

    def structure_message(self, data: dict[str, Any]) -> Any:  # noqa: ANN401 - as pygls
        """Read a message; one that cannot be read has an answer, too."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def handle_message(self, message: Any) -> None:  # noqa: ANN401 - as pygls
        """Refuse requests before the first and after the last one."""
        method = getattr(message, "method", "")
        self._is_begun |= method == types.INITIALIZE
        refusal = JsonRpcInvalidRequest if self._is_begun else JsonRpcServerNotInitialized
        if method and hasattr(message, "id") and (self._shutdown or not self._is_begun):
            self._send_response(message.id, error=refusal().to_response_error())
        else:
            super().handle_message(message)


class Server(LanguageServer):
    """The documents that are open, and the work on them."""

    def __init__(self) -> None:
        super().__init__("wanprep", __version__, protocol_cls=_Protocol, max_workers=1)
        self.settings = Settings()
        self.documents: dict[str, OpenDocument] = {}
        self.analyses: dict[str, Analysis] = {}  # the last of each document, perhaps an older one
        self.readable: dict[str, Analysis] = {}  # the last with a job
        self.checks: dict[str, asyncio.Task[None]] = {}
        self.thumbnails = Thumbnails()
        self._checker: Checker | None = None
        self._making = Lock()
        self.check_thread = ThreadPoolExecutor(1, "check")
        self.network_thread = ThreadPoolExecutor(1, "network")
        self.threads = ThreadPoolExecutor(4, "answer")
        self.shutdown_requested = self.is_ended = self.is_idle = False
        self.outputs: tempfile.TemporaryDirectory[str] | None = None

    @property
    def checker(self) -> Checker:
        """What checks documents; the client has its first answer before this is imported."""
        with self._making:
            if self._checker is None:
                from wanprep.lsp.checker import Checker

                self._checker = Checker()
            return self._checker

    @property
    def encoding(self) -> str:
        """In what the client counts positions."""
        encoding = self.workspace.position_encoding or "utf-16"
        return str(getattr(encoding, "value", encoding))

    @property
    def folder(self) -> str:
        """Where documents are that are no files."""
        uris = [each.uri for each in self.workspace.folders.values()]
        paths = filter(None, map(path_of, [*uris, *filter(None, [self.workspace.root_uri])]))
        return next(paths, None) or os.getcwd()

    def has(self, *names: str) -> bool:
        """Whether the client has a capability."""
        value: Any = self.client_capabilities
        for name in names:
            value = getattr(value, name, None)
        return bool(value)

    def later(self, uri: str, *, pause: float = _PAUSE) -> asyncio.Task[None]:
        """Check a document after a pause, unless it changes meanwhile."""
        if before := self.checks.pop(uri, None):
            before.cancel()
        task = asyncio.get_running_loop().create_task(self._check(uri, pause))
        self.checks[uri] = task
        return task

    async def _check(self, uri: str, pause: float) -> None:
        await asyncio.sleep(pause)
        document, loop = self.documents.get(uri), asyncio.get_running_loop()
        if document is None:
            return

        def is_current() -> bool:
            return self.documents.get(uri) is document and not self.is_ended

        check = partial(self._check_now, document, is_current)
        found = await loop.run_in_executor(self.check_thread, check)
        if found is not None and is_current():
            self._publish(document, *found)

    def _check_now(
        self, document: OpenDocument, is_current: Callable[[], bool]
    ) -> tuple[Analysis | None, list[types.Diagnostic]] | None:
        """Check in this thread; None if the document has changed."""
        from wanprep.lsp.diagnostics import diagnostics_of, problem_diagnostic

        try:
            if not self.checker.is_job(document):
                return None, []
            analysis = self.checker.check(document, is_current)
        except WanprepError as error:  # as of a broken configuration
            return None, [problem_diagnostic(str(error))]
        return (analysis, diagnostics_of(analysis)) if analysis else None

    async def request_urls(self, uri: str) -> None:
        """Probe the URLs of a document, and check it with what was found."""
        document = self.documents.get(uri)
        if document is None:
            return
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.network_thread, self._request_urls, document)
        await asyncio.wait([self.later(uri, pause=0)])

    def _request_urls(self, document: OpenDocument) -> None:
        with suppress(WanprepError):  # the check reports it
            if self.checker.is_job(document):
                self.checker.request_urls(document)

    def _publish(
        self, document: OpenDocument, analysis: Analysis | None, found: list[types.Diagnostic]
    ) -> None:
        before = self.analyses.pop(document.uri, None)
        if analysis:
            self.analyses[document.uri] = analysis
            if analysis.cases:
                self.readable[document.uri] = analysis
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, found, document.version)
        )
        has_new_facts = analysis and (
            before is None or before.inputs.facts != analysis.inputs.facts
        )
        if has_new_facts and self.has("workspace", "inlay_hint", "refresh_support"):
            self.workspace_inlay_hint_refresh(None)

    async def analysis(
        self, uri: str, *, checked: bool = False, begun: bool = False
    ) -> Analysis | None:
        """Return what is known of a document as it is now; None where it is no job.

        With `checked`, wait for the check of this version; with `begun`, what may become a job is
        one, too.
        """
        task = self.checks.get(uri)
        if checked and task and not task.done():
            await asyncio.wait([task])
        document = self.documents.get(uri)
        if document is None:
            return None
        known = self.analyses.get(uri)
        if known and known.document is document:
            return known
        read: Analysis | None = await self.in_thread(partial(self._read, document, begun=begun))
        return read

    def _read(self, document: OpenDocument, *, begun: bool) -> Analysis | None:
        is_begun = begun and (
            document.uri in self.readable or self.checker.may_become_job(document)
        )
        try:
            is_job = is_begun or self.checker.is_job(document)
            return self.checker.read(document) if is_job else None
        except WanprepError:  # the check reports it
            return None

    async def in_thread(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it returns
        """Work in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    def as_edit(self, analysis: Analysis, edits: Sequence[Edit]) -> types.WorkspaceEdit:
        """Address edits to the version of the document that they are for."""
        document, changes = analysis.document, analysis.positions.text_edits(edits)
        if not self.has("workspace", "workspace_edit", "document_changes"):
            return types.WorkspaceEdit(changes={document.uri: changes})
        identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, changes)])

    def show(self, text: str, name: str) -> None:
        """Show a text as a document where the client can, else as a message."""
        if not self.has("window", "show_document", "support"):
            self.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
            return
        if self.outputs is None:
            self.outputs = tempfile.TemporaryDirectory(prefix="wanprep-lsp-")
        path = os.path.join(self.outputs.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.window_show_document(types.ShowDocumentParams(uri_of(path), take_focus=True))

    def shutdown(self) -> None:
        """End all workers; a request to a slow server is not waited for."""
        self.is_ended = True
        closing = self.check_thread.submit(self.checker.close)  # its database is of that thread
        last = self.network_thread.submit(self.thumbnails.close)  # or its worker ends with us
        self.is_idle = not wait([closing, last], 1.0).not_done
        self.threads.shutdown(wait=False, cancel_futures=True)
        if self.outputs:
            self.outputs.cleanup()
        super().shutdown()  # type: ignore[no-untyped-call]  # pygls has no annotation here


# These show the data: URI of a thumbnail as text.
_WITHOUT_IMAGES: Final = ("neovim", "nvim", "vim", "helix", "emacs", "eglot", "kakoune", "kak")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a client may set, as `initializationOptions` or in a section `wanprep`."""

    check_urls_on_save: bool = False
    thumbnails: bool = True

    def updated(self, values: Any) -> Settings:  # noqa: ANN401 - JSON
        """Take over the values that are set; anything else in there is ignored."""
        values = values.get("wanprep", values) if isinstance(values, dict) else None
        values = values if isinstance(values, dict) else {}
        names = {"checkUrlsOnSave": "check_urls_on_save", "thumbnails": "thumbnails"}
        found = {names[key]: value for key, value in values.items()
                 if key in names and isinstance(value, bool)}  # fmt: skip
        return replace(self, **found)


def settings_for(client: str, values: object) -> Settings:
    """Return the settings of a client at its start."""
    is_terminal = any(name in client.lower() for name in _WITHOUT_IMAGES)
    return Settings(thumbnails=not is_terminal).updated(values)
