"""The tools: what each is for, its arguments and results as JSON Schema, and what it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.mcp import reading, spending, writing
from wanprep.mcp.schemas import COMPARISONS, EXPLANATION, PLAN, RUNS, TARGETS, facts_list, published

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wanprep.api.settings import ProgressCallback
    from wanprep.mcp.answers import Answer, Offer
    from wanprep.mcp.permissions import Permissions

    Arguments = Mapping[str, Any]
    Call = Callable[[Arguments, Permissions, ProgressCallback], Answer | Offer]
    Schema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool, in the terms of the protocol."""

    title: str
    description: str
    arguments: Schema  # properties
    required: tuple[str, ...] = ()
    result: Callable[[], Schema]
    call: Call
    reads_only: bool = True
    spends: bool = False  # it is there only where the server may spend

    @property
    def input_schema(self) -> Schema:
        """The schema of its arguments."""
        return {
            "type": "object",
            "properties": self.arguments,
            "required": list(self.required),
            "additionalProperties": False,
        }


def _strings(description: str) -> Schema:
    return {"type": "array", "items": {"type": "string"}, "description": description}


_PATHS: Final = _strings(
    "Job files (YAML or JSON), media files, folders, globs or URLs, relative to the folder of the"
    " server."
) | {"minItems": 1}
_TARGETS: Final = _strings(
    "Ids of targets, such as evolink/wan2.7-reference-video; `targets` lists them. A job's own"
    " target and, for bare media, the configured one is the default."
)
_OFFLINE: Final[Schema] = {
    "type": "boolean", "description": "Do not request the URLs that jobs name."
}  # fmt: skip
_IGNORE: Final = _strings("Rules to leave out.")


def _window(default: int, what: str) -> Schema:
    return {
        "limit": {
            "type": "integer", "minimum": 1, "maximum": 1000, "default": default,
            "description": f"The most {what} to return.",
        },
        "skip": {
            "type": "integer", "minimum": 0, "default": 0,
            "description": f"The {what} to leave out at the beginning, to read the next ones.",
        },
    }  # fmt: skip


_CHOICES: Final[Schema] = {
    "paths": _PATHS,
    "out": {"type": "string", "description": "The folder for the results, which mirrors the"
            " inputs. It must be below the folder of --write, which is the default."},
    "targets": _TARGETS,
    "ignore": _strings("Rules to fix nothing for."),
    "crop": {"enum": ["smart", "center", "pad"], "description": "How to correct an aspect ratio."
             " Ask the user: it changes what is shown."},
    "trim": {"enum": ["start", "center", "end"], "description": "Which part to keep of media that"
             " are too long. Ask the user: it changes what is shown."},
    "background": {"type": "string", "description": "The colour behind transparency and padding:"
                   " #rrggbb or a name. White is the default."},
    "yes": {"type": "boolean", "description": "Make every change that only the owner of a file may"
            " decide on. Ask the user first."},
    "offline": _OFFLINE,
    **_window(25, "files"),
}  # fmt: skip
_RUN_FOLDER: Final[Schema] = {
    "type": "string",
    "description": "The folder for results. It must be below the folder of --write.",
}

