"""`wanprep explain`: what a rule means, why it is one, and how to mend it by hand."""

from __future__ import annotations

import textwrap

import click


@click.command(short_help="Say what a rule means, why, and how to mend it by hand.")
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Say what RULE means, why it is one, how to mend it by hand, and which targets have it.

    Without RULE all rules are listed.

    \b
    Examples:
      wanprep explain
      wanprep explain video-too-long
    """
    from wanprep.check.selection import one_rule
    from wanprep.judge.rules import rules

    if rule is None:
        width = max(map(len, rules()))
        for name in sorted(rules()):
            click.echo(f"{name:<{width}}  {rules()[name].title}")
        return
    told = one_rule(rule)
    click.echo(f"{told.name}: {told.title}\n")
    for head, text in (("Why", told.why), ("By hand", told.mend)):
        click.echo(textwrap.fill(f"{head}: {text}", 80, subsequent_indent="  "))
    _where(told.name)


def _where(rule: str) -> None:
    from wanprep.cli.limits_table import rule_bounds
    from wanprep.judge.message import allowed_by
    from wanprep.judge.target import all_targets

    lines: dict[str, None] = {}
    for target, part, bound in rule_bounds(rule, all_targets()):
        limit = allowed_by(bound.schema, bound.keyword, bound.path)
        says = bound.source.get("says", "")
        lines[f"  {target.id}, {part}: {limit or says} ({bound.severity})"] = None
    if lines:
        click.echo("\nTargets that have it:")
        click.echo("\n".join(lines))
