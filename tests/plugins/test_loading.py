from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Final

import httpx
import pytest

from wanprep.emulator import Emulator
from wanprep.errors import PluginWarning, UsageError
from wanprep.plugins.loading import (
    Plugins,
    emulators,
    installed,
    load,
    load_emulators,
    load_hosts,
)

HOOK = "from wanprep.plugins import hookimpl\n@hookimpl\n"
GOOD = """
from wanprep.plugins import Provider, hookimpl

def submit(order):
    raise AssertionError

@hookimpl
def wanprep_register_providers(register):
    register(Provider(name={name!r}, submit=submit, poll=submit))

@hookimpl
def wanprep_register_hosts(register):
    register({scheme!r}, submit)
"""

EMULATED = """
from wanprep.emulator import Route, Site, json_reply
from wanprep.plugins import hookimpl

def jobs(state, request, name):
    return json_reply({{"id": name}})

def error(error):
    return json_reply({{"problem": error.message}}, error.status)

@hookimpl
def wanprep_register_emulators(register):
    routes = (Route("GET", "/jobs/{{name}}", jobs, "poll"),)
    register(Site(name={name!r}, key_variable="OWN_KEY", routes=routes, error=error))
"""

BUNDLED: Final = {
    file.parent.name.removeprefix("wanprep_")
    for file in (Path(__file__).parents[2] / "plugins").glob("wanprep_*/provider.json")
}


def plugins(folder: Path, monkeypatch: pytest.MonkeyPatch, **sources: str) -> Plugins:
    """Write modules as other authors do, and load them together."""
    monkeypatch.syspath_prepend(folder)
    points = []
    for name, source in sources.items():
        module = f"wanprep_plugin_of_{folder.name}_{name}".replace("-", "_")
        (folder / f"{module}.py").write_text(source)
        points.append(EntryPoint(name, module, "wanprep"))
    return load(points).load_all()


def test_engines_of_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = HOOK + "def wanprep_register_engines(register): register('slurm', print)"
    found = plugins(tmp_path, monkeypatch, cluster=source, other=source)

    assert [*found.engines] == ["slurm"]
    assert "the engine 'slurm' is already registered by the plugin" in found.broken["other"]


def test_bundled_plugins() -> None:
    assert sorted(installed().load_all().providers) == sorted(BUNDLED)
    assert load_hosts() == {}
    assert {site.name for site in load_emulators()} == BUNDLED
    assert installed().broken == {}
    assert installed().provider("oxen").name == "oxen"


def test_other_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = plugins(tmp_path, monkeypatch, own=GOOD.format(name="own", scheme="own"))
    assert (list(found.providers), list(found.hosts), found.broken) == (["own"], ["own"], {})


