"""Explain syntax errors of ruamel.yaml; imported only when a document is broken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

if TYPE_CHECKING:
    from ruamel.yaml.error import StreamMark

_IN_QUOTES: Final = "put quotes around all of it"
# A part of the parser's message; the place to show: where it stopped ("here"), or where what it
# was reading began ("start"); and what it means.
_MESSAGES: Final = (
    (r"character '\\t'", "here", "a tab where only spaces are allowed: indent with spaces"),
    (r"character '(.)' that cannot start", "here",
     f"text cannot begin with {{0}} unless it is in quotes: {_IN_QUOTES}"),
    (r"expected ':'", "start",
     "this is neither `key: value` nor an entry of a list; to continue the text above, indent it"),
    (r"expected ',' or '(.)'", "here",
     "there is no comma here, and no {0} that closes the bracket opened on line {line}"),
    (r"quoted scalar: found unexpected", "start", "the quote that opens here is never closed"),
    (r"unknown escape character", "here",
     "a backslash inside double quotes: write \\\\ or / for it, or use single quotes"),
    (r"escape sequence of (\d)", "here", "this escape needs {0} hexadecimal digits"),
    (r"block scalar: expected", "here",
     "after | or > the text begins on the next line; text that begins with them must be in quotes"),
    (r"block scalar: $", "start",
     "the text below begins with an empty line that is indented deeper than the text itself"),
    (r"scanning an (?:alias|anchor)|tag", "start",
     f"text cannot begin with *, & or ! unless it is in quotes: {_IN_QUOTES}"),
    (r"directive|incompatible YAML", "here",
     "a line that begins with % is a YAML directive, but not one of YAML 1.2: remove it"),
    (r"<document start>", "here",
     "the document is complete before this; a line of three dashes begins another one"),
    (r"after document end", "here", "nothing may follow three dots on their line"),
    (r"sequence entries", "here",
     "a list begins on a line of its own; a text that begins with a dash must be in quotes"),
    (r"mapping keys", "here", f"text cannot begin with a lone ?: {_IN_QUOTES}"),
    (r"node content, but found '<", "here", "a value is missing here"),
    (r"node content, but found '(.*)'", "here",
     "a value is missing before this {0}; text that begins with it must be in quotes"),
    (r"unexpected ':'", "here", f"there is a colon in a text between brackets: {_IN_QUOTES}"),
)  # fmt: skip
_CONFLICT: Final = re.compile(r"^<{7} ", re.MULTILINE)
_KEY_BEFORE: Final = re.compile(r"[ ]*(?:-[ ]+)*(?:[\w$-]+|\"[^\"]*\"|'[^']*')[ ]*:[ ]")
_NO_SPACE: Final = re.compile(r"[ ]*(?:-[ ]+)*[\w$-]+:[^ /]")


def explain_error(error: Exception, text: str) -> tuple[int, str]:
    """Find where in the text the parser stopped, and why."""
    if conflict := _CONFLICT.search(text):
        return conflict.start(), "an unresolved merge conflict: choose one of the two versions"
    if isinstance(error, ReaderError):
        return (
            error.position,
            f"the character U+{error.character:04X} is not allowed in a text file",
        )
    if not isinstance(error, MarkedYAMLError):
        return 0, "the YAML reader cannot parse this document"
    here: StreamMark = error.problem_mark or error.context_mark
    start: StreamMark = error.context_mark or here
    details = f"{error.context or ''}: {error.problem or ''}"
    if "mapping values" in details:
        return here.index, _second_colon(text, here.index)
    if "<block end>" in details:
        return here.index, _block_end(text, here.index)
    for pattern, place, message in _MESSAGES:
        if match := re.search(pattern, details):
            index = start.index if place == "start" else here.index
            return index, message.format(*match.groups(), line=start.line + 1)
    return here.index, f"this is not YAML: {details.strip(': ')}"


def _second_colon(text: str, index: int) -> str:
    """Explain a colon that cannot end a key where it stands, the most common error."""
    before, line = _line_at(text, index)
    if _KEY_BEFORE.match(line):
        return f"a colon and a space begin a value inside this text: {_IN_QUOTES}"
    above = before.rstrip().rpartition("\n")[2]
    if _NO_SPACE.match(above):
        return "the colon in the line above has no space after it: `key: value`"
    return "this key does not belong here: it is indented deeper than the line above allows"


def _block_end(text: str, index: int) -> str:
    """Explain text behind a complete value, or a line with the wrong indentation."""
    _, line = _line_at(text, index)
    if line.strip(" -"):
        return f"this follows a closing quote or bracket; if it belongs to the text, {_IN_QUOTES}"
    return "this line is indented differently from the lines that it belongs to"


def _line_at(text: str, index: int) -> tuple[str, str]:
    """Return the text above a place, and its own line up to it."""
    above, end, line = text[:index].rpartition("\n")
    return above + end, line
