"""Targets: one model endpoint each, described by one JSON file and no code.

The file is in a folder `targets` inside a plugin's package. Packages are found by their
name, `wanprep_*`, on the import path and none is imported, so that fifty installed plugins
cost one directory listing. A plugin's file that cannot be used is left out with a warning; one
in a folder of the user's own is a usage error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError, warn_of_plugin
from wanprep.job.roles import Roles, common_roles
from wanprep.rules.finding import shorten, suggestion
from wanprep.text import join_words, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.job.references.dialects import Dialect, ReferenceName
    from wanprep.rules.bounds import Schema
    from wanprep.rules.intent import Intent
    from wanprep.rules.load_target import Listed

BUILT_IN: Final = Path(__file__).parent / "targets"
DEFAULT_TARGET: Final = "wan/2.7"
_PREFIX: Final = "wanprep_"


@dataclass(frozen=True, slots=True, eq=False)  # each is loaded once
class Target:
    """One model endpoint at one provider, and everything that it allows."""

    id: str
    title: str
    summary: str
    docs: tuple[str, ...]
    roles: Mapping[str, Schema]  # what a file in each role must be; see has_role
    job: Schema  # what a whole job must be
    body: Schema  # what a native request body must be, beyond the provider's own schema
    request: Schema | None  # the provider's own schema of that body
    unchecked: tuple[str, ...]  # what cannot be checked on this machine
    data: Mapping[str, Any]  # the file as it is
    file: Path

    @property
    def provider(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    @property
    def provider_title(self) -> str:
        """The provider's own spelling of its name: the part of the title before the colon."""
        return self.title.partition(":")[0]

    def has_role(self, role: str) -> bool:
        """Whether the target takes any file in a role."""
        return self.roles[role].get("not") != {}

    def dialect(self, intent: Intent) -> Dialect:
        """Return how its prompts name the references of a job."""
        return _dialect(self, tuple(asset.role for asset in intent.assets), intent.own_names)

    @property
    def places(self) -> Mapping[str, Any]:
        """The roles that the target itself defines, and where a job names their files."""
        places: Mapping[str, Any] = self.data.get("places", {})
        return places


@lru_cache(256)
def _dialect(
    target: Target, roles: tuple[str, ...], own_names: tuple[tuple[ReferenceName, str], ...]
) -> Dialect:
    from wanprep.job.references.dialects import dialect_of

    known = common_roles().beside([target.places]).references()
    words = (key for key, role in known.items()
             if key not in {"image", "video"} and target.has_role(role.name))  # fmt: skip
    return dialect_of(target.data, words, roles, own_names)


class SeveralTargets(UsageError):
    """A provider is named that has several targets, none of which is the default."""


class PluginTargetError(UsageError):
    """A target of a plugin cannot be used."""


@dataclass(frozen=True, slots=True)
class TargetFile:
    """The file of a target, and the plugin that it comes from."""

    path: Path
    plugin: str | None  # None: built in, or in a folder of the user's own

    def unusable(self, why: str) -> UsageError:
        """Describe what is wrong with the file, and what to do."""
        path = visible(str(self.path))
        what = f"{path}, {why.rstrip('.')}{'' if why.endswith('?') else '.'}"
        if self.plugin:
            return PluginTargetError(
                f"the plugin {self.plugin} has a target that cannot be used: {what} Update or"
                f" uninstall the plugin; `wanprep plugin check {self.plugin}` lists its problems."
            )
        return UsageError(
            f"the target file cannot be used: {what} Fix it: `wanprep schema target` describes it,"
            f" `wanprep plugin check {path}` lists all its problems."
        )


