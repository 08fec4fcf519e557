"""Tabs where YAML allows them: anywhere but in the indentation.

The scanner of ruamel.yaml refuses every tab outside quotes, also one in the midst of a text,
before a comment or on an empty line. Those are legal, invisible and common.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml.scanner import Scanner

_END_OF_LINE = "\0\r\n#"


class TabScanner(Scanner):
    """A scanner that takes a tab between other things for what it is: white space."""

    def scan_to_next_token(self) -> Any:  # noqa: ANN401 - the scanner's own signature
        """Skip the white space before a token."""
        super().scan_to_next_token()
        while self.reader.peek() == "\t" and not self._indents():
            self._skip_blanks()
            super().scan_to_next_token()

    def scan_plain_spaces(self, indent: Any, start_mark: Any) -> Any:  # noqa: ANN401
        """Keep the white space inside a text; what ends its line is nothing."""
        length = self._blanks()
        blanks = self.reader.prefix(length)
        if "\t" not in blanks:
            return super().scan_plain_spaces(indent, start_mark)
        self._skip_blanks()
        if self.reader.peek() in "\r\n":
            return super().scan_plain_spaces(indent, start_mark)
        return [blanks]

    def _indents(self) -> bool:
        """Tell whether the tab that comes next stands before anything else on its line."""
        at = self.reader.pointer - 1
        while at >= 0 and self.reader.buffer[at] in " \t":
            at -= 1
        begins = at < 0 or self.reader.buffer[at] in "\r\n"
        return begins and self.reader.peek(self._blanks()) not in _END_OF_LINE

    def _blanks(self) -> int:
        length = 0
        while self.reader.peek(length) in " \t":
            length += 1
        return length

    def _skip_blanks(self) -> None:
        self.reader.forward(self._blanks())
