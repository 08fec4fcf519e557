"""`wanprep explain`: what a rule means, why it exists, and how to fix it by hand."""

from __future__ import annotations

from pathlib import Path

import click

from wanprep.cli.completion import complete_rules


@click.command(short_help="Explain a rule and how to fix it by hand.")
@click.argument("rule", required=False, shell_complete=complete_rules)
def explain(rule: str | None) -> None:
    """Explain RULE: what it means, why, how to fix it by hand, and which targets have it.

    Without RULE all rules are listed.

    \b
    Examples:
      wanprep explain
      wanprep explain video-too-long
    """
    from wanprep.config import find_config
    from wanprep.rules.finding import find_rule, rules
    from wanprep.rules.limits import rule_lines
    from wanprep.rules.target import all_targets
    from wanprep.text import two_columns, wrap

    if rule is None:
        click.echo(two_columns({name: rules()[name].title for name in sorted(rules())}))
        return
    chosen = find_rule(rule)
    click.echo(f"{chosen.name}: {chosen.title}\n")
    for heading, text in (("Why", chosen.why), ("Fix by hand", chosen.by_hand)):
        click.echo(wrap(f"{heading}: {text}", 80, rest="  "))
    targets = all_targets(find_config(Path.cwd()).target_folders)
    if lines := dict.fromkeys(rule_lines(chosen.name, targets.usable())):
        click.echo("\nLimits:")
    for line in lines:
        click.echo(wrap(line, 80, first="  ", rest="      "))
