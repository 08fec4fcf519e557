"""`wanprep probe`: facts as a table, as JSON, or as a stream of JSON lines."""

from __future__ import annotations

import sys

import click

from wanprep.cli.completing import files
from wanprep.cli.options import reading


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
    from wanprep.cli.facts_table import RENDERERS
    from wanprep.cli.probe_progress import show_probe_progress
    from wanprep.paths import check_paths, files_in
    from wanprep.probe import probe_many

    asked = paths or (".",)
    check_paths(asked)
    named = files_in(asked, sys.stdin.buffer, nul=nul)
    # The rows that appear one by one are progress enough.
    with show_probe_progress(bar=not sys.stdout.isatty()):
        facts = probe_many(named, deep=deep, cache=not no_cache, workers=jobs)
        for piece in RENDERERS[style](facts):
            sys.stdout.write(piece)
    return 0
