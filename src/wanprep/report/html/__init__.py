"""The report as one page that opens in any browser, from disk, on paper and on a phone.

It loads nothing and runs no script: its policy forbids both.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import unicodedata
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from wanprep import __version__
from wanprep.check.result import join
from wanprep.net.secrets import redact
from wanprep.report.html.cards import make_cards
from wanprep.report.html.descriptions import details, folder_of, headline, name_of
from wanprep.report.html.filters import FILTERS, count_states, empty_messages, name_targets
from wanprep.report.html.findings import excerpt, shorten, sorted_groups
from wanprep.report.html.measures import make_ruler, measure_of, measures
from wanprep.report.html.previews import make_previews
from wanprep.report.html.prompt import LONGEST_PROMPT, split_prompt
from wanprep.report.html.receipts import find_applied_fixes
from wanprep.text import join_words, plural, seconds, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.check.result import Report
    from wanprep.report import Style
    from wanprep.report.html.filters import TargetNames

_POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"
)
# Control characters, halves of surrogate pairs, and the separators that end lines in scripts.
_INVISIBLE: Final = frozenset({"Cc", "Cs", "Cf", "Cn", "Co", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d"  # without them emoji and some scripts fall apart
_LONGEST_PARAMETER: Final = 200
_BUFFERED: Final = 100  # pieces of a template that are written at once


def render(parts: Iterable[Report], style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write the page in ASCII, so that it is correct in any encoding."""
    report = join(parts)
    environment = _environment()
    cards = make_cards(report)
    targets = name_targets(report)
    states = [*(card.states for card in cards.jobs), *(card.states for card in cards.files)]
    files = [card.facts for card in cards.files if card.facts and card.asset.kind == "file"]
    fixes = find_applied_fixes(files)
    originals = [fix.before for fix in fixes.values() if fix.before]
    rules = _style(environment, targets)
    page = environment.get_template("page.html").stream(
        cards=cards,
        counts=count_states(states),
        empty_messages=empty_messages(targets, states),
        fixes=fixes,
        policy=_POLICY.format(base64.b64encode(hashlib.sha256(rules.encode()).digest()).decode()),
        previews=make_previews([*files, *originals]),
        report=report,
        style=Markup(rules),  # noqa: S704 - our own
        targets=targets,
    )
    page.enable_buffering(_BUFFERED)
    for piece in page:
        yield piece.encode("ascii", "xmlcharrefreplace").decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__name__),
        autoescape=True,
        finalize=_finalize,
        keep_trailing_newline=True,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    functions = (details, excerpt, folder_of, headline, make_ruler, measure_of, measures, name_of)
    environment.globals.update({each.__name__: each for each in functions})
    environment.globals.update(
        FILTERS=FILTERS,
        LONGEST_PROMPT=LONGEST_PROMPT,
        sorted_groups=sorted_groups,
        split_prompt=split_prompt,
        version=__version__,
    )
    environment.filters.update(
        base64=lambda data: base64.b64encode(data).decode(),
        basename=os.path.basename,
        dirname=os.path.dirname,
        listed=join_words,
        multiline=_multiline,
        parameter=_parameter,
        plural=plural,
        seconds=seconds,
        shorten=shorten,
    )
    return environment


def _finalize(value: object) -> object:
    """Escape control characters and hide secrets in every value that a template writes."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    value = redact(value)
    if value.isascii() and value.isprintable():
        return value
    return "".join(map(_visible, value))


def _visible(letter: str) -> str:
    if unicodedata.category(letter) in _INVISIBLE and letter not in _JOINERS:
        return visible(letter)
    return letter


def _multiline(text: str) -> Markup:
    """Keep line breaks, which are escaped everywhere else."""
    lines = text.replace("\r\n", "\n").split("\n")
    return Markup("\n").join(escape(_finalize(line)) for line in lines)


def _parameter(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return shorten(redact(text), _LONGEST_PARAMETER)


def _style(environment: Environment, targets: TargetNames) -> str:
    style = resources.files(__name__).joinpath("templates/style.css").read_text(encoding="ascii")
    return style + environment.get_template("filters.css").render(targets=targets)
