"""A problem of a plugin, and the line of the file that it is about."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wanprep.dataclass import dataclass
from wanprep.job.documents import read_documents
from wanprep.job.documents.document import BrokenDocument
from wanprep.pointers import below

if TYPE_CHECKING:
    from wanprep.job.documents.document import Document
    from wanprep.plugins import Provider


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a plugin."""

    file: str  # below the plugin's package: targets/clips.json
    place: str  # in the file: roles.voice; empty for the whole file
    message: str  # a sentence, with how to fix it
    line: int = 0
    word: str = ""  # a string of the code that it is about

    def __str__(self) -> str:
        file = f"{self.file}:{self.line}" if self.line else self.file
        where = f"{file}, {self.place}" if self.place else file
        return f"{where}: {self.message}"


def in_data(problem: Problem, folder: Path) -> Problem:
    """Add the line of a problem in a JSON file."""
    file = folder / problem.file
    if problem.line or not problem.place or file.suffix != ".json" or not file.is_file():
        return problem
    (document,) = read_documents(str(file)).documents
    if isinstance(document, BrokenDocument):
        return problem
    return replace(problem, line=_line_of(document, problem.place))


def _line_of(document: Document, place: str) -> int:
    """Follow the dotted names as far as they lead; a name may have dots itself."""
    pointer, left = "", place.split(".")
    while left:
        for count in range(len(left), 0, -1):
            deeper = below(pointer, ".".join(left[:count]))
            if document.find(deeper) is not None:
                pointer, left = deeper, left[count:]
                break
        else:
            break
    return document.place(pointer).line if pointer else 0


def in_code(problem: Problem, provider: Provider, folder: Path) -> Problem:
    """Name the file and line in which a flow is written, if that can be found."""
    if problem.file != "flows":
        return problem
    flow = problem.place.partition(".")[2].partition(" ")[0]
    code = getattr(getattr(provider, flow, provider.submit), "__code__", None)
    file = Path(code.co_filename) if code else folder
    if code is None or folder not in file.parents:
        return replace(problem, file="code")
    line = _line_with(file, problem.word) or code.co_firstlineno
    return replace(problem, file=file.relative_to(folder).as_posix(), line=line)


def in_line(problem: Problem, line: tuple[str, int] | None) -> Problem:
    """Add the file and line of the plugin's code that is known to be the cause, if one is."""
    return replace(problem, file=line[0], line=line[1]) if line else problem


def _line_with(file: Path, word: str) -> int:
    """Find the first line with a string of the code, such as a service's word for a state."""
    literal = re.compile(rf"""(["']){re.escape(word)}\1""", re.IGNORECASE)
    lines = file.read_text(encoding="utf-8").splitlines() if word else []
    return next((number for number, line in enumerate(lines, 1) if literal.search(line)), 0)
