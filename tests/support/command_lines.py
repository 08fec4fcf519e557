"""Command lines in documentation: found among others, and parsed but not run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click

from wanprep.cli.commands import cli

_CONTROL = frozenset("|&;()<>")


def commands(script: str) -> Iterator[list[str]]:
    """Find wanprep commands: also after pipes, in $(...), after assignments."""
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;()<>")
        lexer.whitespace_split = True
        words = [*lexer]
        for start in (at for at, word in enumerate(words) if word == "wanprep"):
            rest = words[start + 1 :]
            end = next((at for at, word in enumerate(rest) if set(word) <= _CONTROL), None)
            yield rest[:end]


def parse(arguments: list[str]) -> None:
    """Parse a command line as the command would; raise click.UsageError if it is invalid."""
    context = click.Context(cli, info_name="wanprep", **cli.context_settings)
    group: click.Group = cli
    while True:
        options, arguments, _ = group.make_parser(context).parse_args(list(arguments))
        if not arguments:
            if group.invoke_without_command or "version" in options:
                return
            raise click.UsageError("a command is missing")
        name, command, arguments = group.resolve_command(context, arguments)
        if command is None:
            raise click.UsageError(f"there is no command {name}")
        if not isinstance(command, click.Group):
            command.make_context("wanprep", list(arguments), parent=context)
            return
        group = command
