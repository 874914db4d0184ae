"""Discovery, activation and the catalogue of parts: the only caller of pluggy.

Every entry point of the group ``errata`` is loaded on its own, and a broken one is kept with its
reason. Installing a package never changes a result: a run registers for hooks only the domain and the
``plugins`` its recipe names; parts are offers, taken by name.
"""

from __future__ import annotations

import difflib
import importlib.util
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, cast

import pluggy
from pydantic import BaseModel

from errata.errors import ErrataError, PartError, boundary
from errata.hooks import PROJECT, Hooks
from errata.parts import Kind, Part


@dataclass(frozen=True)
class Installed:
    """A plugin that announces itself: its factory, or the reason why it did not load."""

    name: str
    value: str
    package: str
    factory: Callable[..., object] | None
    problem: str = ""

    @property
    def module(self) -> str:
        """The module that the entry point names."""
        return self.value.partition(":")[0]

    def where(self) -> str:
        """File and line of the plugin class, as far as they can be told."""
        if self.factory is None:
            return self.value
        lines = inspect.getsourcelines(self.factory)[1] if inspect.isclass(self.factory) else 1
        return f"{inspect.getsourcefile(self.factory)}:{lines}"


@dataclass(frozen=True)
class Offer:
    """A part and the plugin that offers it."""

    plugin: str
    part: Part


def discover() -> list[Installed]:
    """Every installed plugin, sorted by name."""
    return sorted((_load(point) for point in entry_points(group=PROJECT)), key=lambda p: p.name)


def plugin_packages() -> set[str]:
    """Names of the installed packages that announce a plugin."""
    return {point.dist.name for point in entry_points(group=PROJECT) if point.dist}


def _load(point: EntryPoint) -> Installed:
    package = point.dist.name if point.dist else "?"
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001 a broken plugin is listed, never fatal
        reason = f"{type(error).__name__}: {error}"
        return Installed(point.name, point.value, package, None, reason)
    factory = loaded if callable(loaded) else (lambda: loaded)
    return Installed(point.name, point.value, package, factory)


def recipe_files(installed: Iterable[Installed]) -> dict[str, Path]:
    """Recipes shipped beside plugins (folder ``recipes`` of their package), as ``plugin/name``."""
    return _shipped(installed, "recipes")


def ablation_files(installed: Iterable[Installed]) -> dict[str, Path]:
    """Arms shipped for recipes (folder ``ablations``), by the name of the recipe."""
    return _shipped(installed, "ablations")