class Targets(Mapping[str, Target]):
    """Targets by id; each file is validated and loaded when its target is used."""

    def __init__(self) -> None:
        self.left_out: dict[TargetFile, str] = {}  # plugins' files, and what is wrong with each
        self.listed: dict[str, Listed] = {}
        self._files: dict[str, TargetFile] = {}
        self._loaded: dict[str, Target] = {}

    def __getitem__(self, name: str) -> Target:
        """Load a target by its id, or the only or default one by the provider's name."""
        if name not in self._files and (ids := self.ids_of(name)):
            [name] = ids if len(ids) == 1 else self._default_of(name, ids)
        if name not in self._files:
            plugin = plugin_name(name.partition("/")[0])
            if any(file.plugin == plugin for file in self.left_out):  # perhaps this is its target
                raise PluginTargetError(
                    f"there is no target '{shorten(name)}'; a target of the plugin {plugin} is left"
                    f" out. `wanprep plugin check {plugin}` lists its problems."
                )
            raise KeyError(name)
        if name not in self._loaded:
            contents = self._require_valid(name)
            self._loaded[name] = _load(self._files[name].path, contents)
        return self._loaded[name]

    def _require_valid(self, name: str) -> str:
        """Return the digest of a target's files, which are valid."""
        file = self._files[name]
        contents = _digest(file.path)
        if why := first_error(file.path, contents):
            raise file.unusable(why)
        return contents

    def __contains__(self, name: object) -> bool:
        return name in self._files or len(self.ids_of(name)) > 0

    def ids_of(self, provider: object) -> list[str]:
        """List the ids of a provider's targets."""
        return [each for each in self if each.partition("/")[0] == provider]

    def _default_of(self, provider: str, ids: Sequence[str]) -> list[str]:
        default = [each for each in ids if self.listed[each].is_default]
        if len(default) != 1:
            raise SeveralTargets(
                f"{provider} has several targets: name one of {join_words(ids, 'or')}"
            )
        return default

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._files))

    def __len__(self) -> int:
        return len(self._files)

    def plugin_of(self, name: str) -> str | None:
        """Return the plugin that a target comes from, if it is from one."""
        return self._files[name].plugin

    @property
    def titles(self) -> dict[str, str]:
        """The titles of all targets, by id."""
        return {name: each.title for name, each in self.listed.items()}

    @cached_property
    def roles(self) -> Roles:
        """All roles that a job may have: the common ones, and those that targets define."""
        places = (self.listed[name].places for name in self)
        return common_roles().beside(each for each in places if each)

    def usable(self) -> Iterator[Target]:
        """Load all targets but those of plugins that cannot be used."""
        return (self[each.id] for each in self.usable_listed())

    def usable_listed(self) -> Iterator[Listed]:
        """List all targets but those of plugins that cannot be used, without loading them."""
        for name in self:
            try:
                self._require_valid(name)
            except PluginTargetError as error:
                warn_of_plugin(self._files[name].plugin or "", str(error))
            else:
                yield self.listed[name]

    def add(self, listed: Listed, file: TargetFile) -> None:
        """Add a target, unless another one has its id."""
        name = listed.id
        if name in self._files:
            owner = self._files[name]
            where = f"the plugin {owner.plugin}" if owner.plugin else visible(str(owner.path))
            self.leave_out(file, f"its id {name} is already that of a target in {where}")
        else:
            self._files[name], self.listed[name] = file, listed

    def leave_out(self, file: TargetFile, why: str) -> None:
        """Warn of a plugin's file that cannot be used; the user's own is a usage error."""
        error = file.unusable(why)
        if not file.plugin:
            raise error
        self.left_out[file] = str(error)
        warn_of_plugin(file.plugin, str(error))


def all_targets(folders: Sequence[Path] = ()) -> Targets:
    """Return all targets by id, those in some folders too."""
    from wanprep.rules.load_target import TargetIndex

    targets = Targets()
    index = TargetIndex()
    by_others: list[tuple[Listed, TargetFile]] = []
    for file in target_files(folders):
        listed = index.entry_of(file.path)
        if not listed.id:
            why = first_error(file.path, _digest(file.path))
            targets.leave_out(file, why or "it cannot be read")
        elif file.plugin and plugin_name(listed.id.partition("/")[0]) != file.plugin:
            by_others.append((listed, file))  # a provider's own plugin comes first
        else:
            targets.add(listed, file)
    index.save()
    for each in by_others:
        targets.add(*each)
    return targets


@lru_cache(64)
def _load(file: Path, _contents: str) -> Target:
    """Load a valid file once for all commands of a process, such as those of an editor."""
    from wanprep.rules.load_target import load_target

    return load_target(file)


