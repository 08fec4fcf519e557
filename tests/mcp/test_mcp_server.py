"""`wanprep mcp` as a client sees it: the client of the SDK, over the pipes of a started process."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import mcp_types as types
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from commands import program
from emulated import emulate
from mcp.client.session import ClientRequestContext
from PIL import Image
from processes import with_installed_bytecode

import wanprep
from mcp import Client, MCPError, StdioServerParameters

ROOT: Final = Path(__file__).parents[2]
EVOLINK: Final = "evolink/wan2.7-reference-video"
KEY: Final = "a-key-that-nobody-may-see"


@dataclass
class Connected:
    """A client in a thread of its own, and what its user is asked and says."""

    portal: BlockingPortal
    client: Client
    asked: list[str] = field(default_factory=list)
    says: types.ElicitResult = field(default_factory=lambda: types.ElicitResult(action="decline"))

    def call(self, tool: str, **arguments: object) -> types.CallToolResult:
        result: types.CallToolResult = self.portal.call(self.client.call_tool, tool, arguments)
        assert KEY not in result.model_dump_json()
        return result

    def result(self, tool: str, **arguments: object) -> Any:
        answer = self.call(tool, **arguments)
        assert not answer.is_error, answer.content
        return answer.structured_content

    def refusal(self, tool: str, **arguments: object) -> str:
        answer = self.call(tool, **arguments)
        assert answer.is_error
        return text_of(answer)

    async def ask(
        self,
        context: ClientRequestContext,  # noqa: ARG002 - as it is called
        params: types.ElicitRequestParams,
    ) -> types.ElicitResult:
        self.asked.append(params.message)
        return self.says


def text_of(answer: types.CallToolResult) -> str:
    return "\n".join(getattr(each, "text", "") for each in answer.content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "fixtures/demo", folder / "demo")
    Image.new("RGBA", (400, 300), (200, 30, 30, 90)).save(folder / "glass.png")
    Image.new("RGB", (60, 40)).save(folder / "tiny.png")
    (folder / "broken.png").write_bytes((folder / "glass.png").read_bytes()[:60])
    (folder / "ready").mkdir()
    (folder / "ready/link").symlink_to(folder)
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An emulator in place of the providers, and a ledger of its own."""
    state = str(tmp_path_factory.mktemp("state"))
    with emulate(speed=100) as emulator:
        yield {
            **with_installed_bytecode("mcp"), **emulator.environment, "EVOLINK_API_KEY": KEY,
            "WANPREP_STATE_DIR": state, "WANPREP_POLL_INTERVAL": "0.05",
        }  # fmt: skip


@pytest.fixture(scope="module")
def agent(folder: Path, environment: dict[str, str]) -> Iterator[Connected]:
    """A client of the current protocol, whose server may write and spend."""
    command, *arguments = program()
    options = ["--write", "ready", "--allow-spend", "1.5"]
    server = StdioServerParameters(
        command=command, args=[*arguments, "mcp", *options], env=environment, cwd=folder
    )
    with start_blocking_portal() as portal:
        connected = Connected(portal, Client(server, mode="auto"))
        connected.client.elicitation_callback = connected.ask
        with portal.wrap_async_context_manager(connected.client):
            yield connected


def test_tools_say_what_they_take_return_and_change(agent: Connected) -> None:
    tools = {each.name: each for each in agent.portal.call(agent.client.list_tools).tools}
    reading = "check probe plan_fix compare explain targets".split()
    assert [*tools] == ["check", "probe", "plan_fix", "fix", *reading[3:], "submit", "runs"]
    for name, tool in tools.items():
        assert tool.annotations
        assert tool.annotations.read_only_hint is (name in reading)
        assert tool.output_schema
        assert tool.output_schema["type"] == tool.input_schema["type"] == "object"
    report = json.loads((ROOT / "schemas/report.schema.json").read_text(encoding="utf-8"))
    assert tools["check"].output_schema == report


def test_check_returns_the_report(agent: Connected, folder: Path) -> None:
    found = agent.result("check", paths=["demo", "tiny.png"], targets=[EVOLINK])
    expected = wanprep.check(folder / "demo", folder / "tiny.png", targets=[EVOLINK])
    assert found["summary"] == expected.summary
    assert [each["rule"] for each in found["findings"]] == [
        each.rule for each in expected.findings
    ]  # fmt: skip

    answer = agent.call("check", paths=["."], targets=[EVOLINK], limit=1, skip=1)
    whole = agent.result("check", paths=["."], targets=[EVOLINK])
    cut: Any = answer.structured_content
    assert cut["findings"] == whole["findings"][1:2]
    assert cut["summary"] == whole["summary"]
    note = text_of(answer)
    assert f"Findings 2-2 of {len(whole['findings'])} are here. For the next ones pass" in note
    assert "severity" in note


