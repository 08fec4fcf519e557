"""The ending of a result's name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from wanprep.judge.judge_asset import judged
from wanprep.probe.names import extension_format

if TYPE_CHECKING:
    from wanprep.probe.facts import Facts

# Where the usual ending is not the format's own name.
_SUFFIXES: Final = {
    "asf": ".wmv",
    "jpeg": ".jpg",
    "jpeg2000": ".jp2",
    "musepack": ".mpc",
    "tiff": ".tif",
    "wavpack": ".wv",
}


def suffix_of(facts: Facts, result_format: str) -> str:
    """Tell the ending for a format; a name that is true already keeps its own ("photo.JPEG")."""
    own = os.path.splitext(facts.path)[1]
    same = result_format == facts.format and named_truly(facts)
    if own and (same or extension_format(facts.path) == result_format):
        return own
    return _SUFFIXES.get(result_format, f".{result_format}")


def named_truly(facts: Facts) -> bool:
    """Tell whether the judge takes a file's name for true: some formats pass for each other."""
    return bool(judged(facts)["named_truly"])