def first_error(file: Path, contents: str) -> str:
    """Describe the first error in a target's file; empty for a valid one.

    That a file is valid is remembered by its contents: to validate takes as long as a check.
    """
    if not contents:
        return ""
    from wanprep.media.cache import cache_folder

    mark = os.path.join(cache_folder(), "targets", contents)
    if os.path.exists(mark):
        return ""
    from wanprep.rules.check_target import target_errors

    for error in target_errors(file):
        return str(error)
    with suppress(OSError):
        os.makedirs(os.path.dirname(mark), mode=0o700, exist_ok=True)
        Path(mark).touch()
    return ""


def _digest(file: Path) -> str:
    """Hash all that decides whether a file is valid; nothing does for one that is built in."""
    if file.parent == BUILT_IN:
        return ""  # its validity is tested, and it does not change
    from hashlib import sha256

    digest = sha256(__version__.encode())
    for each in (file, *sorted(file.parent.glob("*.schema.json"))):
        with suppress(OSError):
            contents = each.read_bytes()
            digest.update(f"\0{each.name}\0{len(contents)}\0".encode() + contents)
    return digest.hexdigest()


def target_files(folders: Sequence[Path] = ()) -> Iterator[TargetFile]:
    """List the files of all targets that can be found without importing anything."""
    places = [(BUILT_IN, None), *_plugin_folders(), *_own_folders(folders)]
    for folder, plugin in places:
        for name in _listed(folder):
            if name.endswith(".json") and not name.endswith(".schema.json"):
                yield TargetFile(folder / name, plugin)


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _own_folders(folders: Sequence[Path]) -> Iterator[tuple[Path, None]]:
    if not folders:
        return
    of_plugins = {os.path.realpath(folder) for folder, _ in _plugin_folders()}
    for folder in {os.path.realpath(folder): folder for folder in folders}.values():
        if not folder.is_dir():
            raise UsageError(
                f"there is no folder {visible(str(folder))}: `target-folders` names it."
            )
        if os.path.realpath(folder) not in of_plugins:  # as of a plugin that is being written
            yield folder, None


def is_disabled(plugin: str) -> bool:
    """Whether WANPREP_DISABLE_PLUGINS names a plugin, or all of them."""
    return not {plugin_name(plugin), "all"}.isdisjoint(_disabled())


def _disabled() -> set[str]:
    return {plugin_name(each) for each in os.environ.get("WANPREP_DISABLE_PLUGINS", "").split(",")}


def plugin_name(name: str) -> str:
    """Return the one name of a plugin, given that of its package, distribution or provider."""
    return name.strip().replace("-", "_").removeprefix(_PREFIX)


def _plugin_folders() -> list[tuple[Path, str]]:
    return [(folder / "targets", plugin) for folder, plugin in plugin_packages()]


def plugin_packages() -> list[tuple[Path, str]]:
    """List the packages of plugins on the import path, without importing any."""
    folders, disabled = _folders_on(tuple(sys.path)), _disabled()
    return [
        (folder, plugin)
        for plugin, folder in folders.items()
        if disabled.isdisjoint((plugin, "all"))
    ]


@cache
def _folders_on(path: tuple[str, ...]) -> Mapping[str, Path]:
    found: dict[str, Path] = {}
    for place in path:
        try:
            names = sorted(name for name in os.listdir(place or ".") if name.startswith(_PREFIX))
        except OSError:
            continue
        for name in names:
            if name.isidentifier():  # the first on the path is what import would take
                found.setdefault(plugin_name(name), Path(place, name))
    return found


def choose_targets(
    ids: Sequence[str], targets: Mapping[str, Target], named_in: str = ""
) -> list[Target]:
    """Load targets by id, each once; one that cannot be used is a usage error."""
    for name in ids:
        if problem := target_problem(name, targets):
            raise UsageError(named_in + problem)
    return list(dict.fromkeys(targets[name] for name in ids))


def target_problem(name: str, targets: Mapping[str, Target]) -> str:
    """Explain why a target cannot be used: there is none, or it is that of a broken plugin."""
    try:
        _ = targets[name]
    except KeyError:
        providers = [] if "/" in name else [each.partition("/")[0] for each in targets]
        names = [*providers, *targets]
        return f"there is no target '{shorten(name)}'. {suggestion(name, names, 'targets', 0.5)}"
    except (PluginTargetError, SeveralTargets) as error:
        return str(error)
    return ""