def test_a_file_that_cannot_be_read_is_a_result(agent: Connected) -> None:
    (facts,) = agent.result("probe", paths=["broken.png"])["files"]
    assert facts["readable"] is False
    report = agent.result("check", paths=["broken.png"])
    assert report["verdicts"][0]["verdict"] == "fail"
    assert "asset-unreadable" in {each["rule"] for each in report["findings"]}


def test_the_other_tools_that_read(agent: Connected) -> None:
    (job,) = agent.result("compare", jobs=["demo/job.yaml"], offline=True)["jobs"]
    assert job["targets"][0] | {"verdict": "fits", "target": EVOLINK} == job["targets"][0]
    assert len(agent.result("targets")["targets"]) > 5
    (target,) = agent.result("targets", id="evolink")["targets"]
    assert target["roles"]["reference_image"]["limits"]
    assert agent.result("explain", rule="image-too-small")["title"]
    names = agent.result("probe", paths=["demo/refs"], limit=2)["files"]
    assert [each["path"] for each in names] == ["demo/refs/dance.mp4", "demo/refs/garden.png"]


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("check", {"paths": ["tinny.png"]}, "Did you mean tiny.png?"),
        ("check", {"path": ["tiny.png"]}, "did you mean `paths`?"),
        ("check", {"paths": ["-"]}, "standard input"),
        ("check", {"paths": ["tiny.png"], "targets": ["evolnk"]}, "there is no target"),
        ("check", {"paths": ["tiny.png"], "limit": 0}, "limit"),
        ("explain", {"rule": "image-small"}, "Did you mean"),
        ("plan_fix", {"paths": ["tiny.png"], "crop": "left"}, "smart"),
        ("fix", {"paths": ["tiny.png"], "out": "demo"}, "is outside"),
        ("fix", {"paths": ["tiny.png"], "out": "ready/link"}, "is outside"),
        ("fix", {"paths": ["tiny.png"], "out": "ready/../.."}, "is outside"),
        ("fix", {"paths": ["tiny.png"], "out": "s3://bucket/x"}, "is not a folder"),
        ("submit", {"job": "tiny.png"}, "only jobs can be submitted"),
        ("submit", {"job": "demo/job.yaml", "wait": True, "out": ".."}, "is outside"),
        ("runs", {"ids": ["nobody"]}, "nobody"),
    ],
)
def test_errors_say_what_to_do(
    agent: Connected, tool: str, arguments: dict[str, Any], message: str
) -> None:
    assert message in agent.refusal(tool, **arguments)


def test_fix_writes_only_below_its_folder(agent: Connected, folder: Path) -> None:
    before = {each: each.read_bytes() for each in folder.glob("*.png")}
    asked: dict[str, Any] = {"paths": ["glass.png"], "targets": [EVOLINK], "out": "ready/one"}
    planned = agent.result("plan_fix", **asked)
    receipt = agent.result("fix", **asked)
    assert planned["assets"][0]["outcome"] == receipt["assets"][0]["outcome"] == "mended"
    assert wanprep.probe(folder / "ready/one/glass.png").alpha is False
    answer = agent.call("fix", **asked | {"paths": ["glass.png", "demo/refs"], "limit": 1})
    assert len(answer.structured_content["assets"]) == 1
    assert "The whole receipt is ready/one/wanprep-receipt.json" in text_of(answer)
    assert {each: each.read_bytes() for each in folder.glob("*.png")} == before

    # A link below the folder leads a result out of it.
    (folder / "ready/two").mkdir()
    (folder / "ready/two/refs").symlink_to(folder / "demo")
    (folder / "more/refs").mkdir(parents=True)
    shutil.copy(folder / "glass.png", folder / "more/refs/glass.png")
    asked |= {"paths": ["more"], "out": "ready/two"}
    assert "is outside" in agent.refusal("fix", **asked)
    assert not (folder / "demo/glass.png").exists()


def test_submit_needs_the_yes_of_the_user_and_never_exceeds_the_sum(
    agent: Connected, folder: Path
) -> None:
    for said in (types.ElicitResult(action="decline"), types.ElicitResult(action="cancel"),
                 types.ElicitResult(action="accept", content={"send": False})):  # fmt: skip
        agent.says = said
        assert "Nothing was sent" in agent.refusal("submit", job="demo/job.yaml")
    assert agent.result("runs") == {"runs": []}
    assert agent.asked[-1] == (
        f"Submit demo/job.yaml to {EVOLINK} for up to 1.15 USD? 0.00 of 1.50 USD have been spent."
    )

    agent.says = types.ElicitResult(action="accept", content={"send": True})
    (run,) = agent.result("submit", job="demo/job.yaml")["runs"]
    assert run["state"] in {"accepted", "succeeded"}
    times = len(agent.asked)
    (same,) = agent.result("submit", job="demo/job.yaml")["runs"]
    assert (same["id"], len(agent.asked)) == (run["id"], times)  # not paid for again

    text = (folder / "demo/job.yaml").read_text(encoding="utf-8")
    (folder / "demo/other.yaml").write_text(text.replace("seed: 42", "seed: 43"))
    message = agent.refusal("submit", job="demo/other.yaml")
    assert "up to 1.15 USD, and 0.35 of the 1.50 USD" in message
    assert len(agent.asked) == times

    (fetched,) = agent.result("submit", job="demo/job.yaml", wait=True)["runs"]
    assert fetched["state"] == "succeeded"
    (file,) = fetched["outputs"]
    assert Path(file).parent == folder / "ready"
    (listed,) = agent.result("runs", refresh=True)["runs"]
    assert listed == fetched


