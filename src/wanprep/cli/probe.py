"""`wanprep probe`: facts as a table, as JSON, or as a stream of JSON lines."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.options import (
    complete_files,
    engine_option,
    format_option,
    open_engine,
    reading_options,
    shard_option,
)
from wanprep.net.secrets import redact_url
from wanprep.text import file_size, json_text, plural, seconds, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wanprep.check.paths import Shard
    from wanprep.media.facts import Facts


@click.command(short_help="Show the properties of media files.")
@click.argument("paths", nargs=-1, shell_complete=complete_files)
@format_option(
    ["table", "json", "jsonl"], "A table, a JSON list, or one JSON object per line.", "table"
)
@shard_option
@engine_option
@reading_options
def probe(
    paths: tuple[str, ...], style: str, shard: Shard | None, engine: str, deep: bool, nul: bool,
    exclude: tuple[str, ...], no_ignore: bool, no_cache: bool, jobs: int | None,
) -> int:  # fmt: skip
    """Show the properties of media files: format, size, duration, codecs, and any problem.

    PATHS are files, folders (searched, except for hidden ones), globs, or URLs: also of objects
    in stores, as s3://bucket/folder/. The default is the current folder; - reads names from
    standard input. Properties come from the content, never from the name. A file that cannot be
    used is reported in `readable` and `problem` and is not an error: the exit status is 0 (2 if a
    path does not exist).

    \b
    Examples:
      wanprep probe clip.mp4
      wanprep probe assets/ --format jsonl | jq 'select(.readable | not)'
      git ls-files -z | wanprep probe -z - --format json
      wanprep probe 's3://bucket/renders/*.mp4' --format jsonl
    """
    from wanprep.check.exclude import exclusions_of
    from wanprep.check.listing import files_in
    from wanprep.check.paths import check_paths, own
    from wanprep.cli.output import show_probe_progress
    from wanprep.config import find_config
    from wanprep.media.workers import probe_in_workers

    paths = paths or (".",)
    check_paths(paths)
    config = find_config(Path.cwd())
    exclusions = exclusions_of(config, exclude, no_ignore=no_ignore)
    found = files_in(paths, sys.stdin.buffer, nul=nul, exclusions=exclusions, stores=config.stores)
    # At a terminal, the rows themselves show the progress.
    with open_engine(engine, jobs) as opened, show_probe_progress(bar=not sys.stdout.isatty()):
        facts = probe_in_workers(
            own(found, shard), deep=deep, cache=not no_cache, workers=jobs,
            allow_hosts=config.allow_hosts, stores=config.stores, engine=opened,
        )  # fmt: skip
        for piece in _RENDERERS[style](map(_without_secrets, facts)):
            sys.stdout.write(piece)
    return 0


def _without_secrets(facts: Facts) -> Facts:
    path = redact_url(facts.path)
    return facts if path == facts.path else replace(facts, path=path)


def _as_table(facts: Iterable[Facts]) -> Iterator[str]:
    count: Counter[str] = Counter()
    for fact in facts:
        count.update({fact.kind: 1, "unreadable": not fact.readable, "files": 1})
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
    """List codecs, and properties that are not the usual ones."""
    yield from _streams(fact)
    if fact.orientation and fact.orientation != 1:
        yield f"EXIF orientation {fact.orientation}"
    if fact.rotation:
        yield f"rotated by {fact.rotation}°"
    if fact.sar and abs(fact.sar - 1) > 0.001:
        yield f"pixels {fact.sar:.4g}:1"
    if fact.kind == "image" and fact.color not in {None, "rgb"}:
        yield str(fact.color)
    if fact.kind != "audio" and (fact.bit_depth or 8) > 8:
        yield f"{fact.bit_depth} bit"
    flags = {"alpha": fact.alpha, "HDR": fact.hdr, "GPS position": fact.gps}
    flags["duration from its header"] = fact.duration_estimated
    yield from (name for name, is_set in flags.items() if is_set)
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
    names = {"image": "image", "video": "video", "audio": "audio file"}
    kinds = [plural(count[kind], name) for kind, name in names.items() if count[kind]]
    if count["other"]:
        kinds.append(f"{count['other']:,} other")
    text = plural(count["files"], "file") + (f": {', '.join(kinds)}" if kinds else "")
    return f"{text}; {count['unreadable']:,} cannot be used" if count["unreadable"] else text


def _as_json(facts: Iterable[Facts]) -> Iterator[str]:
    """Write a JSON list piece by piece, so that memory does not grow with it."""
    opening = "[\n"
    for fact in facts:
        yield f"{opening}  {json_text(fact.as_json())}"
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def _as_json_lines(facts: Iterable[Facts]) -> Iterator[str]:
    for fact in facts:
        yield f"{json_text(fact.as_json())}\n"


_RENDERERS: Final[Mapping[str, Callable[[Iterable[Facts]], Iterator[str]]]] = {
    "table": _as_table,
    "json": _as_json,
    "jsonl": _as_json_lines,
}