def _shipped(installed: Iterable[Installed], kind: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for plugin in installed:
        spec = importlib.util.find_spec(plugin.module.partition(".")[0])
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for path in sorted(Path(folder, kind).glob("*.yaml")):
                found[f"{plugin.name}/{path.stem}"] = path
    return found


class Catalogue:
    """The plugins that are installed and the parts they offer."""

    def __init__(self, installed: Iterable[Installed] | None = None) -> None:
        self.installed = list(discover() if installed is None else installed)

    @cached_property
    def offers(self) -> list[Offer]:
        """Every part of every plugin that loads; a plugin whose offer raises becomes broken."""
        offers: list[Offer] = []
        for place, plugin in enumerate(self.installed):
            if plugin.factory is None:
                continue
            try:
                instance = make_plugin(plugin, None)
                parts = cast(Any, instance).errata_parts() if _offers(instance) else []
            except Exception as error:  # noqa: BLE001 a broken plugin is listed, never fatal
                reason = f"{type(error).__name__}: {error}"
                self.installed[place] = Installed(
                    plugin.name, plugin.value, plugin.package, None, reason
                )
                continue
            offers += [Offer(plugin.name, replace(p, distribution=plugin.package)) for p in parts]
        return offers

    def plugin(self, name: str, asked_by: str) -> Installed:
        """The installed plugin ``name``; ``PartError`` when there is none or it did not load."""
        found = [plugin for plugin in self.installed if plugin.name == name]
        if len(found) > 1:
            packages = " and ".join(sorted(plugin.package for plugin in found))
            raise PartError(
                f"{asked_by}: {packages} both announce a plugin {name!r}; uninstall one of them"
            )
        if not found:
            raise PartError(
                f"{asked_by}: no plugin {name!r} is installed"
                + _suggest(name, [plugin.name for plugin in self.installed])
                + self._broken()
            )
        plugin = found[0]
        if plugin.factory is None:
            raise PartError(
                f"{asked_by}: plugin {name!r} ({plugin.value} of {plugin.package}) did not load:"
                f" {plugin.problem}; reinstall or remove {plugin.package}"
            )
        return plugin

    def find(self, kind: Kind, use: str, asked_by: str) -> Part:
        """The part ``use`` (``name`` or ``plugin/name``) of ``kind``; ``PartError`` otherwise."""
        plugin, _, name = use.rpartition("/")
        offers = [offer for offer in self.offers if offer.part.kind == kind]
        found = [o for o in offers if o.part.name == name and plugin in ("", o.plugin)]
        if len(found) == 1:
            return found[0].part
        if found:
            ways = " or ".join(f"{offer.plugin}/{name}" for offer in found)
            raise PartError(f"{asked_by}: several plugins offer {kind} {name!r}: say {ways}")
        names = sorted({offer.part.name for offer in offers})
        raise PartError(f"{asked_by}: no {kind} {use!r}" + _suggest(name, names) + self._broken())

    def _broken(self) -> str:
        broken = [
            f"{p.name} of {p.package} ({p.problem})" for p in self.installed if p.factory is None
        ]
        if not broken:
            return ""
        return f"; plugins that did not load (reinstall or remove them): {', '.join(broken)}"


def make_plugin(plugin: Installed, options: BaseModel | None) -> object:
    """An instance of a plugin; a domain with ``Options`` gets them (its defaults when None)."""
    assert plugin.factory is not None
    model = getattr(plugin.factory, "Options", None)
    if model is None:
        return plugin.factory() if inspect.isclass(plugin.factory) else plugin.factory
    return plugin.factory(model() if options is None else options)


def _offers(instance: object) -> bool:
    return callable(getattr(instance, "errata_parts", None))


def _old_signatures(instance: object) -> str:
    """Which implementations ask for arguments that their hooks do not give, and what these give."""
    found = []
    for name in (n for n in dir(instance) if n.startswith("errata_") and hasattr(Hooks, n)):
        given = [p for p in inspect.signature(getattr(Hooks, name)).parameters if p != "self"]
        own = inspect.signature(getattr(instance, name)).parameters.values()
        asked = [p.name for p in own if p.default is p.empty and p.name not in given]
        if asked:
            found.append(
                f"{name} asks for {', '.join(asked)}, which this errata does not give; the hook gives"
                f" {', '.join(given) or 'nothing'}: take the rest out of its signature"
            )
    return "; ".join(found)


def _suggest(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    did_you_mean = f" (did you mean {close[0]!r}?)" if close else ""
    return f"{did_you_mean}; available: {', '.join(names) or 'none'}"


class Active:
    """The plugins that answer the hooks of one run: the domain first, then the recipe's plugins."""

    def __init__(self, plugins: Mapping[str, object]) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)
        self.complaints: list[str] = []
        self._complained: set[tuple[str, str]] = set()
        for name, instance in plugins.items():
            self.register(name, instance)
        self._refuse_pending()
        self._refuse_rivals()

    def register(self, name: str, instance: object) -> None:
        """Register ``instance``; ``PartError`` for an old signature or a method without a marker."""
        unmarked = [
            method
            for method in dir(instance)
            if method.startswith("errata_")
            and not hasattr(getattr(instance, method), f"{PROJECT}_impl")
        ]
        if unmarked:
            raise PartError(
                f"plugin {name!r}: {', '.join(unmarked)} lacks the marker; write @hookimpl"
                " (from errata.hooks) above it"
            )
        try:
            self._manager.register(instance, name)
        except pluggy.PluginValidationError as error:
            reason = _old_signatures(instance) or " ".join(str(error).split())
            raise PartError(
                f"plugin {name!r}: {reason}; see docs/hooks.md for signatures"
            ) from error

    def answers(self, hook: str) -> bool:
        """Whether any active plugin implements ``hook``."""
        return bool(getattr(self._manager.hook, hook).get_hookimpls())

    def first(self, hook: str, **arguments: object) -> object:
        """The single answer of the plain implementation, through its wrappers."""
        return getattr(self._manager.hook, hook)(**arguments)

    def every(self, hook: str, **arguments: object) -> list[object]:
        """The answers of all active plugins that are not None, the first registered first."""
        return list(reversed(getattr(self._manager.hook, hook)(**arguments)))

    def notify(self, notice: str, **arguments: object) -> None:
        """Send a notice, one plugin at a time; an exception is recorded and never alters a run."""
        for implementation in reversed(getattr(self._manager.hook, notice).get_hookimpls()):
            chosen = {name: arguments[name] for name in implementation.argnames}
            try:
                with boundary(f"plugin {implementation.plugin_name}", f"hearing {notice}"):
                    implementation.function(**chosen)
            except ErrataError as error:
                # Once per observer and notice: progress comes thousands of times.
                if (implementation.plugin_name, notice) not in self._complained:
                    self._complained.add((implementation.plugin_name, notice))
                    self.complaints.append(str(error))

    def _refuse_pending(self) -> None:
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            known = [name for name in dir(Hooks) if name.startswith("errata_")]
            hook = str(error).split("'")[1] if "'" in str(error) else ""
            plugin = self._manager.get_name(error.plugin)
            raise PartError(
                f"plugin {plugin!r} implements {hook!r}, which is no hook: rename it, or leave it out"
                + _suggest(hook, known)
            ) from error

    def _refuse_rivals(self) -> None:
        for name in sorted(n for n in dir(Hooks) if n.startswith("errata_")):
            caller = getattr(self._manager.hook, name)
            if not (caller.spec and caller.spec.opts.get("firstresult")):
                continue
            plain = [i for i in caller.get_hookimpls() if not (i.wrapper or i.hookwrapper)]
            if len(plain) > 1:
                both = " and ".join(sorted(i.plugin_name for i in plain))
                raise PartError(
                    f"hook {name} has a plain implementation in both {both}; exactly one is allowed:"
                    " make one a wrapper (@hookimpl(wrapper=True)) or leave it out of 'plugins'"
                )