def test_a_job_that_is_refused_is_not_sent(agent: Connected) -> None:
    target = "runcomfy/wan-2-2-image-to-video"
    message = agent.refusal("submit", job="demo/job.yaml", target=target)
    assert "Nothing was sent" in message
    assert "error[too-many-images]" in message


def test_targets_and_rules_are_resources(agent: Connected) -> None:
    listed = agent.portal.call(agent.client.list_resources).resources
    uris = {each.uri for each in listed}
    assert {f"wanprep://targets/{EVOLINK}", "wanprep://rules/image-too-small"} <= uris
    templates = agent.portal.call(agent.client.list_resource_templates).resource_templates
    assert [each.uri_template for each in templates] == [
        "wanprep://targets/{+id}", "wanprep://rules/{+id}"
    ]  # fmt: skip
    for uri in (f"wanprep://targets/{EVOLINK}", "wanprep://rules/image-too-small"):
        (content,) = agent.portal.call(agent.client.read_resource, uri).contents
        assert isinstance(content, types.TextResourceContents)
        assert isinstance(json.loads(content.text), dict)
    with pytest.raises(MCPError, match="Did you mean"):
        agent.portal.call(agent.client.read_resource, "wanprep://rules/image-small")


def started(folder: Path, environment: Mapping[str, str], *options: str) -> subprocess.Popen[str]:
    """Start a server, and shake hands by hand as a client of the protocol before."""
    process = subprocess.Popen(
        [*program(), "mcp", *options], cwd=folder, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    hello = {"protocolVersion": "2025-06-18", "capabilities": {},
             "clientInfo": {"name": "test", "version": "1"}}  # fmt: skip
    assert ask(process, "initialize", hello)["serverInfo"]["name"] == "wanprep"
    say(process, {"method": "notifications/initialized", "params": {}})
    return process


def say(process: subprocess.Popen[str], message: dict[str, Any]) -> None:
    assert process.stdin
    process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    process.stdin.flush()


def ask(process: subprocess.Popen[str], method: str, params: dict[str, Any]) -> Any:
    say(process, {"id": 1, "method": method, "params": params})
    assert process.stdout
    return json.loads(process.stdout.readline())["result"]


def call(process: subprocess.Popen[str], tool: str, **arguments: object) -> tuple[Any, str]:
    """Call a tool, and return its result and what it says."""
    result = ask(process, "tools/call", {"name": tool, "arguments": arguments})
    return result.get("structuredContent"), "\n".join(each["text"] for each in result["content"])


def test_it_ends_with_its_input_and_writes_nothing_but_messages(
    folder: Path, environment: dict[str, str]
) -> None:
    with started(folder, environment, "--write", "new") as process:
        found, _ = call(process, "check", paths=["demo/job.yaml", "glass.png"])
        assert found["summary"]["jobs"] == 1
        assert "Now everything passes" in call(process, "fix", paths=["tiny.png"])[1]
        assert (folder / "new/tiny.png").is_file()  # the folder need not be there before
        out, err = process.communicate(timeout=10)  # closes standard input
    assert (process.returncode, out, err) == (0, "", "")


def test_what_cannot_ask_or_write_says_so_and_ctrl_c_ends_it_at_once(
    folder: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    nothing_sent = environment | {"WANPREP_STATE_DIR": str(tmp_path)}
    with started(folder, nothing_sent, "--allow-spend", "9") as process:
        result, message = call(process, "fix", paths=["glass.png"], targets=[EVOLINK])
        assert result is None
        assert "only reads" in message
        assert "wanprep mcp --write DIR" in message
        plan, _ = call(process, "plan_fix", paths=["glass.png"], targets=[EVOLINK])
        assert [each["outcome"] for each in plan["assets"]] == ["mended"]

        result, message = call(process, "submit", job="demo/job.yaml")
        assert result is None
        assert "cannot ask its user" in message
        assert "wanprep submit demo/job.yaml --max-cost 1.15" in message

        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")
