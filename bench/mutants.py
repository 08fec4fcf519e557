"""Count the mutants of some files that some tests let live.

Each mutant is one small change (a comparison, `and`/`or`, `not`, a number, a returned constant; in
JSON a number, a `const` or a member of an `enum`) in a temporary copy of this checkout.
Sampling depends on the seed, the function and the text of the line, not on file names or line
numbers, so that the same mutants are chosen after code has moved.

    python bench/mutants.py src/wanprep/judge/bounds.py --tests tests/judge --sample 60 --jobs 2
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Position = tuple[int, int]  # line and column in bytes, as ast counts them
Change = tuple[tuple[Position, Position], bytes, str | dict[str, str]]

ROOT: Final = Path(__file__).resolve().parent.parent
SKIPPED: Final = (".git", ".venv", "__pycache__", ".*_cache", "dist", "node_modules")
COMPARISONS: Final = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
BOOLEANS: Final = {"and": "or", "or": "and"}


@dataclass(frozen=True)
class Mutant:
    """One changed file."""

    file: str
    place: str  # a line number, or a pointer into JSON
    key: str  # of the sampling: the function and the text of the line, and what changes in it
    change: str
    content: bytes


def python_mutants(file: str, source: bytes) -> Iterator[Mutant]:
    lines = source.splitlines(keepends=True)
    starts = [0, *accumulate(len(line) for line in lines)]
    for scope, node in scoped(ast.parse(source), "module"):
        for part, pattern, new in changes(node):
            start, end = (starts[line - 1] + column for line, column in part)
            found = re.search(pattern, without_comments(source[start:end]), re.DOTALL)
            if found is None:
                continue
            end, start = start + found.end(), start + found.start()
            text = lines[source.count(b"\n", 0, start)].decode().strip()
            old = source[start:end].decode()
            change = new if isinstance(new, str) else new.get(old, "")
            yield Mutant(
                file=file,
                place=str(source.count(b"\n", 0, start) + 1),
                key=f"{scope}|{text}|{old}>{change}",
                change=f"{old} -> {change or 'nothing'}: {text}",
                content=source[:start] + change.encode() + source[end:],
            )


def without_comments(source: bytes) -> bytes:
    return re.sub(rb"#.*", lambda each: b" " * len(each[0]), source)


def scoped(node: ast.AST, scope: str) -> Iterator[tuple[str, ast.AST]]:
    """Walk a tree, with the name of the function or class around each node."""
    for child in ast.iter_child_nodes(node):
        inner = scope
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = child.name
        yield inner, child
        yield from scoped(child, inner)


def changes(node: ast.AST) -> Iterator[Change]:
    """List what can be changed about a node: the part of the source, what in it, the new text."""
    match node:
        case ast.Compare(left=left, comparators=others):
            for one, other in pairwise([left, *others]):
                yield (end_of(one), start_of(other)), rb"[<>=!]=|[<>]", COMPARISONS
        case ast.BoolOp(values=values):
            for one, other in pairwise(values):
                yield (end_of(one), start_of(other)), rb"\b(?:and|or)\b", BOOLEANS
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield (start_of(node), start_of(operand)), rb".+", ""
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            for step in (1, -1):
                yield (start_of(node), end_of(node)), rb".+", f"({value + step})"
        case ast.Return(value=ast.Constant(value=bool() | str() | None as value) as given):
            new = repr(not value) if isinstance(value, bool) else "'mutant'"
            yield (start_of(given), end_of(given)), rb".+", new


def start_of(node: ast.expr) -> Position:
    return node.lineno, node.col_offset


def end_of(node: ast.expr) -> Position:
    return node.end_lineno or 0, node.end_col_offset or 0


def json_mutants(file: str, source: bytes) -> Iterator[Mutant]:
    data = json.loads(source)
    for holder, key, pointer in values(data, ""):
        old = holder[key]
        for new in json_changes(old, pointer):
            holder[key] = new
            change = f"{json.dumps(old)} -> {json.dumps(new)}"
            content = json.dumps(data, indent=2, ensure_ascii=False).encode()
            yield Mutant(file, pointer, f"{pointer}|{change}", change, content)
        holder[key] = old


def values(node: object, pointer: str) -> Iterator[tuple[Any, Any, str]]:
    if isinstance(node, dict | list):
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            if key not in {"x-source", "x-rule", "examples"}:
                yield node, key, f"{pointer}/{key}"
                yield from values(value, f"{pointer}/{key}")


def json_changes(old: object, pointer: str) -> list[Any]:
    if isinstance(old, bool):
        return [not old] if pointer.endswith("/const") else []
    if isinstance(old, int):
        return [old + 1, old - 1]
    if isinstance(old, float):
        return [old * 1.01, old * 0.99]
    if isinstance(old, str):
        return ["mutant"] if pointer.endswith("/const") else []
    if isinstance(old, list) and pointer.endswith("/enum"):
        return [[each for each in old if each != one] for one in old] + [[*old, "mutant"]]
    return []


def mutants(files: list[str], sample: int, seed: int) -> list[Mutant]:
    """Choose some of all mutants, by a hash of what each one changes."""
    found: list[tuple[str, Mutant]] = []
    counts: Counter[str] = Counter()
    for file in files:
        source = (ROOT / file).read_bytes()
        make = json_mutants if file.endswith(".json") else python_mutants
        for mutant in make(file, source):
            counts[mutant.key] += 1
            ranked = sha256(f"{seed}|{mutant.key}|{counts[mutant.key]}".encode()).hexdigest()
            found.append((ranked, mutant))
    chosen = [mutant for _, mutant in sorted(found, key=lambda each: each[0])]
    return chosen[:sample] if sample else chosen


def run_tests(copy: Path, tests: list[str], limit: float | None, **settings: str) -> int | None:
    """Run the tests in a copy: pytest's exit status, None where they take too long."""
    path = os.pathsep.join([str(copy / "src"), str(copy / "plugins")])
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": path} | settings
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, check=False, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def survives(mutant: Mutant, copy: Path, tests: list[str], limit: float) -> bool:
    file = copy / mutant.file
    original, times = file.read_bytes(), file.stat()
    file.write_bytes(mutant.content)
    try:
        # No bytecode: it would be taken for that of the next mutant of the same size and second.
        return run_tests(copy, tests, limit, PYTHONDONTWRITEBYTECODE="1") == 0
    finally:
        file.write_bytes(original)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="Python or JSON files, from the top folder")
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--sample", type=int, default=0, help="0: all of them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    chosen = mutants(options.files, options.sample, options.seed)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: queue.Queue[Path] = queue.Queue()
        for number in range(options.jobs):
            copy = Path(folder, str(number))
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*SKIPPED), symlinks=True)
            copies.put(copy)
            began = time.monotonic()
            if run_tests(copy, options.tests, None) != 0:
                sys.exit("the tests do not pass without any mutant")
            limit = 20 + 5 * (time.monotonic() - began)

        def judged(mutant: Mutant) -> bool:
            copy = copies.get()
            try:
                return survives(mutant, copy, options.tests, limit)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(options.jobs) as executor:
            results = list(zip(chosen, executor.map(judged, chosen), strict=True))
    total: Counter[str] = Counter(mutant.file for mutant in chosen)
    alive: Counter[str] = Counter(mutant.file for mutant, lives in results if lives)
    for file in options.files:
        print(f"{file}: {total[file] - alive[file]} killed, {alive[file]} survived")
        for mutant, lives in results:
            if lives and mutant.file == file:
                print(f"    {file}:{mutant.place}: {mutant.change}")
    print(f"{len(chosen) - alive.total()} of {len(chosen)} killed")


if __name__ == "__main__":
    main()
