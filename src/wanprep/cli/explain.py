"""`wanprep explain`: what a rule means, why it is one, and how to fix it by hand."""

from __future__ import annotations

from pathlib import Path

import click

from wanprep.cli import completion as completing


@click.command(short_help="Say what a rule means, why, and how to fix it by hand.")
@click.argument("rule", required=False, shell_complete=completing.rules)
def explain(rule: str | None) -> None:
    """Say what RULE means, why it is one, how to fix it by hand, and which targets have it.

    Without RULE all rules are listed.

    \b
    Examples:
      wanprep explain
      wanprep explain video-too-long
    """
    from wanprep.cli.targets import rule_lines
    from wanprep.config import find_config
    from wanprep.rules.finding import find_rule, rules
    from wanprep.rules.target import all_targets
    from wanprep.text import wrapped

    if rule is None:
        width = max(map(len, rules()))
        for name in sorted(rules()):
            click.echo(f"{name:<{width}}  {rules()[name].title}")
        return
    told = find_rule(rule)
    click.echo(f"{told.name}: {told.title}\n")
    for head, text in (("Why", told.why), ("By hand", told.by_hand)):
        click.echo(wrapped(f"{head}: {text}", 80, rest="  "))
    lines = dict.fromkeys(
        rule_lines(told.name, all_targets(find_config(Path.cwd()).target_folders))
    )
    if lines:
        click.echo("\nWhere it holds:")
    for line in lines:
        click.echo(wrapped(line, 80, first="  ", rest="      "))
