"""``write_page``: the report of a run as one self-contained HTML file.

Nothing is fetched, and of scripts only our own runs: a content security policy names its hash.
Everything that a model wrote goes through the template's escaping. Figures come from the summary, which
is embedded as JSON; examples are sampled, and cut down until the page is under ``LIMIT`` bytes. Without
the script all of it can still be read; it adds search, filters, the switch of colours, and, where the
page is served, its refreshing.

Not covered: serving the page (``serving.py``), and several runs on one (``compare_page.py``).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from errata.records import Record
from errata.report import charts, surely, words
from errata.report.comparing import Compared, each_beside
from errata.report.figures import Summary
from errata.report.samples import BUDGETS, Budget, Samples, sample
from errata.report.steps import Steps, domain_steps
from errata.report.summary import summarize
from errata.report.view import View, clipped
from errata.store import Store

if TYPE_CHECKING:
    from jinja2 import Environment

NAME = "report.html"
LIMIT = 1_900_000  # bytes
Split = Callable[[str, dict[str, Any]], tuple[Steps, str]]


def write_page(store: Store, controls: Sequence[Store] = ()) -> Path:
    """Write ``report.html`` into the run, atomically; returns its path. ``controls`` are other runs
    that stand beside this one.

    Raises RunDirectoryError when ``store`` holds no run, CorruptRecord for a line that does not read.
    """
    store.write(NAME, page_of(store, controls))
    return store.file(NAME)


def page_of(
    store: Store,
    controls: Sequence[Store] = (),
    *,
    live: bool = False,
    split: Split = domain_steps,
) -> str:
    """The page as text, with as many examples as there is room for; ``live`` is the one that is served.

    ``split`` gives the way a domain splits solutions. Raises what ``write_page`` does.
    """
    summary = summarize(store)
    recipe = store.file("recipe.yaml")
    text = recipe.read_text(encoding="utf-8") if recipe.exists() else ""
    steps, note = split(summary.domain, _options(text))
    samples = sample(store, summary, steps)
    beside = each_beside(store, controls) if controls else []
    page = ""
    for budget in BUDGETS:
        page = render(summary, samples, text, budget, note, beside=beside, live=live)
        if len(page.encode()) <= LIMIT:
            break
    return page


def _options(recipe: str) -> dict[str, Any]:
    section = (yaml.safe_load(recipe) or {}).get("domain")
    found = section.get("options") if isinstance(section, dict) else None
    return found if isinstance(found, dict) else {}


def render(
    summary: Summary,
    samples: Samples,
    recipe: str,
    budget: Budget,
    steps_note: str = "",
    *,
    beside: Sequence[Compared] = (),
    live: bool = False,
) -> str:
    """The page as text, with examples up to ``budget``."""
    made = environment(budget.characters).get_template("page.html.j2")
    return made.render(
        s=summary,
        view=View(summary, samples, budget),
        budget=budget,
        recipe=recipe,
        steps_note=steps_note,
        beside=beside,
        live=live,
        policy=policy(live=live),
        panels=charts.panels(summary),
        histogram=charts.histogram,
        data=embedded(summary),
    )


@cache
def environment(characters: int) -> Environment:
    """Templates that escape what they are given; texts are clipped to ``characters``.

    Kept, because compiling the templates takes longer than filling them.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("errata", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "percent": words.percent,
        "count": words.count,
        "count_if": words.count_if,
        "counted": words.counted,
        "p": words.p_value,
        "duration": words.duration,
        "dollars": words.dollars,
        "figure": words.figure,
        "words": words.category,
        "clip": lambda text: clipped(text, characters),
    }
    found.globals |= {"words": words, "surely": surely, "chart": charts, **_script()}
    return found


@cache
def _script() -> dict[str, Any]:
    """Our script, and its hash, by which the policy lets it and nothing else run."""
    from markupsafe import Markup

    text = files("errata.report").joinpath("page.js").read_text(encoding="utf-8").strip()
    digest = hashlib.sha256(f"\n{text}\n".encode()).digest()
    return {
        "script": Markup(text),  # noqa: S704 our own file
        "script_hash": f"sha256-{base64.b64encode(digest).decode()}",
    }


def policy(*, live: bool) -> str:
    """The content security policy of a page; the one that is served asks its own server for news."""
    rules = [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src '{_script()['script_hash']}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join([*rules, *(["connect-src 'self'"] if live else [])])


def embedded(record: Record) -> Any:
    """A record as JSON that cannot end its script element."""
    from markupsafe import Markup

    text = record.model_dump_json()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 what HTML would read is escaped above
