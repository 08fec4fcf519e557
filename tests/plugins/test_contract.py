"""The bundled providers keep the contract that every plugin is tested with."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanprep.plugins.new_plugin import write_plugin
from wanprep.testing import ProviderContract, TargetContract

pytestmark = pytest.mark.untraced


class SlowContract(ProviderContract):
    """All of them kill the same command: one is enough, most of the time."""

    @pytest.mark.slow
    def test_a_killed_submit_is_not_sent_again(self) -> None:
        super().test_a_killed_submit_is_not_sent_again()


class TestBytePlus(SlowContract):
    plugin = "byteplus"


class TestComfy(SlowContract):
    plugin = "comfy"


class TestDashScope(SlowContract):
    plugin = "dashscope"


class TestEvoLink(ProviderContract):
    plugin = "evolink"


class TestFal(SlowContract):
    plugin = "fal"


class TestKling(SlowContract):
    plugin = "kling"


class TestOxen(SlowContract):
    plugin = "oxen"


class TestReplicate(SlowContract):
    plugin = "replicate"


class TestRunComfy(SlowContract):
    plugin = "runcomfy"


class TestWaveSpeed(SlowContract):
    plugin = "wavespeed"


def test_a_broken_contract_names_the_problem(tmp_path: Path) -> None:
    write_plugin("acme", tmp_path)
    flows = tmp_path / "src/wanprep_acme/flows.py"
    flows.write_text(flows.read_text().replace('"running": "running"', '"running": "failed"'))

    class Broken(ProviderContract):
        plugin = str(tmp_path)

    with pytest.raises(AssertionError, match="given `poll running`, the outcome is `failed`"):
        Broken().test_recorded_states_are_mapped()
    Broken().test_an_order_has_one_paid_request()

    class WithoutFlows(TargetContract):
        plugin = str(tmp_path / "src")

    WithoutFlows().test_targets_have_sources_and_can_be_built()


def test_what_was_not_checked_does_not_pass(tmp_path: Path) -> None:
    write_plugin("acme", tmp_path)
    (tmp_path / "src/wanprep_acme/recorded.json").unlink()

    class Unrecorded(ProviderContract):
        plugin = str(tmp_path)

    with pytest.raises(AssertionError, match="faults was not checked, because of other problems"):
        Unrecorded().test_faults_cost_no_second_job()
