"""`wanprep cache`: what is remembered of files probed before."""

from __future__ import annotations

import click


@click.group(short_help="Show or clear what is remembered of files probed before.")
def cache() -> None:
    """Show or clear what is remembered of files probed before.

    Facts of unchanged files are taken from a small database instead of the file. It lies in
    the system's cache folder, or where WANPREP_CACHE_DIR says. Clearing it is always safe.

    \b
    Examples:
      wanprep cache info
      wanprep cache clear
    """


@cache.command()
def info() -> None:
    """Show where the cache lies and how much is in it.

    \b
    Examples:
      wanprep cache info
    """
    from wanprep.media.cache import Cache
    from wanprep.text import file_size, plural, visible

    with Cache() as memory:
        told = memory.info()
    click.echo(f"{visible(told.path)}\n{plural(told.files, 'file')}, {file_size(told.bytes)}")


@cache.command()
def clear() -> None:
    """Forget all files.

    \b
    Examples:
      wanprep cache clear
    """
    from wanprep.media.cache import clear_cache
    from wanprep.text import file_size, plural

    told = clear_cache()
    click.echo(f"forgot {plural(told.files, 'file')}, {file_size(told.bytes)}")