TOOLS: Final[Mapping[str, Tool]] = {
    "check": Tool(
        title="Check jobs and media",
        description="Find what a target would reject, cut off, ignore or bill for nothing, before"
        " anything is sent. Each finding says what was found, what is allowed, who says so and, as"
        " `fixable`, whether `fix` fixes it. A verdict is pass, fail or unknown: unknown is not a"
        " pass.",
        arguments={
            "paths": _PATHS,
            "targets": _TARGETS,
            "roles": {
                "type": "object", "additionalProperties": {"type": "string"},
                "description": "Roles of bare media by glob, such as {'voices/*': 'voice'}.",
            },
            "select": _strings("Report only these rules."),
            "ignore": _IGNORE,
            "severity": {"enum": ["note", "warning", "error"], "default": "note",
                         "description": "The lowest severity to report."},
            "offline": _OFFLINE,
            "deep": {"type": "boolean", "description": "Decode whole files, which is slow."},
            **_window(100, "findings and verdicts"),
        },
        required=("paths",),
        result=published("report"),
        call=reading.check,
    ),
    "probe": Tool(
        title="Show the properties of media",
        description="Read the properties of media files: format by content, size in pixels, length,"
        " codecs, alpha, and whether they can be read.",
        arguments={
            "paths": _PATHS,
            "deep": {"type": "boolean", "description": "Decode whole files, which is slow."},
            **_window(100, "files"),
        },
        required=("paths",),
        result=facts_list,
        call=reading.probe,
    ),
    "plan_fix": Tool(
        title="Plan fixes",
        description="Show what `fix` would do to each file and job with the same arguments, with"
        " what it loses, and what the user must decide. Nothing is written.",
        arguments=_CHOICES,
        required=("paths",),
        result=lambda: PLAN,
        call=writing.plan_fix,
    ),
    "fix": Tool(
        title="Fix jobs and media",
        description="Fix what can be fixed with the least loss into new files, check them again,"
        " and return the receipt. Originals stay as they are. Call `plan_fix` first, and ask the"
        " user what it lists as `questions`.",
        arguments=_CHOICES,
        required=("paths",),
        result=published("receipt"),
        call=writing.fix,
        reads_only=False,
    ),
    "compare": Tool(
        title="Compare targets for jobs",
        description="Compare all targets for each job, the best first: whether it fits, what must"
        " be fixed and with what loss, and the estimated price.",
        arguments={"jobs": _PATHS, "targets": _TARGETS, "offline": _OFFLINE,
                   **_window(10, "jobs")},
        required=("jobs",),
        result=lambda: COMPARISONS,
        call=reading.compare,
    ),
    "explain": Tool(
        title="Explain a rule",
        description="Explain a rule: what it means, why it exists, how to fix it by hand, an"
        " example before and after, and its limits with their sources.",
        arguments={"rule": {"type": "string", "description": "Its name, such as image-too-small."}},
        required=("rule",),
        result=lambda: EXPLANATION,
        call=reading.explain,
    ),
    "targets": Tool(
        title="Describe targets",
        description="List all targets (provider/model), or describe one with all its limits,"
        " parameters, price and sources.",
        arguments={"id": {"type": "string", "description": "The target to describe in full."}},
        result=lambda: TARGETS,
        call=reading.targets,
    ),
    "submit": Tool(
        title="Submit a job",
        description="Send one job to its provider, which costs money. It is checked, its price is"
        " compared with what the server may still spend, the user is asked, and it is sent once."
        " The same job is not sent, nor paid for, again.",
        arguments={
            "job": {"type": "string", "description": "A job file."},
            "target": {"type": "string", "description": "Required if the job names several."},
            "wait": {"type": "boolean", "description": "Wait until the job ends, and download its"
                     " result. That takes minutes; `runs` does the same later."},
            "out": _RUN_FOLDER,
        },
        required=("job",),
        result=lambda: RUNS,
        call=spending.submit,
        reads_only=False,
        spends=True,
    ),
    "runs": Tool(
        title="List submitted runs",
        description="List what was submitted, the newest first, with the state of each; on request,"
        " ask the providers for the state, and download results.",
        arguments={
            "ids": _strings("Ids of runs. The default is all."),
            "refresh": {"type": "boolean", "description": "Ask the providers for the state."},
            "out": _RUN_FOLDER,
            **_window(50, "runs"),
        },
        result=lambda: RUNS,
        call=spending.runs,
        reads_only=False,
        spends=True,
    ),
}  # fmt: skip


def offered(permissions: Permissions) -> dict[str, Tool]:
    """Return the tools of a server."""
    return {name: tool for name, tool in TOOLS.items() if permissions.spend or not tool.spends}
