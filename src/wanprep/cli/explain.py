"""`wanprep explain`: what a rule means, why it exists, and how to fix it by hand."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanprep.cli.options import complete_rules, use_color

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.rules.finding import Rule
    from wanprep.rules.limits import RuleLimit


@click.command(short_help="Explain a rule and how to fix it by hand.")
@click.argument("rule", required=False, shell_complete=complete_rules)
def explain(rule: str | None) -> None:
    """Explain RULE: what it means, why, an example, and which targets have it.

    Without RULE all rules are listed.

    \b
    Examples:
      wanprep explain
      wanprep explain video-too-long
    """
    from wanprep.config import find_config
    from wanprep.rules.finding import find_rule, rules
    from wanprep.rules.limits import limits_of_rule
    from wanprep.rules.target import all_targets
    from wanprep.text import two_columns

    if rule is None:
        click.echo(two_columns({name: rules()[name].title for name in sorted(rules())}))
        return
    chosen = find_rule(rule)
    targets = all_targets(find_config(Path.cwd()).target_folders)
    limits = limits_of_rule(chosen.name, targets.usable())
    width = min(shutil.get_terminal_size().columns, 100)
    for line in (*_about(chosen, limits, width), *_example(chosen), *_limits(limits, width)):
        click.echo(line, color=use_color(sys.stdout))


def _about(rule: Rule, limits: Sequence[RuleLimit], width: int) -> Iterator[str]:
    """Return the title, a small table, the reason, and what to do."""
    from wanprep.rules.limits import rule_table
    from wanprep.text import wrap

    yield click.style(f"{rule.name}: {rule.title}\n", bold=True)
    for name, text in rule_table(rule, limits).items():
        yield wrap(text, width, first=f"  {name:<10}", rest=" " * 12)
    for heading, text in (("Why", rule.why), ("Fix by hand", rule.by_hand)):
        yield "\n" + wrap(f"{heading}: {text}", width, rest="  ")


def _example(rule: Rule) -> Iterator[str]:
    from textwrap import indent

    from wanprep.rules.examples import example_of

    example = example_of(rule.name)
    for heading, text in zip(("Before", "After"), example.texts if example else (), strict=False):
        yield click.style(f"\n{heading}", bold=True)
        yield indent(text.rstrip("\n"), "    ")


def _limits(limits: Sequence[RuleLimit], width: int) -> Iterator[str]:
    """List the limits, the targets that have each, and numbered sources."""
    from wanprep.text import wrap

    if limits:
        yield click.style("\nLimits", bold=True)
    sources: dict[str, int] = {}
    for each in limits:
        yield wrap(f"{each.limit} ({each.severity})", width, first="  ", rest="    ")
        numbers = {doc: sources.setdefault(doc, len(sources) + 1) for doc in each.sources.values()}
        by = ", ".join(f"{target} [{numbers[doc]}]" for target, doc in each.sources.items())
        where = f"{', '.join(each.parts)}: " if each.parts else ""
        yield wrap(f"{where}{by}", width, first="      ", rest="        ")
    if sources:
        yield click.style("\nSources", bold=True)
    yield from (f"  [{number}] {doc}" for doc, number in sources.items())
