"""Which function answers each message of a client, and what the commands above a job print."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from wanprep.check.result import Totals, drop_findings
from wanprep.compare.compare_jobs import Fits, Fixable, compare_inputs, sendable_targets
from wanprep.errors import WanprepError
from wanprep.lsp.documents import OpenDocument, apply_changes
from wanprep.lsp.server import Server, settings_for
from wanprep.submit.request.price import price_text
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.check.inputs import Inputs
    from wanprep.lsp.checker import Analysis

    Answer = Callable[[Analysis, Any], Any]
    from collections.abc import Iterator

    from wanprep.compare.compare_jobs import Comparison

_WATCHED: Final = (
    "**/*.{png,jpg,jpeg,webp,bmp,gif,heic,avif,mp4,mov,webm,mkv,mp3,wav,m4a,flac,ogg}",
    "**/{wanprep,pyproject}.toml",
    "**/.gitignore",
)
_TRIGGERS: Final = ("/", " ", '"', "@")
_ACTIONS: Final = (types.CodeActionKind.QuickFix, "source.fixAll.wanprep", "refactor.move")


def make_server() -> Server:
    """Make a server with all features."""
    server = Server()
    _follow_documents(server)
    _follow_settings_and_files(server)
    _answer_requests(server)
    _offer_commands(server)
    return server


def serve() -> int:
    """Serve a client over standard input and output until it ends or says so."""
    logger = logging.getLogger("pygls")  # which logs each answer that is an error as a crash
    logger.setLevel(logging.ERROR)
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_crash)
    server = make_server()
    # Nothing but messages may come here, whatever a plugin prints.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output, redirect_stdout(sys.stderr):
        server.start_io(stdout=output)
    status = 0 if server.shutdown_requested else 1
    if not server.is_idle:  # Python would wait for the thread that still checks
        os._exit(status)
    return status


def _is_crash(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], JsonRpcException))


def _follow_documents(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        server.documents[item.uri] = OpenDocument(
            item.uri, item.version, item.text, item.language_id, server.folder, server.encoding
        )
        server.later(item.uri, pause=0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        uri, version = params.text_document.uri, params.text_document.version
        if document := server.documents.get(uri):
            text = apply_changes(document.text, params.content_changes, document.encoding)
            server.documents[uri] = replace(document, version=version, text=text)
            server.later(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.later(uri)
        if server.settings.check_urls_on_save:
            await server.request_urls(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        for known in (server.documents, server.analyses, server.readable):
            known.pop(uri, None)
        if task := server.checks.pop(uri, None):
            task.cancel()
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def _follow_settings_and_files(server: Server) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        name = params.client_info.name if params.client_info else ""
        server.settings = settings_for(name, params.initialization_options)

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:  # noqa: ARG001 - pygls' signature
        server.check_thread.submit(warm_up)
        if server.has("workspace", "did_change_watched_files", "dynamic_registration"):
            watchers = [types.FileSystemWatcher(glob) for glob in _WATCHED]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            watch = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            server.client_register_capability(types.RegistrationParams([watch]))

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:  # noqa: ARG001 - pygls' signature
        server.shutdown_requested = True

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:  # noqa: ARG001
        for uri in server.documents:
            server.later(uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def settings_changed(params: types.DidChangeConfigurationParams) -> None:
        server.settings = server.settings.updated(params.settings)


def _answer_requests(server: Server) -> None:
    def answer(method: str, respond: Answer, options: object = None, **kind: bool) -> None:
        async def handler(params: Any) -> Any:  # noqa: ANN401 - of any feature
            analysis = await server.analysis(params.text_document.uri, **kind)
            if analysis is None:
                return None
            try:
                return await server.in_thread(partial(respond, analysis, params))
            except WanprepError as error:
                code = types.LSPErrorCodes.RequestFailed
                raise JsonRpcException(str(error), code) from error

        server.feature(method, options)(handler)

    def complete(analysis: Analysis, params: types.CompletionParams) -> types.CompletionList:
        from wanprep.lsp.completion import completion

        readable = server.readable.get(analysis.document.uri)
        return completion(analysis, params, analysis.cases or (readable.cases if readable else ()))

    def describe(analysis: Analysis, params: types.HoverParams) -> types.Hover | None:
        from wanprep.lsp.hover import hover

        shows_images = server.settings.thumbnails
        return hover(analysis, params, server.thumbnails.data_uri if shows_images else None)

    def of(module: str, function: str, **options: object) -> Answer:
        def respond(analysis: Analysis, params: object) -> object:
            return getattr(import_module(f"wanprep.lsp.{module}"), function)(
                analysis, params, **options
            )

        return respond

    offered = types.CompletionOptions(trigger_characters=[*_TRIGGERS])
    kinds = types.CodeActionOptions(code_action_kinds=[*_ACTIONS])
    answer(types.TEXT_DOCUMENT_COMPLETION, complete, offered, begun=True)
    answer(types.TEXT_DOCUMENT_HOVER, describe)
    acts = of("actions", "code_actions", as_edit=server.as_edit)
    answer(types.TEXT_DOCUMENT_CODE_ACTION, acts, kinds, checked=True)
    answer(types.TEXT_DOCUMENT_RENAME, of("actions", "rename", as_edit=server.as_edit))
    answer(types.TEXT_DOCUMENT_PREPARE_RENAME, of("actions", "prepare_rename"))
    answer(types.TEXT_DOCUMENT_INLAY_HINT, of("hints", "inlay_hints"))
    answer(types.TEXT_DOCUMENT_DOCUMENT_LINK, of("hints", "document_links"))
    answer(types.TEXT_DOCUMENT_CODE_LENS, of("hints", "code_lenses"))


def warm_up() -> None:
    """Import what the first requests need."""
    for module in ("checker", "diagnostics", "completion", "hints", "actions", "hover"):
        import_module(f"wanprep.lsp.{module}")


def _offer_commands(server: Server) -> None:
    async def checked(uri: str) -> Analysis:
        analysis = await server.analysis(uri, checked=True)
        if analysis is None:
            raise JsonRpcException("this is not a job", types.LSPErrorCodes.RequestFailed)
        return analysis

    @server.command("wanprep.check")
    async def check(uri: str, number: int) -> str:  # noqa: ARG001 - all have these arguments
        await server.request_urls(uri)

        text = summarize(await checked(uri))
        server.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
        return text

    def offer(name: str, function: str, suffix: str) -> None:
        def work(analysis: Analysis, number: int) -> str:
            text: str = getattr(import_module("wanprep.lsp.features"), function)(analysis, number)
            return text

        @server.command(name)
        async def run(uri: str, number: int) -> str:
            analysis = await checked(uri)
            try:
                text: str = await server.in_thread(partial(work, analysis, number))
            except WanprepError as error:
                text = f"{error}\n"
            stem = os.path.splitext(os.path.basename(analysis.document.path))[0]
            server.show(text, f"{stem}.{suffix}.txt")
            return text

    offer("wanprep.compare", "compare_job", "targets")
    offer("wanprep.dryRun", "dry_run", "requests")


def summarize(analysis: Analysis) -> str:
    """State the result of a check in one line."""
    name = os.path.basename(analysis.document.path)
    totals = Totals()
    if analysis.report:
        totals.add(analysis.report)
    counts = [
        plural(totals.severities[severity], severity)
        for severity in ("error", "warning", "note")
        if totals.severities[severity]
    ]
    unknown = " What could not be read is unknown, which is not a pass." if totals.is_open else ""
    return f"{name}: {', '.join(counts) or 'no findings'}.{unknown}"


def compare_job(analysis: Analysis, number: int) -> str:
    """Compare a job with all targets."""
    every = analysis.targets.every
    inputs = _inputs_of_job(analysis, number)
    rows = compare_inputs(inputs, sendable_targets(every), every)
    lines = [line for row in rows for line in _row(row)]
    return "\n".join([f"{os.path.basename(analysis.document.path)}: all targets", "", *lines, ""])


def _inputs_of_job(analysis: Analysis, number: int) -> Inputs:
    [of_file] = analysis.inputs.jobs
    cases = tuple(case for case in of_file.cases if case.job.number == number)
    return replace(analysis.inputs, jobs=(of_file._replace(cases=cases),))


def _row(row: Comparison) -> Iterator[str]:
    price = f", {price_text(row.price)}" if row.price else ""
    yield f"{row.target}: {row.verdict}{price}"
    match row.outcome:
        case Fits(warnings=reasons):
            pass
        case Fixable(costs=costs, warnings=warnings):
            reasons = (*(f"{each.what}: {each.words} ({each.safety})" for each in costs), *warnings)
        case other:
            reasons = other.why
    yield from (f"    {reason}" for reason in reasons)


def dry_run(analysis: Analysis, number: int) -> str:
    """Show the requests that would be sent for a job; nothing is sent."""
    from wanprep.submit.request.submission import find_submissions
    from wanprep.submit.services.service import Services
    from wanprep.submit.session.dry_run import as_text, describe_requests

    report = analysis.report and drop_findings(
        analysis.report, lambda each: each.severity != "error"
    )
    if report and report.findings:
        count = plural(len(report.findings), "error")
        return f"Nothing would be sent: the job has {count}. Fix them first."
    inputs = _inputs_of_job(analysis, number)
    services = Services(analysis.config)
    described = [
        describe_requests(each, services, os.environ, drop=False)
        for each in find_submissions(inputs, services)
    ]
    return "".join(as_text(described))
