"""What every provider and every target must do, as test classes to subclass.

    from wanprep.testing import ProviderContract


    class TestAcme(ProviderContract):
        plugin = "wanprep_acme"

The tests run the plugin's flows on the answers in its `recorded.json` and on invalid ones. They are
the checks of `wanprep plugin check`, one test each.
"""

from __future__ import annotations

import os
from functools import cache
from typing import ClassVar

from wanprep.testing.lint.check_plugin import Checked, check_plugin


@cache
def _checked(plugin: str, _folder: str, *, kills: bool) -> Checked:
    return check_plugin(plugin, kills=kills)


def _require_clean(plugin: str, check: str) -> None:
    checked = _checked(plugin, os.getcwd(), kills=check == "crash")
    found = checked.results.get(check)
    if found is None:
        reasons = "\n".join(map(str, checked.problems))
        raise AssertionError(f"{check} was not checked, because of other problems:\n{reasons}")
    if found:
        raise AssertionError("\n".join(map(str, dict.fromkeys(found))))


class TargetContract:
    """For targets without code: a plugin's, by its name or folder, or one JSON file."""

    plugin: ClassVar[str]

    def test_targets_have_sources_and_can_be_built(self) -> None:
        """Every limit has a rule and a source, and every field is in the request schema."""
        _require_clean(self.plugin, "targets")


class ProviderContract(TargetContract):
    """For a plugin with a provider, by its name or folder."""

    def test_data_is_valid(self) -> None:
        """`provider.json` and `recorded.json` match their schemas."""
        _require_clean(self.plugin, "data")

    def test_code_registers_what_the_data_describes(self) -> None:
        """The hooks can be called, and the flows are those of `provider.json`."""
        _require_clean(self.plugin, "registration")

    def test_import_costs_nothing(self) -> None:
        """Importing takes less than half a second, and uses no network or output."""
        _require_clean(self.plugin, "import")

    def test_any_answer_is_understood_refused_or_unclear(self) -> None:
        """Nonsense, refusals and outages raise no other exceptions, and are no jobs."""
        _require_clean(self.plugin, "robustness")

    def test_an_order_has_one_paid_request(self) -> None:
        """`submit` makes exactly one request that may cost money."""
        _require_clean(self.plugin, "order")

    def test_every_role_and_parameter_arrives_in_the_request(self) -> None:
        """Nothing of a job is lost between the body and the request."""
        _require_clean(self.plugin, "arrival")

    def test_recorded_answers_have_their_outcomes(self) -> None:
        """Orders, uploads, cancelling and finding end as they are recorded."""
        _require_clean(self.plugin, "recorded")

    def test_recorded_states_are_mapped(self) -> None:
        """A poll has the recorded state, results and reason."""
        _require_clean(self.plugin, "states")

    def test_unknown_states_end_no_job(self) -> None:
        """A word that is not documented is neither success nor failure."""
        _require_clean(self.plugin, "unknown states")

    def test_flows_use_no_network_output_or_key(self) -> None:
        """Only the driver sends requests, and only it knows the key."""
        _require_clean(self.plugin, "isolation")

    def test_faults_cost_no_second_job(self) -> None:
        """Lost replies, outages and wrong keys over HTTP end as they must."""
        _require_clean(self.plugin, "faults")

    def test_a_killed_submit_is_not_sent_again(self) -> None:
        """A process that is killed amid an order leaves a run that the next one knows."""
        _require_clean(self.plugin, "crash")
