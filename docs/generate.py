"""Write the reference pages from the data that the program itself goes by.

`python docs/generate.py` writes them; with `--check` it only says which are out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wanprep.cli.commands import COMMANDS, cli
from wanprep.cli.limits_table import limit_of, parts, rows, rule_lines, telling
from wanprep.judge.rules import rules
from wanprep.judge.target import all_targets
from wanprep.schemas import load_schema
from wanprep.submit.services.base_address import variables
from wanprep.submit.services.service import load_service

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.judge.bounds import Bound
    from wanprep.judge.target import Target
    from wanprep.submit.services.service import Service

REFERENCE: Final = Path(__file__).parent / "reference"
_NOTE: Final = "<!-- Written by docs/generate.py from the program's own data. Do not edit. -->"
_WIDTH: Final = 90
_VARIABLES: Final = {
    "WANPREP_CACHE_DIR": "where the facts of files are remembered",
    "WANPREP_STATE_DIR": "where the ledger of runs lies",
    "WANPREP_POLL_INTERVAL": "seconds between questions to a provider, in place of the polite ones",
    "NO_COLOR": "any value: no colours",
    "FORCE_COLOR": "any value but 0: colours also where no terminal is",
    "HTTPS_PROXY, HTTP_PROXY, NO_PROXY": "the way out to the network, in capitals or not",
    "SSL_CERT_FILE, SSL_CERT_DIR": "certificates to trust, such as those of a company's proxy",
    "IMAGEIO_FFMPEG_EXE": "another ffmpeg than the one that came along",
    "TMPDIR": "where drafts lie for a moment",
}


def main() -> int:
    """Write all pages, or tell which of them are old."""
    old = [name for name, text in pages().items() if _read(name) != text]
    surplus = sorted(_written() - pages().keys())
    if "--check" in sys.argv:
        sys.stdout.writelines(f"{name} is out of date\n" for name in [*old, *surplus])
        return int(bool(old or surplus))
    for name in surplus:
        (REFERENCE / name).unlink()
    for name in old:
        (REFERENCE / name).parent.mkdir(parents=True, exist_ok=True)
        (REFERENCE / name).write_text(pages()[name], encoding="utf-8")
        sys.stdout.write(f"wrote {name}\n")
    return 0


def _read(name: str) -> str | None:
    file = REFERENCE / name
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _written() -> set[str]:
    """List the generated pages that lie there."""
    files = [file for file in REFERENCE.rglob("*.md") if _NOTE in file.read_text(encoding="utf-8")]
    return {str(file.relative_to(REFERENCE)) for file in files}


def pages() -> dict[str, str]:
    """Return each page by its name below docs/reference."""
    targets = all_targets()
    written = {
        "commands.md": _commands(),
        "configuration.md": _configuration(),
        "environment.md": _environment(targets),
        "rules.md": _rules(targets),
        "targets/index.md": _target_index(targets),
    }
    written |= {f"targets/{_page(each)}": _target(targets[each]) for each in targets}
    return {name: _joined(lines) for name, lines in written.items()}


def _joined(lines: Iterator[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _page(target: str) -> str:
    return target.replace("/", "-") + ".md"


def _rules(targets: Mapping[str, Target]) -> Iterator[str]:
    yield from ("# Rules", "", _NOTE, "")
    yield "What each rule means, why it is one, how to mend it by hand, and where it holds."
    yield "`wanprep explain RULE` says the same in a terminal."
    for name, rule in sorted(rules().items()):
        yield from ("", f"## {name}", "", f"**{rule.title}.** {rule.why}", "")
        yield f"By hand: {rule.by_hand}"
        if rule.fix:
            yield from ("", f"By wanprep: {rule.fix}")
        where = list(dict.fromkeys(rule_lines(name, targets)))
        if where:
            yield from ("", "Where it holds:", "")
            yield from (f"- {_plain(line)}" for line in where)


def _target_index(targets: Mapping[str, Target]) -> Iterator[str]:
    yield from ("# Targets", "", _NOTE, "")
    yield "One model endpoint each. `wanprep targets ID` says the same in a terminal."
    yield from ("", "| target | what it is |", "|---|---|")
    for name in targets:
        yield f"| [{name}]({_page(name)}) | {_plain(targets[name].title)} |"


def _target(target: Target) -> Iterator[str]:
    yield from (f"# {target.id}", "", _NOTE, "", f"{target.title}. {target.summary}")
    for part, schema in parts(target).items():
        groups = list(rows(schema))
        if groups:
            yield from ("", f"## {part.replace('_', ' ').capitalize()}", "")
            yield from ("| limit | severity | rule | who says so |", "|---|---|---|---|")
            yield from (_row(group) for group in groups)
    if target.unchecked:
        yield from ("", "## Cannot be seen from here", "")
        yield from (f"- {_plain(note)}" for note in target.unchecked)


def _row(group: list[Bound]) -> str:
    first = telling(group)
    links = ", ".join(
        f"[{rule}](../rules.md#{rule})" for rule in dict.fromkeys(bound.rule for bound in group)
    )
    source = first.source
    doubt = "" if source.get("confidence") == "documented" else f" ({source.get('confidence')})"
    says = f"[{_cell(source.get('says', ''))}]({source.get('doc', '')}){doubt}"
    return f"| {_cell(limit_of(first))} | {first.severity} | {links} | {says} |"


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|").replace("[", "\\[").replace("]", "\\]")


def _plain(text: str) -> str:
    """Keep what looks like a tag from being one."""
    return text.replace("<", "&lt;")


def _commands() -> Iterator[str]:
    yield from ("# Commands", "", _NOTE, "", "What `--help` says of each.")
    yield from ("", "## wanprep", "", "```text", _help(cli, "wanprep"), "```")
    for name in sorted(COMMANDS):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None  # noqa: S101 - the table names it
        yield from _command(command, f"wanprep {name}", 2)


def _command(command: click.Command, name: str, level: int) -> Iterator[str]:
    yield from ("", f"{'#' * level} {name}", "", "```text", _help(command, name), "```")
    if isinstance(command, click.Group):
        for inner in sorted(command.commands):
            yield from _command(command.commands[inner], f"{name} {inner}", level + 1)


def _help(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name, terminal_width=_WIDTH,
                            help_option_names=["-h", "--help"])  # fmt: skip
    return command.get_help(context).rstrip()


def _configuration() -> Iterator[str]:
    schema = load_schema("config")
    yield from ("# Configuration", "", _NOTE, "", schema["description"])
    yield "It is looked for in the folder where you stand and in those above; the nearest holds."
    yield "`wanprep schema config` prints the JSON Schema."
    for key, told in schema["properties"].items():
        yield from ("", f"## {key}", "", _plain(told["description"]))
        yield from _keys(told)
        if examples := told.get("examples"):
            yield from ("", "```toml", *_toml(key, examples[0]), "```")


def _keys(told: Mapping[str, Any]) -> Iterator[str]:
    if inner := told.get("properties"):
        yield from ("", "| key | what it says | values |", "|---|---|---|")
    for key, value in (inner or {}).items():
        values = ", ".join(f"`{each}`" for each in value.get("enum", [])) or value.get("type", "")
        yield f"| `{key}` | {_cell(value['description'])} | {values} |"


def _toml(key: str, value: object) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{key} = {json.dumps(value)}"
        return
    tables = {name: each for name, each in value.items() if isinstance(each, dict)}
    if len(tables) < len(value):
        yield f"[{key}]"
        yield from (f"{_name(name)} = {json.dumps(each)}" for name, each in value.items()
                    if name not in tables)  # fmt: skip
    for name, each in tables.items():
        yield from _toml(f"{key}.{_name(name)}", each)


def _name(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() else json.dumps(key)


def _environment(targets: Mapping[str, Target]) -> Iterator[str]:
    yield from ("# Environment", "", _NOTE, "", "| variable | what it says |", "|---|---|")
    yield from (f"| {_names(name)} | {says} |" for name, says in _VARIABLES.items())
    yield from ("", "## Providers", "")
    yield "A key may also lie in the system's keyring: `keyring set wanprep PROVIDER`. Another"
    yield "address must begin with https, but for this very machine."
    yield from ("", "| provider | key | another address |", "|---|---|---|")
    names = dict.fromkeys(target.partition("/")[0] for target in targets if target != "wan/2.7")
    yield from (_provider(load_service(name)) for name in names)


def _provider(service: Service) -> str:
    others = dict.fromkeys(
        name for base in service.bases for name in variables(service.name, base)[::-1]
        if len(service.bases) > 1 or not name.endswith(f"_{base.upper()}_BASE_URL")
    )  # fmt: skip
    return f"| {service.title} | {_names(', '.join(service.keys))} | {_names(', '.join(others))} |"


def _names(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


if __name__ == "__main__":
    sys.exit(main())
