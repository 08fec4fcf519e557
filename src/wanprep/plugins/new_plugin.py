"""Create a plugin to start from: it passes its own tests and `wanprep plugin check`."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from wanprep.errors import UsageError
from wanprep.files.atomic import write_new_files
from wanprep.plugins.sketch import Sketch, sketch
from wanprep.published.propose import propose
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.published.propose import Proposal
    from wanprep.published.read import Published

Kind = Literal["provider", "target", "host"]
_TEMPLATE: Final = Path(__file__).with_name("template")
# It becomes part of a package name, a distribution name and environment variables.
_NAME: Final = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def write_plugin(
    name: str, folder: Path, *, published: Published | None = None, kind: Kind = "provider",
    docs: str = "",
) -> list[Path]:  # fmt: skip
    """Write all files of a new plugin, or none if one of them exists.

    `published` is a model's published schema, from which its target and flows are made; `docs` is
    the page that sources name.
    """
    files = _files(check_name(name), kind, published, docs)
    return write_new_files({folder / path: text for path, text in files})


def check_name(name: str) -> str:
    """Return the name if a new provider can have it, else raise a UsageError."""
    if name.startswith(("wanprep_", "wanprep-")):
        raise UsageError(
            f"give the provider's name alone, '{visible(name[8:])}': wanprep_ is added to it."
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{visible(name)}' is not a valid name for a provider: use lower-case letters and"
            " digits, with - or _ between them, such as acme or acme-video."
        )
    if name in _existing_providers():
        raise UsageError(f"a plugin for the provider '{name}' already exists. Use another name.")
    return name


def _existing_providers() -> set[str]:
    from wanprep.rules.target import all_targets

    return {target.partition("/")[0] for target in all_targets()}


def package_of(name: str) -> str:
    """Return the name of a provider's package."""
    return f"wanprep_{name.replace('-', '_')}"


def to_read(name: str, published: Published) -> list[str]:
    """List what a person must still look at in a plugin that was made of a published schema."""
    outline = sketch(published)
    points = [*propose(published, name).to_read]
    points += [f"flows.py: what does the state `{word}` mean?" for word in outline.unknown]
    if not published.polls:
        points.append(f"flows.py: the path of a poll is a guess: {outline.poll}")
    return points


def _files(
    name: str, kind: Kind, published: Published | None, docs: str
) -> Iterator[tuple[str, str]]:
    """List the plugin's files, with their paths below its folder."""
    package = package_of(name)
    proposal = propose(published, name) if published else None
    outline = sketch(published) if published else Sketch()
    values = _values(name, outline, proposal)
    if docs:
        outline, values = replace(outline, docs=docs), {**values, Sketch().docs: docs}
    templates = _TEMPLATE / ("host" if kind == "host" else "provider")
    for file in sorted(templates.rglob("*.txt")):
        path = file.relative_to(templates).as_posix().removesuffix(".txt")
        if (proposal and "/targets/" in path) or (kind == "target" and _is_code(path)):
            continue
        text = file.read_text(encoding="utf-8")
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        if kind == "target":
            text = _without_code(text, name, package)
        yield path.replace("package/", f"{package}/"), text
    targets = f"src/{package}/targets"
    if proposal:
        yield from ((f"{targets}/{file}", text) for file, text in proposal.files().items())
    if kind == "provider":
        yield f"src/{package}/recorded.json", outline.recording(values["@today@"])


def _values(name: str, outline: Sketch, proposal: Proposal | None) -> dict[str, str]:
    package = package_of(name)
    title = name.replace("-", " ").replace("_", " ").title()
    model = proposal.model if proposal else "example"
    states = "\n".join(f'    "{word}": "{state}",' for word, state in outline.states.items())
    intro = (
        "The target is proposed from a published schema: compare it with the documentation."
        if proposal
        else "Everything in here is an example. Replace it in this order:"
    )
    scheme = {"header": outline.key_header, "prefix": ""} if outline.key_header else {}
    return {
        "@name@": name,
        "@package@": package,
        "@dist@": package.replace("_", "-"),
        "@class@": title.replace(" ", ""),
        "@title@": title,
        "@variable@": f"{package.removeprefix('wanprep_').upper()}_API_KEY",
        "@today@": datetime.now(UTC).date().isoformat(),
        "@model@": model,
        "@target@": f"{name}/{model}",
        "@intro@": intro,
        "@states@": states,
        "@submit@": outline.submit,
        "@poll@": outline.poll,
        "@id@": outline.id,
        "@status@": outline.status,
        "@outputs@": outline.outputs,
        "@error@": outline.error,
        "@base@": outline.base,
        "@scheme@": f'    "scheme": {json.dumps(scheme)},\n' if scheme else "",
        "@header@": outline.key_header or "Authorization: Bearer",
        "@docs@": outline.docs,
    }


def _is_code(path: str) -> bool:
    return path.endswith(("__init__.py", "flows.py", "provider.json", "py.typed", "README.md"))


def _without_code(text: str, name: str, package: str) -> str:
    """Take what only code needs out of a project of targets."""
    entry = f'[project.entry-points.wanprep]\n{name} = "{package}"\n\n'
    text = text.replace(entry, "").replace('readme = "README.md"\n', "")
    return text.replace("ProviderContract", "TargetContract")
