"""Values as they are written in YAML and in JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wanprep.job.documents.document import Syntax

# What a reader of some YAML, old or new, may take for something else than text.
_NO_TEXT: Final = re.compile(
    r"(?=.*\d)[-+\d_.,:e ]+|[-+_.,: ]*|0[xob][\da-f_]+|\d{4}-\d\d?-\d\d?.*|[-+]?\.(?:inf|nan)"
    r"|y|yes|n|no|on|off|true|false|null|~",
    re.IGNORECASE,
)
_NOT_PLAIN: Final = re.compile(
    r"[-?](?:\s|\Z)|[,\[\]{}#&*!|>'\"%@`:\s]|\Z|.*(?::(?:\s|\Z)|\s#|[\x00-\x1f\x7f-\x9f]|\s\Z)",
    re.DOTALL,
)
_OF_FLOW: Final = re.compile(r"[,\[\]{}]")
# Some readers of YAML end a line at these, also between quotes.
_LINE_ENDS: Final = {0x85: "\\x85", 0x2028: "\\u2028", 0x2029: "\\u2029", 0x7F: "\\x7f"}


def literal(value: Any, syntax: Syntax, like: str = "") -> str:  # noqa: ANN401 - JSON
    """Write a value on one line, in the quotes of what stood there before."""
    if syntax == "json":
        return json.dumps(value, ensure_ascii=False)
    match value:
        case str():
            return _text(value, like[:1])
        case dict():
            members = (f"{literal(key, syntax)}: {literal(each, syntax)}"
                       for key, each in value.items())  # fmt: skip
            return f"{{{', '.join(members)}}}"
        case list():
            return f"[{', '.join(literal(each, syntax) for each in value)}]"
        case _:
            return json.dumps(value)


def _text(text: str, quote: str) -> str:
    if quote == "'" and text.isprintable():
        return f"'{text.replace(quote, quote * 2)}'"
    plain = not _NO_TEXT.fullmatch(text) and not _NOT_PLAIN.match(text)
    if quote != '"' and plain and not _OF_FLOW.search(text):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """Write a text in the quotes that can hold every one of them."""
    return json.dumps(text, ensure_ascii=False).translate(_LINE_ENDS)