def test_another_plugins_emulator_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = plugins(tmp_path, monkeypatch, own=EMULATED.format(name="own-name"))
    with Emulator(emulators(found)) as emulator:
        base = emulator.environment["WANPREP_OWN_NAME_BASE_URL"]
        key = {"Authorization": f"Bearer {emulator.environment['OWN_KEY']}"}
        answers = [
            httpx.get(f"{base}{path}", headers=headers, trust_env=False)
            for path, headers in (("/jobs/a%20b", key), ("/jobs/a", {}), ("/strange", key))
        ]
        emulator.switch("poll-error")
        disturbed = httpx.get(f"{base}/jobs/a", headers=key, trust_env=False)
    assert base == f"{emulator.url}/own-name"
    assert [answer.status_code for answer in (*answers, disturbed)] == [200, 401, 404, 503]
    assert answers[0].json() == {"id": "a b"}
    assert answers[2].json() == {"problem": "there is no GET /own-name/strange"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(
            HOOK + "def wanprep_register_emulators(register): import no_such_module",
            "No module named 'no_such_module'",
            id="fails when called",
        ),
        pytest.param(
            HOOK + "def wanprep_register_emulators(register): register('b')",
            "'prefix'",
            id="registers something else",
        ),
        pytest.param(
            EMULATED.format(name="a"), "/a is already emulated by another plugin", id="name taken"
        ),
    ],
)
def test_a_broken_emulator_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    first, last = EMULATED.format(name="a"), EMULATED.format(name="c")
    found = plugins(tmp_path, monkeypatch, a=first, b=source, c=last)
    assert found.broken == {}, "the hook is not called before an emulator is needed"
    assert [site.name for site in emulators(found)] == ["a", "c"]
    assert found.broken["b"].startswith("cannot emulate its provider: ")
    assert message in found.broken["b"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("import nothing_of_this_name", "No module named", id="cannot be imported"),
        pytest.param("raise ValueError", "ValueError", id="raises without a message"),
        pytest.param("raise SystemExit", "it ends the program", id="ends the program"),
        pytest.param(
            GOOD.format(name="half", scheme="half") + "    raise GeneratorExit",
            "GeneratorExit",
            id="fails after it has registered something",
        ),
        pytest.param(
            HOOK + "def wanprep_register_provider(register): ...",
            "wanprep_register_provider",
            id="a misspelt hook",
        ),
        pytest.param(
            HOOK + "def wanprep_register_hosts(registre): ...",
            "registre",
            id="a misspelt argument",
        ),
        pytest.param(
            HOOK + "def wanprep_register_hosts(register): 1 / 0",
            "division by zero",
            id="fails when called",
        ),
        pytest.param(
            GOOD.format(name="good", scheme="other"),
            "the provider 'good' is already registered by the plugin a",
            id="a provider's name is taken",
        ),
        pytest.param(
            GOOD.format(name="other", scheme="good"),
            "the host 'good' is already registered by the plugin a",
            id="a host's scheme is taken",
        ),
    ],
)
def test_a_broken_plugin_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    found = plugins(
        tmp_path,
        monkeypatch,
        a=GOOD.format(name="good", scheme="good"),
        b=source,
        c=GOOD.format(name="last", scheme="last"),
    )
    assert (list(found.providers), list(found.hosts)) == (["good", "last"], ["good", "last"])
    assert list(found.broken) == ["b"]
    assert message in found.broken["b"]
    with pytest.raises(UsageError, match=r"no plugin can submit to 'x'\. The plugin b cannot"):
        found.provider("x")


def test_an_interrupt_ends_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        plugins(tmp_path, monkeypatch, own="raise KeyboardInterrupt")


def test_a_slow_plugin_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wanprep.plugins.loading.SLOW", 0.0)
    installed.cache_clear()
    with pytest.warns(PluginWarning, match=r"the plugin \w+ takes \d\.\d s to load\. Update"):
        installed().load_all()


def test_emulators_are_imported_only_when_one_is_needed() -> None:
    code = (
        "import sys; from wanprep.plugins.loading import installed; installed().load_all();"
        "print([n for n in sys.modules if 'emulator' in n])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_check_loads_no_plugin() -> None:
    code = (
        "import sys; from wanprep import check; check('fixtures/demo', offline=True);"
        "print([n for n in sys.modules if n.startswith('wanprep_') or n in {'pluggy', 'httpx'}])"
    )
    root = Path(__file__).parents[2]
    assert subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True) == "[]\n"


def test_plugins_can_be_disabled() -> None:
    others = os.environ["WANPREP_DISABLE_PLUGINS"]
    rows = {"oxen, runcomfy": {"oxen", "runcomfy"}, "all": BUNDLED, "": set[str]()}
    code = (
        "import os, sys\n"
        "from wanprep.plugins.loading import installed\n"
        "from wanprep.rules.target import all_targets\n"
        "for os.environ['WANPREP_DISABLE_PLUGINS'] in sys.argv[1:]:\n"
        "    installed.cache_clear()\n"
        "    found = installed().load_all().providers\n"
        "    print(*sorted({each.partition('/')[0] for each in all_targets()}), *sorted(found))"
    )
    command = [sys.executable, "-c", code, *(f"{disabled},{others}" for disabled in rows)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    left = {disabled: sorted(BUNDLED - gone) for disabled, gone in rows.items()}
    assert dict(zip(rows, output.splitlines(), strict=True)) == {
        disabled: " ".join(sorted([*names, "wan"]) + names) for disabled, names in left.items()
    }
