"""The server: tools and resources over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import anyio
import anyio.to_thread
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types.version import is_version_at_least

from wanprep import __version__
from wanprep.api import catalog
from wanprep.errors import UsageError, WanprepError
from wanprep.mcp.answers import Answer, Offer
from wanprep.mcp.skill import INSTRUCTIONS
from wanprep.mcp.tools import Tool, offered
from wanprep.net.secrets import redact, redact_json, remember
from wanprep.schemas import schema_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp.server.context import ServerRequestContext

    from wanprep.api.settings import Progress
    from wanprep.mcp.permissions import Permissions

    Context = ServerRequestContext[Any]
    from collections.abc import Mapping

_TARGETS: Final = "wanprep://targets/"
_RULES: Final = "wanprep://rules/"
_JSON: Final = "application/json"


class NoResource(WanprepError):
    """There is no resource at a URI."""


def templates() -> list[dict[str, Any]]:
    """Describe the two kinds of resources."""
    return [
        {"uri_template": f"{_TARGETS}{{+id}}", "name": "target", "title": "A target",
         "description": "Limits, parameters, price and sources of a target.", "mime_type": _JSON},
        {"uri_template": f"{_RULES}{{+id}}", "name": "rule", "title": "A rule",
         "description": "What a rule means, and where it has limits.", "mime_type": _JSON},
    ]  # fmt: skip


def list_resources() -> list[dict[str, Any]]:
    """List all targets and rules."""
    from wanprep.api.settings import resolve_config
    from wanprep.rules.finding import rules
    from wanprep.rules.target import all_targets

    titles = all_targets(resolve_config(True).target_folders).titles  # noqa: FBT003
    listed = {f"{_TARGETS}{name}": titles[name] for name in sorted(titles)}
    listed |= {f"{_RULES}{name}": rules()[name].title for name in sorted(rules())}
    return [
        {"uri": uri, "name": uri.partition("://")[2].partition("/")[2], "title": title,
         "mime_type": _JSON}
        for uri, title in listed.items()
    ]  # fmt: skip


def read_resource(uri: str) -> str:
    """Return a target or a rule as JSON."""
    describe: Mapping[str, Callable[[str], Any]] = {
        _TARGETS: lambda name: catalog.targets(name)[0],
        _RULES: catalog.explain,
    }
    for prefix, found in describe.items():
        if uri.startswith(prefix):
            try:
                value = found(unquote(uri.removeprefix(prefix)))
            except UsageError as error:
                raise NoResource(str(error)) from error
            return json.dumps(value.as_json(), ensure_ascii=False, indent=1)
    raise NoResource(f"there is no resource {uri}: they begin with {_TARGETS} or {_RULES}")


# Since then a question is part of the answer, and the client calls again with what was said.
_ASKS_IN_ANSWERS: Final = "2026-07-28"
_QUESTION: Final = "price"
_SECRETS: Final = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")  # ends of variables
_FORM: Final = {
    "type": "object",
    "properties": {"send": {"type": "boolean", "title": "Send it, and pay for it"}},
    "required": ["send"],
}
_LONGEST_SEND: Final = 30.0  # seconds that an order may take when the server is to end
_PAUSE: Final = 0.2  # seconds between two reports of progress


def serve(permissions: Permissions) -> None:
    """Serve one client, until it closes standard input."""

    def leave(number: int, _: object) -> None:
        """End at once: a thread that waits for standard input could not be ended otherwise.

        What was not delivered is a part, which the next run removes.
        """
        _finish(permissions)
        os._exit(128 + number)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, leave)
    for name, value in os.environ.items():
        if name.endswith(_SECRETS):
            remember(value)  # so that no answer has it, wherever it may stand
    anyio.run(_serve, permissions)
    _finish(permissions)


def _finish(permissions: Permissions) -> None:
    if permissions.spend:
        permissions.spend.wait_until_sent(_LONGEST_SEND)


async def _serve(permissions: Permissions) -> None:
    server = make_server(permissions)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def make_server(permissions: Permissions) -> Server[Any]:
    """Make a server with the tools that are permitted."""
    tools = offered(permissions)

    async def on_list(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_describe(*each) for each in tools.items()])

    async def on_call(
        context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        return await _call(context, params, tools, permissions)

    async def on_list_resources(
        _: Context, __: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        listed = await anyio.to_thread.run_sync(list_resources)
        return types.ListResourcesResult(resources=[types.Resource(**each) for each in listed])

    async def on_templates(
        _: Context, __: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        found = [types.ResourceTemplate(**each) for each in templates()]
        return types.ListResourceTemplatesResult(resource_templates=found)

    async def on_read(
        _: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        try:
            text = await anyio.to_thread.run_sync(read_resource, params.uri)
        except NoResource as error:
            raise MCPError(code=types.INVALID_PARAMS, message=str(error)) from error
        contents = types.TextResourceContents(
            uri=params.uri, mime_type="application/json", text=redact(text)
        )
        return types.ReadResourceResult(contents=[contents])

    return Server(
        "wanprep",
        version=__version__,
        title="wanprep",
        instructions=INSTRUCTIONS,
        on_list_tools=on_list,
        on_call_tool=on_call,
        on_list_resources=on_list_resources,
        on_list_resource_templates=on_templates,
        on_read_resource=on_read,
    )


def _describe(name: str, tool: Tool) -> types.Tool:
    return types.Tool(
        name=name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.result(),
        annotations=types.ToolAnnotations(
            read_only_hint=tool.reads_only, destructive_hint=tool.spends, idempotent_hint=True,
            open_world_hint=True,
        ),
    )  # fmt: skip


async def _call(
    context: Context,
    params: types.CallToolRequestParams,
    tools: dict[str, Tool],
    permissions: Permissions,
) -> types.CallToolResult | types.InputRequiredResult:
    """Call a tool in a thread; every failure is an answer that the model can read."""
    tool = tools.get(params.name)
    if tool is None:
        raise MCPError(
            code=types.INVALID_PARAMS,
            message=f"there is no tool '{params.name}'. Choose from: {', '.join(tools)}.",
        )
    try:
        arguments = _arguments(params.arguments or {}, tool)
        progress = _Reports(context)
        found = await _in_thread(lambda: tool.call(arguments, permissions, progress))
        if isinstance(found, Offer):
            agreed = await _agree(context, params, found)
            if isinstance(agreed, types.InputRequiredResult):
                return agreed
            found = await _in_thread(found.accept)
        return _answer(found)
    except WanprepError as error:
        return _failure(str(error))
    except Exception as error:  # noqa: BLE001 - a bug, or a plugin's: the client goes on
        sys.stderr.write(redact(traceback.format_exc()))
        return _failure(
            f"internal error ({type(error).__name__}: {error}). Please report it, with what the"
            " server wrote to standard error."
        )


async def _in_thread(call: Callable[[], Answer | Offer]) -> Any:  # noqa: ANN401 - what it returns
    # A call that is cancelled ends by itself: what it sends must not be cut off.
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)


def _arguments(given: dict[str, Any], tool: Tool) -> dict[str, Any]:
    """Validate arguments, and add what has a default."""
    problems = [str(error) for error in schema_errors(given, tool.input_schema)]
    if problems:
        raise WanprepError(f"wrong arguments: {'; '.join(problems)}")
    defaults = {
        name: schema["default"] for name, schema in tool.arguments.items() if "default" in schema
    }
    return defaults | given


def _answer(answer: Answer) -> types.CallToolResult:
    result = redact_json(answer.result)
    texts = [redact(answer.note)] if answer.note else []
    texts.append(json.dumps(result, ensure_ascii=False))
    return types.CallToolResult(
        content=[types.TextContent(text=text) for text in texts], structured_content=result
    )


def _failure(message: str) -> types.CallToolResult:
    content = types.TextContent(text=redact(message))
    return types.CallToolResult(content=[content], is_error=True)


async def _agree(
    context: Context, params: types.CallToolRequestParams, offer: Offer
) -> types.InputRequiredResult | None:
    """Ask the user; raise WanprepError unless the answer is yes."""
    able = context.session.client_capabilities
    asks = able.elicitation if able else None
    if asks is None or (asks.form is None and asks.url is not None):
        raise WanprepError(offer.advice)
    form = types.ElicitRequestFormParams(message=offer.question, requested_schema=_FORM)
    if is_version_at_least(context.protocol_version, _ASKS_IN_ANSWERS):
        said = (params.input_responses or {}).get(_QUESTION)
        if said is None or params.request_state != offer.question:
            return types.InputRequiredResult(
                input_requests={_QUESTION: types.ElicitRequest(params=form)},
                request_state=offer.question,
            )
    else:
        said = await context.session.elicit_form(
            offer.question, _FORM, related_request_id=context.request_id
        )
    if not isinstance(said, types.ElicitResult) or said.action != "accept":
        raise WanprepError("the user declined. Nothing was sent. Do not ask again by yourself.")
    if (said.content or {}).get("send") is not True:
        raise WanprepError("the user did not agree to send it. Nothing was sent.")
    return None


class _Reports:
    """Sends progress to a client that asked for it, from the thread of the call."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._asked = bool(context.meta and "progress_token" in context.meta)
        self._last = 0.0
        self._loop = asyncio.get_running_loop()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if not self._asked or now - self._last < _PAUSE:
            return
        self._last = now
        text = redact(f"{progress.name}: {progress.message}")
        done = progress.done + (progress.part or 0.0)
        # Not waited for: it is called from threads of all kinds, which have work to do.
        asyncio.run_coroutine_threadsafe(
            self._context.session.report_progress(done, progress.total, text), self._loop
        )
