"""`wanprep init`: write a first job, a configuration and a pre-commit hook."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.options import complete_files, complete_targets, yes_option
from wanprep.errors import UsageError, WanprepError
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wanprep.check.first_job import FirstJob
    from wanprep.config import Config
    from wanprep.rules.target import Target

_SCHEMA: Final = ".wanprep/job.schema.json"
_CONFIG: Final = "wanprep.toml"
_HOOK: Final = ".pre-commit-config.yaml"
_HOOK_TEXT: Final = """\
repos:
  - repo: local
    hooks:
      - id: wanprep-check
        name: wanprep check
        entry: wanprep check --changed
        language: system
        types_or: [file, symlink]
        always_run: true
        require_serial: true
"""
_CONFIG_TEXT: Final = """\
# Applies to all files below this folder. `wanprep schema config` describes every key.
targets = [{target}]  # for bare media, and for jobs that name none

# [roles]                       # roles of media that no job uses
# "voices/*" = "voice"
# "starts/*.png" = "first_frame"

# [ignore-in]                   # rules that are not reported in some files
# "old/*" = ["codec-risky"]

# [fix]                         # defaults for `wanprep fix`
# crop = "smart"
# background = "#ffffff"
"""


@click.command(short_help="Write a first job, a configuration and a pre-commit hook.")
@click.option("-t", "--target", metavar="TARGET", shell_complete=complete_targets,
              help="Target of the job; `wanprep targets` lists them.")  # fmt: skip
@click.option("--job", metavar="FILE", shell_complete=complete_files, default="job.yaml",
              show_default=True, help="Write the job to FILE.")  # fmt: skip
@click.option("--config/--no-config", default=None, help=f"Whether to write {_CONFIG}.")
@click.option("--hook/--no-hook", default=None, help=f"Whether to write {_HOOK}.")
@yes_option
def init(target: str | None, job: str, config: bool | None, hook: bool | None, yes: bool) -> int:
    """Write a first job for the images and videos in this folder, a configuration and a hook.

    At a terminal, pick the target from a list. Elsewhere, pass --target, or --yes to take the
    configured one, or else one whose key is set. With --target, nothing is asked: pass
    --config, --hook or --yes to write a configuration and a hook, too.

    The job uses the media in this folder that its target accepts together, in the order of their
    names, or placeholders; what is left out is listed with the reason. A recording belongs to the
    image or video of the same name. A JSON Schema beside the job lets editors complete it. Existing
    files are never overwritten.

    Exit status: 0 done, 2 usage error, 3 internal error.

    \b
    Examples:
      wanprep init
      wanprep init --yes
      wanprep init --target evolink/wan2.7-reference-video --job jobs/first.yaml --no-hook --yes
    """
    from wanprep.config import find_config
    from wanprep.rules.target import all_targets, choose_targets

    if not job.lower().endswith((".yaml", ".yml")):
        raise UsageError("--job FILE must end with .yaml: the job is written as YAML")
    found = find_config(Path.cwd())
    available = all_targets(found.target_folders)
    likely = _likely_target(found, available)
    name = target or (likely if yes else _ask_target(available.titles, likely))
    [chosen] = choose_targets([name], available)
    if not target:
        click.echo(f"target: {chosen.id} (-t names another)", err=True)
    repository = _repository(Path.cwd())
    if config is None:
        config = found.file is None and (
            yes or (not target and _confirm(f"Write {_CONFIG}?", "config"))
        )
    if hook is None:
        hook = repository is not None and (yes or (not target and _wants_hook(repository)))
    _write_job(chosen, job, found)
    if config:
        _write(_CONFIG, _CONFIG_TEXT.format(target=json.dumps(chosen.id)))
    if hook:
        _write_hook(os.path.relpath(repository or Path.cwd()))
    return 0


def _ask_target(titles: Mapping[str, str], likely: str) -> str:
    """Let the user pick from a numbered list; an id is an answer, too."""
    _require_terminal("--target TARGET")
    ids = sorted(titles)
    width = max(map(len, ids))
    for number, name in enumerate(ids, start=1):
        click.echo(f"{number:>3}  {name:<{width}}  {titles[name]}", err=True)
    numbers = {str(number): name for number, name in enumerate(ids, start=1)}
    answer: str = click.prompt(
        "Target, by number or name", type=click.Choice([*numbers, *ids]), default=likely,
        show_choices=False, err=True,
    )  # fmt: skip
    return numbers.get(answer, answer)


def _confirm(question: str, flag: str) -> bool:
    _require_terminal(f"--{flag} or --no-{flag}")
    return click.confirm(question, default=True, err=True)


def _wants_hook(repository: Path) -> bool:
    exists = os.path.lexists(repository / _HOOK)
    return exists or _confirm(f"Write {_HOOK}, to check at each commit?", "hook")


def _require_terminal(instead: str) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"there is no terminal to ask at: pass {instead}, or --yes for the defaults."
            " Nothing was written."
        )


def _likely_target(config: Config, available: Iterable[str]) -> str:
    """Choose the configured target, else one whose key is set, else the default."""
    from wanprep.rules.target import DEFAULT_TARGET
    from wanprep.submit.services.service import Services

    if config.targets:
        return config.targets[0]
    services = Services(config)
    for name in available:
        try:
            keys = services.service(name.partition("/")[0]).keys
        except WanprepError:
            continue
        if any(os.environ.get(key) for key in keys):
            return name
    return DEFAULT_TARGET


def _repository(folder: Path) -> Path | None:
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def _write_job(target: Target, file: str, config: Config) -> None:
    from wanprep.check.first_job import first_job, media_in
    from wanprep.schemas import schema_text

    found = [] if os.path.lexists(file) else media_in(".", sys.stdin.buffer)
    media = [each for each in found if each.readable]
    for each in found:
        if not each.readable:
            click.echo(f"left out: {visible(each.path)}: {each.problem}", err=True)
    job = first_job(target, media, file=file, schema=_SCHEMA, config=config)
    if _write(file, job.text):
        for path, why in job.left_out.items():
            click.echo(f"left out: {visible(path)}: {visible(why)}", err=True)
        if job.rejected:
            command = f"wanprep fix -t {target.id} --plan"
            click.echo(f"What of these can be fixed: {command}", err=True)
        _write(os.path.join(os.path.dirname(file), _SCHEMA), schema_text("job"))
        click.echo(_next_step(job, target, visible(file)), err=True)


def _next_step(job: FirstJob, target: Target, name: str) -> str:
    from wanprep.rules.target import DEFAULT_TARGET

    if job.is_example:
        return f"Its media are placeholders: replace them, then run `wanprep check {name}`."
    if job.errors:
        return (
            f"It has {plural(job.errors, 'error')} for {target.id}: `wanprep check {name}` shows"
            f" them, `wanprep fix {name} --out ready` fixes what can be fixed."
        )
    if target.id == DEFAULT_TARGET:
        return f"It passes for {target.id}. To compare prices: wanprep compare {name}"
    return f"To try it without cost: wanprep submit {name} --emulate --wait"


def _write_hook(root: str) -> None:
    if _write(os.path.normpath(os.path.join(root, _HOOK)), _HOOK_TEXT):
        click.echo("To enable it: pre-commit install", err=True)
    else:
        click.echo(f"To check at each commit, add to its list of repos:\n{_HOOK_TEXT}", err=True)


class _CannotWrite(WanprepError):
    pass


def _write(path: str, text: str) -> bool:
    """Write a new file; return False if there is one already."""
    if os.path.lexists(path):
        click.echo(f"{visible(path)} already exists: unchanged", err=True)
        return False
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise _CannotWrite(
            f"{visible(path)} cannot be written: {error.strerror}."
            " Change to a folder of your own, or name another file with --job."
        ) from error
    click.echo(f"wrote {visible(path)}")
    return True
