"""`wanprep probe`: facts as a table, as JSON, or as a stream of JSON lines."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.completion import files
from wanprep.cli.options import reading
from wanprep.text import file_size, plural, seconds, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wanprep.media.facts import Facts


@click.command(short_help="Tell what media files really are.")
@click.argument("paths", nargs=-1, shell_complete=files)
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "jsonl"]),
    default="table",
    show_default=True,
    help="A table for people, a JSON list, or one JSON object per line.",
)
@reading
def probe(
    paths: tuple[str, ...], style: str, deep: bool, nul: bool, no_cache: bool, jobs: int | None
) -> int:
    """Tell what media files really are: format, pixels, seconds, codecs, and what is wrong.

    PATHS are files, folders (walked, without hidden ones) or globs; none means the current
    folder, and - reads names from standard input. The facts come from the content, never from
    the name. A file that cannot be used says so in `readable` and `problem`; that is an answer
    and no error, so the exit status is 0 (2 when a path does not exist).

    \b
    Examples:
      wanprep probe clip.mp4
      wanprep probe assets/ --format jsonl | jq 'select(.readable | not)'
      git ls-files -z | wanprep probe -z - --format json
    """
    from wanprep.check.paths import check_paths, files_in
    from wanprep.cli.progress import show_probe_progress
    from wanprep.media import probe_many

    asked = paths or (".",)
    check_paths(asked)
    named = files_in(asked, sys.stdin.buffer, nul=nul)
    # The rows that appear one by one are progress enough.
    with show_probe_progress(bar=not sys.stdout.isatty()):
        facts = probe_many(named, deep=deep, cache=not no_cache, workers=jobs)
        for piece in RENDERERS[style](facts):
            sys.stdout.write(piece)
    return 0


def as_table(facts: Iterable[Facts]) -> Iterator[str]:
    """Write a line per file, its name after what fits in columns; problems stand below."""
    count: Counter[str] = Counter()
    for fact in facts:
        count[fact.kind] += 1
        count["unreadable"] += not fact.readable
        count["files"] += 1
        yield _row(fact)
    yield f"{_summary(count)}\n"


def _row(fact: Facts) -> str:
    pixels = f"{fact.width}x{fact.height}" if fact.width is not None else ""
    length = seconds(fact.duration) if fact.duration is not None else ""
    size = file_size(fact.bytes) if fact.bytes is not None else ""
    details = ", ".join(_details(fact))
    row = f"{fact.format:<8}{pixels:>11} {length:>9} {size:>9}  {visible(fact.path)}"
    row += f"  ({details})\n" if details else "\n"
    if fact.problem:
        row += f"{'':8}{'problem' if fact.readable else 'unreadable'}: {visible(fact.problem)}\n"
    return row


def _details(fact: Facts) -> Iterator[str]:
    """Name what is worth a look, and leave out what is as usual."""
    yield from _streams(fact)
    if fact.orientation and fact.orientation != 1:
        yield f"EXIF orientation {fact.orientation}"
    if fact.rotation:
        yield f"turned by {fact.rotation}°"
    if fact.sar and abs(fact.sar - 1) > 0.001:
        yield f"pixels {fact.sar:.4g}:1"
    if fact.kind == "image" and fact.color not in {None, "rgb"}:
        yield str(fact.color)
    if fact.kind != "audio" and (fact.bit_depth or 8) > 8:
        yield f"{fact.bit_depth} bit"
    flags = {"alpha": fact.alpha, "HDR": fact.hdr, "GPS position": fact.gps}
    yield from (name for name, here in flags.items() if here)
    if fact.animated:
        yield f"animated, {plural(fact.frames or 0, 'frame')}"
    if fact.extension_format and fact.format not in {"unknown", fact.extension_format}:
        yield f"named as {fact.extension_format}"


def _streams(fact: Facts) -> Iterator[str]:
    if fact.video_codec:
        rate = f" {fact.fps:.4g} fps" if fact.fps else ""
        yield f"{fact.video_codec}{rate}{' variable' if fact.vfr else ''}"
    if fact.audio_codec:
        rate = f" {fact.sample_rate / 1000:.4g} kHz" if fact.sample_rate else ""
        count = fact.channels
        channels = {None: "", 1: " mono", 2: " stereo"}.get(count, f" {count} channels")
        yield f"{fact.audio_codec}{rate}{channels}"


def _summary(count: Mapping[str, int]) -> str:
    kinds = [
        plural(count[kind], thing)
        for kind, thing in (("image", "image"), ("video", "video"), ("audio", "sound"))
        if count[kind]
    ]
    if count["other"]:
        kinds.append(f"{count['other']:,} other")
    text = plural(count["files"], "file") + (f": {', '.join(kinds)}" if kinds else "")
    return f"{text}; {count['unreadable']:,} cannot be used" if count["unreadable"] else text


def as_json(facts: Iterable[Facts]) -> Iterator[str]:
    """Write a JSON list, piece by piece, so that a huge folder needs no memory."""
    opening = "[\n"
    for fact in facts:
        yield f"{opening}  {json.dumps(fact.as_json())}"
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def as_json_lines(facts: Iterable[Facts]) -> Iterator[str]:
    """Write one JSON object per line."""
    for fact in facts:
        yield f"{json.dumps(fact.as_json())}\n"


RENDERERS: Final[Mapping[str, Callable[[Iterable[Facts]], Iterator[str]]]] = {
    "table": as_table,
    "json": as_json,
    "jsonl": as_json_lines,
}
