"""What is to be evaluated: a model, alone or as a run left it, on sets of a domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from errata.alone import settings_of, values_of
from errata.check import Chosen, domain_of
from errata.domain import Domain
from errata.errors import UserError
from errata.lines import parse_line
from errata.plugins import Active, Catalogue, make_plugin
from errata.recipe import load
from errata.records import Checkpoint, Record, RoundRecord
from errata.sections import Source, Sources
from errata.store import Store

_SETS: TypeAdapter[dict[str, Source]] = TypeAdapter(Sources)


class Asked(Record):
    """``eval.json``: everything that the figures depend on. ``weights`` is the folder of a checkpoint;
    empty for the untouched model."""

    format: int = 1
    model: str
    weights: str = ""
    guidance: str = ""
    domain: str
    options: dict[str, JsonValue] = Field(default_factory=dict)
    target: dict[str, JsonValue]
    sets: dict[str, Source]
    samples: int = 0
    temperature: float = 0.7
    seed: int = 0


@dataclass(frozen=True)
class Prepared:
    """A request with its domain and target, checked."""

    asked: Asked
    domain: Domain
    active: Active
    target: Chosen


@dataclass(frozen=True)
class Drawing:
    """How many samples are drawn for each problem, at which temperature, from which seed."""

    samples: int = 0
    temperature: float = 0.7
    seed: int = 0


def prepare(
    model: str,
    domain: str | None,
    sets: Mapping[str, Source],
    drawing: Drawing,
    checkpoint: str | None,
    changes: Sequence[str],
) -> Prepared:
    """The request for ``model``: a run directory, else what the target's setting ``model`` takes.

    ``checkpoint`` names a round of the run; by default it is the last one kept. ``changes`` are
    settings of the target, ``name=value``; ``use=NAME`` takes another target. Raises UserError.
    """
    catalogue = Catalogue()
    store = Store(Path(model))
    if store.exists():
        recipe = load(store.file("recipe.yaml"))
        target = {"use": recipe.target.use, **recipe.target.settings}
        found = _checkpoint(store, checkpoint)
        name, options = recipe.domain.use, dict(recipe.domain.options)
        if domain not in (None, name):
            raise UserError(f"--domain {domain}: the run in {model} is of the domain {name!r}")
        active_domain = domain_of(recipe, catalogue, model)
        plugins = Active({name: _plugin(catalogue, name, options)})
    else:
        if checkpoint is not None:
            raise UserError(f"--checkpoint {checkpoint}: {model} is not a run directory")
        target, found = {"use": "transformers"}, Checkpoint(id="base")
        name, options = domain or "math", {}
        plugins = Active({name: _plugin(catalogue, name, options)})
        active_domain = Domain(name, plugins)
    target |= values_of(changes)
    part = catalogue.find("target", str(target["use"]), "--set use")
    if "model" in part.settings.model_fields:
        target.setdefault("model", model)
    settings = settings_of(part, {k: v for k, v in target.items() if k != "use"})
    if drawing.samples and "sample" not in part.provides:
        raise UserError(f"--samples: the target {part.name!r} cannot sample")
    mistakes = list(part.check(settings))
    if mistakes:
        raise UserError(f"target {part.name}: {'; '.join(mistakes)}")
    asked = Asked(
        model=model,
        weights=str(store.file(found.path).resolve()) if found.path else "",
        guidance=found.guidance,
        domain=name,
        options=options,
        target=target,
        sets=dict(sets),
        samples=drawing.samples,
        temperature=drawing.temperature,
        seed=drawing.seed,
    )
    return Prepared(asked, active_domain, plugins, Chosen(str(target["use"]), part, settings))


def sets_of(given: Sequence[str], split: str, limit: int | None) -> dict[str, Source]:
    """``name`` or ``name=PATH``, several with commas between, as sources. Raises UserError."""
    found: dict[str, dict[str, object]] = {}
    for word in (word.strip() for words in given for word in words.split(",")):
        name, _, path = word.partition("=")
        if not name:
            raise UserError(
                f"--sets {','.join(given)}: a set without a name; write NAME or NAME=PATH"
            )
        if name in found:
            raise UserError(f"--sets: {name!r} stands twice")
        found[name] = {"source": path or name, "split": split, "limit": limit}
    try:
        return _SETS.validate_python(found)
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise UserError(f"--sets: {said}") from error


def _plugin(catalogue: Catalogue, name: str, options: Mapping[str, JsonValue]) -> object:
    installed = catalogue.plugin(name, "--domain")
    model = getattr(installed.factory, "Options", None)
    return make_plugin(installed, model.model_validate(options) if model and options else None)


def _checkpoint(store: Store, name: str | None) -> Checkpoint:
    """The checkpoint of round ``name``, or the last one that was kept."""
    finished = [done.round for done in store.manifest().stages if done.stage == "measure"]
    records = {
        round_: parse_line(path, 1, path.read_bytes(), RoundRecord)
        for round_ in finished
        for path in [store.file(f"{round_}/round.json")]
    }
    if name is None:
        kept = [record.checkpoint for record in records.values() if record.kept]
        return kept[-1] if kept else Checkpoint(id="base")
    if name not in records:
        raise UserError(
            f"--checkpoint {name}: {store.path} has no such measured round; there are"
            f" {', '.join(records) or 'none'}"
        )
    return records[name].checkpoint
