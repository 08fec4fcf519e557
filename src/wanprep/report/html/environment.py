"""The templates, and how every value in them is escaped."""

from __future__ import annotations

import json
import os
import unicodedata
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from wanprep import __version__
from wanprep.net.secrets import redact
from wanprep.report.descriptions import details, folder_of, headline, name_of
from wanprep.report.html.contents import STATES
from wanprep.report.html.findings import excerpt, shorten, sorted_groups
from wanprep.report.html.measures import make_ruler, measure_of, measures
from wanprep.report.html.prompt import LONGEST_PROMPT, split_prompt
from wanprep.text import join_words, plural, seconds, visible

# Control characters, halves of surrogate pairs, and the separators that end lines in scripts.
_INVISIBLE: Final = frozenset({"Cc", "Cs", "Cf", "Cn", "Co", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d"  # without them emoji and some scripts fall apart
_LONGEST_PARAMETER: Final = 200


@cache
def make_environment() -> Environment:
    """Return the environment of all templates."""
    environment = Environment(
        loader=PackageLoader(__package__),
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
        LONGEST_PROMPT=LONGEST_PROMPT,
        STATES=STATES,
        sorted_groups=sorted_groups,
        split_prompt=split_prompt,
        version=__version__,
    )
    environment.filters.update(
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
