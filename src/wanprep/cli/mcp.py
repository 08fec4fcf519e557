"""`wanprep mcp`: checks and fixes as tools for agents."""

from __future__ import annotations

import math
import os
import sys

import click

from wanprep.cli.options import complete_folders
from wanprep.errors import UsageError
from wanprep.text import visible


@click.command(short_help="Serve checks and fixes to an agent, over MCP.")
@click.option("--write", metavar="DIR", shell_complete=complete_folders,
              help="Let `fix` write below DIR.  [default: nothing is written]")  # fmt: skip
@click.option("--allow-spend", "dollars", type=click.FloatRange(min=0, min_open=True),
              metavar="USD", help="Offer `submit` and `runs`, and spend at most USD.")  # fmt: skip
@click.option("--skill", metavar="DIR", shell_complete=complete_folders,
              help="Write the skill for agents to DIR/wanprep, and serve nothing.")  # fmt: skip
def mcp(write: str | None, dollars: float | None, skill: str | None) -> int:
    """Serve checks and fixes to an agent, over the Model Context Protocol on standard input.

    A client starts this command; it ends when the client closes standard input. The tools are
    check, probe, plan_fix, fix, compare, explain and targets. All of them only read, except
    `fix`, which writes new files below DIR. Paths are relative to the folder in which the
    server starts.

    With --allow-spend, an agent may submit jobs as long as their highest prices add up to at most
    USD. The user is asked before each; a client that cannot ask is refused.

    \b
    Examples:
      wanprep mcp                            read only
      wanprep mcp --write ready              fixed files go below ready/
      wanprep mcp --skill .claude/skills     write the skill, once
    """
    if skill is not None:
        from wanprep.mcp.skill import write_skill

        click.echo(write_skill(skill))
        return 0
    if write is not None and os.path.exists(write) and not os.path.isdir(write):
        raise UsageError(f"--write {visible(write)} is a file: name a folder; it need not exist")
    if dollars is not None and not math.isfinite(dollars):
        raise UsageError("--allow-spend takes a sum in USD, such as 5")
    try:
        import mcp as _  # noqa: F401 - whether it is installed
    except ImportError as error:
        raise UsageError(
            "the agent server needs the MCP SDK, which is not installed."
            " Run: pip install 'wanprep[mcp]'"
        ) from error
    if sys.stdin.isatty():
        click.echo("Waiting for an MCP client on standard input. Ctrl-C ends.", err=True)
    from wanprep.mcp.permissions import Allowance, Permissions
    from wanprep.mcp.server import serve

    serve(Permissions(write, Allowance(dollars) if dollars is not None else None))
    return 0
