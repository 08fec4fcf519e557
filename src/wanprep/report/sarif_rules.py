"""A rule as SARIF describes it: what it means, how to mend it by hand, and who says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wanprep.judge.rules import rules
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.judge.finding import Finding


def sarif_rule(name: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """Describe a rule by its texts and by what was found, the worst finding first."""
    rule = rules()[name]
    mend = " ".join(filter(None, (rule.by_hand, rule.fix)))
    sources = sorted({_source(each) for each in findings if each.source})
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": "\n\n".join((rule.why, mend, *_cited(sources))),
            "markdown": "\n\n".join((rule.why, f"**What to do:** {mend}", *_linked(sources))),
        },
        "defaultConfiguration": {"level": findings[0].severity},
        "properties": {"tags": _tags(findings[0], fixable=bool(rule.fix))},
    }


def _tags(finding: Finding, *, fixable: bool) -> list[str]:
    return ["media" if finding.asset else "job", *(["fixable"] if fixable else [])]


def _source(finding: Finding) -> tuple[str, ...]:
    words = (finding.target, *(finding.source.get(key, "") for key in ("says", "doc", "checked")))
    return tuple(visible(word) for word in words)


def _cited(sources: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for target, says, doc, checked in sources:
        yield f"{target}: {says} ({doc}, read on {checked})"


def _linked(sources: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if sources:
        yield "**Who says so:**"
        yield "\n".join(
            f"- {_plain(target)}: {_plain(says)} ([read on {checked}](<{doc}>))"
            for target, says, doc, checked in sources
        )


def _plain(text: str) -> str:
    """Keep Markdown from reading more into words than they say."""
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", text)
