"""Count the mutants of some files that survive some tests.

Each is one small change (a comparison, `and`/`or`, `not`, a number, a returned constant; in JSON a
number, a `const` or a member of an `enum`) in a temporary copy of this checkout. Samples depend
only on the seed, the function and the line's text: moved code has the same mutants.
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
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Position = tuple[int, int]  # line and column in bytes, as ast counts them
Change = tuple[tuple[Position, Position], bytes, str | dict[str, str]]

ROOT: Final = Path(__file__).resolve().parent.parent
SKIPPED: Final = (".git", ".venv", "__pycache__", ".*_cache", "dist", "node_modules")
COMPARISONS: Final = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
BOOLEANS: Final = {"and": "or", "or": "and"}


class Mutant(NamedTuple):
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
            code = re.sub(rb"#.*", lambda each: b" " * len(each[0]), source[start:end])
            if found := re.search(pattern, code, re.DOTALL):
                end, start = start + found.end(), start + found.start()
                line, old = source.count(b"\n", 0, start), source[start:end].decode()
                text = lines[line].decode().strip()
                change = new if isinstance(new, str) else new[old]
                key, shown = f"{scope}|{text}|{old}>{change}", f"{old} -> {change}: {text}"
                content = source[:start] + change.encode() + source[end:]
                yield Mutant(file, str(line + 1), key, shown, content)


def scoped(node: ast.AST, scope: str) -> Iterator[tuple[str, ast.AST]]:
    """Walk a tree, with the name of the function or class around each node."""
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        inner: str = getattr(child, "name", scope) if named else scope
        yield inner, child
        yield from scoped(child, inner)


def changes(node: ast.AST) -> Iterator[Change]:
    """List the changes to a node: the part of the source, the pattern in it, the new text."""
    match node:
        case ast.Compare(left=left, comparators=others):
            for one, other in pairwise([left, *others]):
                yield (span(one)[1], span(other)[0]), rb"[<>=!]=|[<>]", COMPARISONS
        case ast.BoolOp(values=values):
            for one, other in pairwise(values):
                yield (span(one)[1], span(other)[0]), rb"\b(?:and|or)\b", BOOLEANS
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield (span(node)[0], span(operand)[0]), rb".+", ""
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            for step in (1, -1):
                yield span(node), rb"^\d[\w.+-]*$", f"({value + step})"
        case ast.Return(value=ast.Constant(value=bool() | str() | None as value) as given):
            new = repr(not value) if isinstance(value, bool) else "'mutant'"
            yield span(given), rb".+", new


def span(node: ast.expr) -> tuple[Position, Position]:
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)


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
    match old:
        case bool() | str() if pointer.endswith("/const"):
            return ["mutant" if isinstance(old, str) else not old]
        case int() if not isinstance(old, bool):
            return [old + 1, old - 1]
        case float():
            return [old * 1.01, old * 0.99]
        case list() if pointer.endswith("/enum"):
            return [[each for each in old if each != one] for one in old] + [[*old, "mutant"]]
    return []


def mutants(files: list[str], sample: int, seed: int) -> list[Mutant]:
    """Choose some of all mutants, by a hash of what each one changes."""
    found: list[tuple[str, Mutant]] = []
    counts: Counter[str] = Counter()
    for file in files:
        make = json_mutants if file.endswith(".json") else python_mutants
        for mutant in make(file, (ROOT / file).read_bytes()):
            counts[mutant.key] += 1
            ranked = sha256(f"{seed}|{mutant.key}|{counts[mutant.key]}".encode()).hexdigest()
            found.append((ranked, mutant))
    return [mutant for _, mutant in sorted(found, key=lambda each: each[0])][: sample or None]


def run_tests(copy: Path, tests: list[str], limit: float | None, **settings: str) -> int | None:
    """Run the tests in a copy: pytest's exit status, None where they take too long."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    path = os.pathsep.join([str(copy / "src"), str(copy / "plugins")])
    environment = os.environ | {"PYTHONPATH": path} | settings
    try:
        return subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, check=False, timeout=limit
        ).returncode
    except subprocess.TimeoutExpired:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="Python or JSON files, from the top folder")
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--sample", type=int, default=0, help="0: all of them")
    for name in ("--seed", "--jobs"):
        parser.add_argument(name, type=int, default=1)
    options = parser.parse_args()
    chosen = mutants(options.files, options.sample, options.seed)
    copies: queue.Queue[Path] = queue.Queue()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for number in range(options.jobs):
            copies.put(copy := Path(folder, str(number)))
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*SKIPPED), symlinks=True)
            began = time.monotonic()
            if run_tests(copy, options.tests, None) != 0:
                sys.exit("the tests do not pass without any mutant")
        limit = 20 + 5 * (time.monotonic() - began)

        def test(mutant: Mutant) -> int | None:
            file = (copy := copies.get()) / mutant.file
            original, times = file.read_bytes(), file.stat()
            file.write_bytes(mutant.content)
            try:
                # No bytecode: the next mutant may have the same size and time stamp.
                return run_tests(copy, options.tests, limit, PYTHONDONTWRITEBYTECODE="1")
            finally:
                file.write_bytes(original)
                os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
                copies.put(copy)

        with ThreadPoolExecutor(options.jobs) as executor:
            results = list(zip(chosen, executor.map(test, chosen), strict=True))
    for file in options.files:
        of_file = [(mutant, status == 0) for mutant, status in results if mutant.file == file]
        survivors = [mutant for mutant, survived in of_file if survived]
        print(f"{file}: {len(of_file) - len(survivors)} killed, {len(survivors)} survived")
        for mutant in survivors:
            print(f"    {file}:{mutant.place}: {mutant.change}")
    counts = Counter(status for _, status in results)
    print(f"{len(chosen) - counts[0]} of {len(chosen)} killed, {counts[None]} by the time limit")


if __name__ == "__main__":
    main()
