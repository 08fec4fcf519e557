"""`wanprep cache`: the cache of probed files."""

from __future__ import annotations

import click


@click.group(short_help="Show or clear the cache of probed files.")
def cache() -> None:
    """Show or clear the cache of probed files.

    Facts of unchanged files are read from a database instead of the files. It is in the system's
    cache folder, or in WANPREP_CACHE_DIR. It takes up to 1 GiB, for about two million files, and
    drops those that were not used for longest. Clearing it is always safe.

    \b
    Examples:
      wanprep cache info
      wanprep cache clear
    """


@cache.command()
def info() -> None:
    """Show where the cache is and how much it holds.

    \b
    Examples:
      wanprep cache info
    """
    from wanprep.media.cache import Cache
    from wanprep.text import file_size, plural, visible

    with Cache() as opened:
        contents = opened.info()
    size = file_size(contents.bytes)
    click.echo(f"{visible(contents.path)}\n{plural(contents.files, 'file')}, {size}")


@cache.command()
def clear() -> None:
    """Remove all entries.

    \b
    Examples:
      wanprep cache clear
    """
    from wanprep.media.cache import clear_cache
    from wanprep.text import file_size, plural

    removed = clear_cache()
    click.echo(f"removed {plural(removed.files, 'file')}, {file_size(removed.bytes)}")
