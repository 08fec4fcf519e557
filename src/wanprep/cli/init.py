"""`wanprep init`: a first job, a configuration and a hook, without a look into any manual."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli import completion as completing
from wanprep.errors import UsageError, WanprepError
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.check.first_job import FirstJob
    from wanprep.config import Config
    from wanprep.rules.target import Target


_SCHEMA: Final = ".wanprep/job.schema.json"


_CONFIG: Final = "wanprep.toml"


_HOOK: Final = ".pre-commit-config.yaml"


@click.command(short_help="Write a first job, a configuration and a hook.")
@click.option("-t", "--target", metavar="TARGET", shell_complete=completing.targets,
              help="Whom the job is for; `wanprep targets` lists them.")  # fmt: skip
@click.option("--job", metavar="FILE", shell_complete=completing.files, default="job.yaml",
              show_default=True, help="Write the job into FILE.")  # fmt: skip
@click.option("--config/--no-config", default=None, help=f"Write {_CONFIG}, or do not.")
@click.option("--hook/--no-hook", default=None, help=f"Write {_HOOK}, or do not.")
@click.option("-y", "--yes", is_flag=True, help="Yes to whatever would be asked.")
def init(target: str | None, job: str, config: bool | None, hook: bool | None, yes: bool) -> int:
    """Write a first job for the images and clips in this folder, a configuration and a hook.

    At a terminal it asks; elsewhere say --target, or --yes. The job names media that lie here and
    that its target takes, or examples to put your own behind. Editors complete it, by a schema
    that is written beside it. No file is ever written over: what is there stays.

    Exit status: 0 done, 2 wrong use, 3 a fault of ours.

    \b
    Examples:
      wanprep init
      wanprep init --yes
      wanprep init --target evolink/wan2.7-reference-video --job jobs/first.yaml --no-hook --yes
    """
    from wanprep.config import find_config
    from wanprep.rules.target import all_targets, choose_targets

    if not job.lower().endswith((".yaml", ".yml")):
        raise UsageError("--job FILE must end with .yaml: that is how the job is written")
    found, options = find_config(Path.cwd()), _Options(yes)
    known = all_targets(found.target_folders)
    name = target or options.target(list(known), _likely(found, known))
    [chosen] = choose_targets([name], known)
    repository = _repository(Path.cwd())
    wants_config = found.file is None if config is None else config
    wants_hook = repository is not None if hook is None else hook
    if config is None and wants_config:
        wants_config = options.agrees(
            f"Write {_CONFIG}, for what holds in this folder?", "--config"
        )
    if hook is None and wants_hook:
        wants_hook = options.agrees(f"Write {_HOOK}, to check at each commit?", "--hook")
    _write_job(chosen, job, found)
    if wants_config:
        _write(_CONFIG, configuration(chosen.id))
    if wants_hook:
        _write_hook(os.path.relpath(repository or Path.cwd()))
    return 0


@dataclass(frozen=True, slots=True)
class _Options:
    """What somebody wants who may be asked, or has said yes to everything."""

    yes: bool

    def target(self, known: list[str], likely: str) -> str:
        if self.yes:
            return likely
        self._need_terminal("--target TARGET")
        for name in known:
            click.echo(f"  {name}", err=True)
        chosen = click.Choice(known)
        answer: str = click.prompt(
            "Target", type=chosen, default=likely, show_choices=False, err=True
        )
        return answer

    def agrees(self, question: str, flag: str) -> bool:
        if self.yes:
            return True
        self._need_terminal(f"{flag} or --no-{flag.removeprefix('--')}")
        return click.confirm(question, default=True, err=True)

    def _need_terminal(self, instead: str) -> None:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError(
                f"there is no terminal to ask at: say {instead}, or --yes to what is usual."
                " Nothing was written."
            )


def _likely(config: Config, known: Iterable[str]) -> str:
    """Take the configured target, else one whose key is set, else what all share."""
    from wanprep.errors import WanprepError
    from wanprep.rules.target import DEFAULT_TARGET
    from wanprep.submit.services.service import Services

    if config.targets:
        return config.targets[0]
    services = Services(config)
    for name in known:
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

    folder = os.path.dirname(file)
    media = [] if os.path.lexists(file) else media_in(".", sys.stdin.buffer)
    schema = os.path.join(folder, _SCHEMA)
    job = first_job(target, media, file=file, schema=_SCHEMA, config=config)
    if _write(file, job.text):
        _write(schema, schema_text("job"))
        click.echo(_next(job, target, file), err=True)


def _next(job: FirstJob, target: Target, file: str) -> str:
    from wanprep.rules.target import DEFAULT_TARGET

    name = visible(file)
    if job.is_example:
        return f"Its media are examples: put your own in their place, then `wanprep check {name}`."
    if job.errors:
        return (
            f"{target.id} would not take it as it is ({plural(job.errors, 'error')}): `wanprep"
            f" check {name}` says why, `wanprep fix {name} --out ready` fixes what can be fixed."
        )
    if target.id == DEFAULT_TARGET:
        return f"It suits all that share {target.id}: `wanprep compare {name}` shows their prices."
    return f"To try it for nothing: wanprep submit {name} --emulate --wait"


def _write_hook(root: str) -> None:

    path = os.path.normpath(os.path.join(root, _HOOK))
    if not _write(path, HOOK):
        click.echo(f"To check at each commit, add to its list of repos:\n{HOOK}", err=True)
    else:
        click.echo("To switch it on: pre-commit install", err=True)


def _write(path: str, text: str) -> bool:

    written = write_new(path, text)
    says = "wrote {}" if written else "{} is there already: left as it is"
    click.echo(says.format(visible(path)), err=not written)
    return written


HOOK = """\
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


def configuration(target: str) -> str:
    """Write a configuration with what is most often wanted, to be filled in."""
    return f"""\
# What holds for all files below this folder. `wanprep schema config` describes every key.
targets = [{json.dumps(target)}]  # for bare media, and for jobs that name none

# [roles]                       # what media are for, where no job says it
# "voices/*" = "voice"
# "starts/*.png" = "first_frame"

# [ignore-in]                   # rules that are not reported in some files
# "old/*" = ["codec-risky"]

# [fix]                         # how `wanprep fix` decides where nothing is said
# crop = "smart"
# background = "#ffffff"
"""


class CannotBegin(WanprepError):
    """A file cannot be written here."""


def write_new(path: str, text: str) -> bool:
    """Write a file, or tell with False that there is one already."""
    if os.path.lexists(path):
        return False
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CannotBegin(
            f"{visible(path)} cannot be written: {error.strerror}."
            " Stand in a folder of your own, or name another file with --job."
        ) from error
    return True
