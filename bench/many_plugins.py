"""Measure what 50 installed plugins cost commands that do not use them.

Each is a provider with one target, as `wanprep plugin new` writes it. `compare` is for the bundled
targets alone; `targets` without an id lists those of the plugins, too. Without the plugins, the
import path has an empty folder in place of theirs.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Final

from measure import Run, console_script, run, summary, table, users_environment

from wanprep.plugins.new_plugin import write_plugin
from wanprep.rules.target import all_targets

_REFS: Final = Path(__file__).parents[1] / "fixtures/demo/refs"
_EVOLINK: Final = "evolink/wan2.7-reference-video"
_JOB: Final = f"""\
prompt: Image 1 walks through the garden of Image 2.
references: [{{image: {_REFS}/hero.jpg}}, {{image: {_REFS}/garden.png}}]
parameters: {{resolution: 1080p, duration: 5}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="of each command (default 20)")
    parser.add_argument("--plugins", type=int, default=50, help="how many (default 50)")
    options = parser.parse_args()
    bundled = [each for each in all_targets() if "/" in each and each != "wan/2.7"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "job.yaml").write_text(_JOB, encoding="utf-8")
        site = _install(folder, options.plugins)
        plain = users_environment() | {"WANPREP_CACHE_DIR": f"{folder}/cache"}
        (folder / "empty").mkdir()
        environments = {
            "none": plain | {"PYTHONPATH": str(folder / "empty")},
            "many": plain | {"PYTHONPATH": str(site)},
        }
        rows: list[tuple[str, ...]] = [("", "none", "with", "ratio", "CPU ratio", "target", "")]
        for label, arguments, most in _commands(folder, bundled):
            command = [console_script("wanprep"), *arguments]
            pairs = _run_in_turn(command, environments, folder / "output", options.runs)
            rows.append(_row(label, pairs, most))
    print(f"{options.plugins} plugins; {options.runs} interleaved runs each, medians of pairs\n")
    print(table(rows))


def _install(folder: Path, count: int) -> Path:
    """Write plugins with the metadata of installed ones, side by side in one folder."""
    site = folder / "site"
    for number in range(count):
        name = f"acme{number}"
        write_plugin(name, folder / "new")
        package = folder / "new/src" / f"wanprep_{name}"
        info = site / f"wanprep_{name}-0.1.0.dist-info"
        info.mkdir(parents=True)
        metadata = f"Metadata-Version: 2.1\nName: wanprep-{name}\nVersion: 0.1.0\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        entry = f"[wanprep]\n{name} = wanprep_{name}\n"
        (info / "entry_points.txt").write_text(entry, encoding="utf-8")
        shutil.move(package, site / package.name)
        shutil.rmtree(folder / "new")
    return site


def _commands(folder: Path, bundled: list[str]) -> list[tuple[str, list[str], float]]:
    job, image = str(folder / "job.yaml"), str(_REFS / "garden.png")
    each = [part for target in bundled for part in ("-t", target)]
    return [
        ("--help", ["--help"], 1.02),
        ("check one image", ["check", image, "-t", _EVOLINK], 1.05),
        ("submit --dry-run", ["submit", job, "--dry-run", "-t", _EVOLINK], 1.05),
        ("compare", ["compare", job, *each], 1.05),
        ("targets ID", ["targets", _EVOLINK], 1.05),
        ("targets, with 50 more", ["targets"], 1.05),
    ]


def _run_in_turn(
    command: list[str], environments: dict[str, dict[str, str]], output: Path, count: int
) -> list[tuple[Run, Run]]:
    """Run a command without and with the plugins, in turn; the first pair fills the caches."""
    pairs = []
    for _ in range(count + 1):
        none, many = (run(command, output, each, fine=(0, 1)) for each in environments.values())
        pairs.append((none, many))
    return pairs[1:]


def _row(label: str, pairs: list[tuple[Run, Run]], most: float) -> tuple[str, ...]:
    ratio = statistics.median(many.seconds / none.seconds for none, many in pairs)
    cpu = statistics.median(many.cpu_seconds / none.cpu_seconds for none, many in pairs)
    times = (f"{summary(runs).median * 1000:.0f} ms" for runs in zip(*pairs, strict=True))
    verdict = "met" if ratio <= most else "MISSED"
    return (label, *times, f"{ratio:.2f}", f"{cpu:.2f}", f"<= {most}", verdict)


if __name__ == "__main__":
    main()
