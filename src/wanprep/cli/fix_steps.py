"""What `wanprep fix` shows and asks: the plan, questions, progress and outcomes."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import click

from wanprep.cli.options import is_quiet
from wanprep.cli.output import style_for
from wanprep.fix.pipeline import FixProgress
from wanprep.fix.plan.plan import VideoRecipe
from wanprep.fix.receipt import outcome_diff, plan_diff, plan_json, receipt
from wanprep.fix.run import preview
from wanprep.report.fix_text import render_outcomes
from wanprep.report.plan_text import render_plan
from wanprep.text import join_words, json_text, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.progress import Progress, TaskID

    from wanprep.check.baseline import Entry
    from wanprep.check.result import Report
    from wanprep.fix.plan.plan import Crop, Options, Plan, ProgressCallback, Trim
    from wanprep.fix.plan_file import Ask, PlannedFile
    from wanprep.fix.request import FixRequest, Outcomes

_Answer = TypeVar("_Answer", bound=str)
_CROP: Final[dict[str, Crop]] = {"p": "pad", "s": "smart", "c": "center"}
_TRIM: Final[dict[str, Trim]] = {"s": "start", "c": "center", "e": "end"}
_ALSO: Final = {"center": ("centre",), "not at all": ("no", "none")}


def show_plan(
    task: FixRequest, baseline: tuple[Entry, ...] | None, style: str, *,
    destination: bool, receipt_file: str | None, diff: bool, fails_on_fix: bool,
) -> int:  # fmt: skip
    """Print what would be done, or with `diff` how the jobs would change; exit as if it were.

    Without a destination, nothing can keep results from their places.
    """
    shown = preview(
        task, baseline, ask_at_terminal() if diff else None,
        destination=destination, receipt_file=receipt_file,
    )  # fmt: skip
    if style == "json":
        click.echo(json_text(plan_json(shown.run, shown.jobs), indent=1))
    elif diff:
        click.echo(plan_diff(shown.jobs), nl=False)
    else:
        look = style_for(sys.stdout)
        sys.stdout.writelines(render_plan(shown.run, shown.jobs, shown.remaining, look))
    return 0 if shown.passes and not (fails_on_fix and shown.has_changes) else 1


def show_outcomes(
    outcomes: Outcomes, remaining: Report | None, style: str, receipt_file: str | None, *,
    diff: bool,
) -> None:  # fmt: skip
    """Print what was done and what remains, or with JSON the receipt."""
    if style == "json":
        click.echo(json_text(receipt(outcomes), indent=1))
        return
    if diff:
        click.echo(outcome_diff(outcomes), nl=False)
    sys.stdout.writelines(render_outcomes(outcomes, remaining, style_for(sys.stdout)))
    if receipt_file and not is_quiet():
        click.echo(f"receipt: {receipt_file}", err=True)


def ask_at_terminal() -> Ask | None:
    """Return what asks, where somebody can answer."""
    return _ask if sys.stdin.isatty() and sys.stderr.isatty() else None


def _ask(path: str, plan: Plan, options: Options) -> Options | None:
    """Ask about each step; one no leaves the file as it is."""
    for step in plan.questions:
        answered = _answer(f"{visible(path)}: {step.words}?", step.name, options)
        if answered is None:
            return None
        options = answered
    return replace(options, yes=True)


def _answer(question: str, step: str, options: Options) -> Options | None:
    if step == "trim" and options.trim is None:
        trim = _choose(f"{question} Keep the [s]tart, [c]enter or [e]nd, or [n]ot at all", _TRIM)
        return replace(options, trim=trim) if trim else None
    if step in {"crop", "pad"} and options.crop is None:
        crop = _choose(f"{question} [p]ad, crop [s]mart or [c]enter, or [n]ot at all", _CROP)
        return replace(options, crop=crop) if crop else None
    return options if click.confirm(question, err=True) else None


def _choose(question: str, answers: Mapping[str, _Answer]) -> _Answer | None:
    chosen = click.prompt(
        question, value_proc=partial(_read_answer, answers), default="n", err=True
    )
    return answers.get(chosen)


def _read_answer(answers: Mapping[str, str], text: str) -> str:
    """Read an answer: its letter or its word, or the beginning of that."""
    words = {**answers, "n": "not at all"}
    begun = text.strip().lower()
    for letter, word in words.items():
        if begun and (begun == letter or word.startswith(begun) or begun in _ALSO.get(word, ())):
            return letter
    choices = join_words([*answers.values(), "no"], "or")
    raise click.UsageError(f"'{text}' is no answer to this. Type {choices}.")


@contextmanager
def show_progress() -> Iterator[FixProgress]:
    """Show bars at a terminal, unless --quiet was given."""
    if is_quiet() or not sys.stderr.isatty():
        yield FixProgress()
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}", markup=False), progress.BarColumn(),
        progress.MofNCompleteColumn(), progress.TimeRemainingColumn(),
    )  # fmt: skip
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


class _Bars(FixProgress):
    """A bar for all files, and one for each video that is being encoded."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._all: TaskID | None = None
        self._videos: dict[str, TaskID] = {}

    def begin(self, files: Sequence[PlannedFile]) -> None:
        self._all = self._bars.add_task("files", total=len(files))

    def start(self, file: PlannedFile) -> ProgressCallback | None:
        if not isinstance(getattr(file.plan, "recipe", None), VideoRecipe):
            return None  # ends before a bar could be read
        path = file.media.path
        bar = self._bars.add_task(visible(os.path.basename(path)), total=100)
        self._videos[path] = bar
        return lambda part: self._bars.update(bar, completed=round(100 * part))

    def end(self, file: PlannedFile) -> None:
        if bar := self._videos.pop(file.media.path, None):
            self._bars.remove_task(bar)
        if self._all is not None:
            self._bars.advance(self._all)
