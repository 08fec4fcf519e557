from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from wanprep.errors import WrongUse
from wanprep.submit.services.plugins import Plugins, installed, load, load_hosts, load_providers

HOOK = "from wanprep.hookspecs import hookimpl\n@hookimpl\n"
GOOD = """
from wanprep.hookspecs import hookimpl
from wanprep.submit.provider import Provider

def submit(order):
    raise AssertionError

@hookimpl
def wanprep_register_providers(register):
    register(Provider(name={name!r}, submit=submit, poll=submit))

@hookimpl
def wanprep_register_hosts(register):
    register({scheme!r}, submit)
"""


def plugins(folder: Path, monkeypatch: pytest.MonkeyPatch, **sources: str) -> Plugins:
    """Write plugins as strangers do, and load them together."""
    monkeypatch.syspath_prepend(folder)
    points = []
    for name, source in sources.items():
        module = f"wanprep_plugin_of_{folder.name}_{name}".replace("-", "_")
        (folder / f"{module}.py").write_text(source)
        points.append(EntryPoint(name, module, "wanprep"))
    return load(points)


def test_the_bundled_ones_come_as_all_others_do() -> None:
    assert sorted(load_providers()) == ["evolink", "oxen", "runcomfy", "wavespeed"]
    assert load_hosts() == {}
    assert installed().broken == {}
    assert installed().provider("oxen").name == "oxen"


def test_outside_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = plugins(tmp_path, monkeypatch, own=GOOD.format(name="own", scheme="own"))
    assert (list(found.providers), list(found.hosts), found.broken) == (["own"], ["own"], {})


@pytest.mark.parametrize(
    ("source", "says"),
    [
        pytest.param("import nothing_of_this_name", "No module named", id="cannot be imported"),
        pytest.param("raise ValueError", "ValueError", id="raises without words"),
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
            id="fails when asked",
        ),
        pytest.param(
            GOOD.format(name="good", scheme="other"),
            "the provider 'good' is offered by the plugin a already",
            id="a provider's name is taken",
        ),
        pytest.param(
            GOOD.format(name="other", scheme="good"),
            "the host 'good' is offered by the plugin a already",
            id="a host's scheme is taken",
        ),
    ],
)
def test_a_broken_plugin_is_named_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, says: str
) -> None:
    found = plugins(
        tmp_path,
        monkeypatch,
        a=GOOD.format(name="good", scheme="good"),
        b=source,
        c=GOOD.format(name="last", scheme="last"),
    )
    assert {"good", "last"} <= set(found.providers)
    assert list(found.broken) == ["b"]
    assert says in found.broken["b"]
    with pytest.raises(
        WrongUse, match=r"no plugin knows how to submit to 'x'\. The plugin b cannot"
    ):
        found.provider("x")


def test_check_loads_no_plugin() -> None:
    code = (
        "import sys; from wanprep import check; check('fixtures/demo', offline=True);"
        "print([n for n in sys.modules if n.startswith('wanprep_') or n in {'pluggy', 'httpx'}])"
    )
    root = Path(__file__).parents[3]
    assert subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True) == "[]\n"
