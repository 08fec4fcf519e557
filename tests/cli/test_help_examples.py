"""Every command's help ends with examples, and every example is one that the command takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from command_lines import commands, understand

from wanprep.cli.commands import COMMANDS, cli


def all_commands() -> Iterator[tuple[str, click.Command]]:
    yield "wanprep", cli
    waiting = [(f"wanprep {name}", cli.get_command(click.Context(cli), name)) for name in COMMANDS]
    while waiting:
        name, command = waiting.pop()
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            waiting += [(f"{name} {inner}", each) for inner, each in command.commands.items()]


EVERY_COMMAND = [pytest.param(name, command, id=name) for name, command in all_commands()]


@pytest.mark.parametrize(("name", "command"), EVERY_COMMAND)
def test_examples_are_understood(name: str, command: click.Command) -> None:
    _, head, examples = (command.help or "").partition("Examples:\n")
    assert head, f"{name} has no examples"
    # What stands behind two blanks explains.
    written = examples.partition("\n\n")[0].splitlines()
    lines = [re.split(r"(?<=\S) {2,}", line.strip())[0] for line in written]
    found = [arguments for line in lines for arguments in commands(line)]
    assert found
    for arguments in found:
        understand(arguments)
    assert any(f"{name} ".startswith(f"wanprep {arguments[0]} ") or name == "wanprep"
               for arguments in found)  # fmt: skip


@pytest.mark.parametrize(("name", "command"), EVERY_COMMAND)
def test_every_option_says_what_it_does(name: str, command: click.Command) -> None:
    silent = [each.name for each in command.params
              if isinstance(each, click.Option) and not each.help]  # fmt: skip
    assert silent == [], name
