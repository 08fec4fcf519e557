"""All repairs of jobs, in the order in which they are tried: what is sure comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.fix.job.keys import misplaced_keys, misspelt_keys
from wanprep.fix.job.names import dialects
from wanprep.fix.job.native import constants, shapes, voices_by_place, voices_names
from wanprep.fix.job.parameters import ignored_parameters, unknown_parameters
from wanprep.fix.job.shapes import other_shapes
from wanprep.fix.job.surplus import (
    lacking_roles,
    surplus_references,
    surplus_voices,
    voices_of_frames,
)
from wanprep.fix.job.values import nearest_values, spelt_parameters, sure_values

if TYPE_CHECKING:
    from wanprep.fix.job.proposal import Repair

REPAIRS: Final[tuple[Repair, ...]] = (
    misspelt_keys,
    misplaced_keys,
    other_shapes,
    constants,
    shapes,
    voices_names,
    sure_values,
    spelt_parameters,
    dialects,
    voices_of_frames,
    ignored_parameters,
    unknown_parameters,
    surplus_references,
    surplus_voices,
    voices_by_place,
    lacking_roles,
    nearest_values,
)
