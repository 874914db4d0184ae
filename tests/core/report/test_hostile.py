"""What a model wrote stays text: on the page, in the embedded data, and in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from errata.records import QA, Candidate, Correction, Critique, Lineage, Pair, Problem, Trajectory
from errata.report.page import write_page
from errata.report.samples import BUDGETS, Samples
from errata.report.summary import summarize
from errata.report.view import View
from errata.store import Store

SCRIPT = "<script>alert('x')</script>"


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.comments = 0
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.comments += 1

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_markup_in_records_is_text_on_the_page(finished_run: Store) -> None:
    html = write_page(finished_run).read_text(encoding="utf-8")
    page = Tags(html)
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert scripts == [{}, {"type": "application/json", "id": "summary"}]  # the first is our own
    bold = sum(tag == "b" for tag, _ in page.tags)
    assert bold == sum(tag == "figure" for tag, _ in page.tags) - len(
        summarize(finished_run).rounds
    )
    assert page.comments == 0
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    whole = "".join(page.said)
    assert whole.count(SCRIPT) > 50  # questions, attempts, keyphrases, type names, objections
    assert "{{ 7*7 }}" in whole
    assert "<b>&amp; 49" not in whole


def test_nothing_is_fetched_and_only_our_script_runs(finished_run: Store) -> None:
    html = write_page(finished_run).read_text(encoding="utf-8")
    (allowed,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    own = html.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    assert unescape(allowed).split("; ") == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", own)
    linked = [
        value
        for _, attributes in Tags(html).tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data")
    ]
    assert linked
    assert all(value and value.startswith("#") for value in linked)
    assert not re.search(r"url\(|@import", html)


def test_the_embedded_summary_cannot_end_its_element(finished_run: Store) -> None:
    html = write_page(finished_run).read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="summary">(.*?)</script>', html, re.S)
    assert not re.search("[<>&\u2028\u2029]", data)
    found = json.loads(data)
    names = {t["name"] for r in found["rounds"] for t in r["types"]}
    assert any(SCRIPT in name for name in names)
    assert found == json.loads(summarize(finished_run).model_dump_json())


@pytest.mark.parametrize("kind", ["qa", "correction", "trajectory", "pair", "critique"])
def test_every_kind_of_candidate_is_shown(kind: str, finished_run: Store) -> None:
    problem = Problem(id="p", question="Q?", answer="A", solution="S")
    bodies = {
        "qa": QA(problem=problem),
        "correction": Correction(
            problem=problem,
            wrong_steps=("w1", "w2"),
            wrong_step=2,
            explanation="why",
            corrected="c",
        ),
        "trajectory": Trajectory(problem=problem, text="t"),
        "pair": Pair(problem=problem, chosen="c", rejected="r", prefix="p"),
        "critique": Critique(problem=problem, response="r", critique="c"),
    }
    shown = {
        "qa": [("solution", "S"), ("answer", "A")],
        "correction": [
            ("wrong solution", "1. w1\n2. w2"),
            ("first wrong step", "Step 2: why"),
            ("corrected", "c"),
        ],
        "trajectory": [("trajectory", "t")],
        "pair": [("prefix", "p"), ("better", "c"), ("worse", "r")],
        "critique": [("response", "r"), ("critique", "c")],
    }
    lineage = Lineage(strategy="s")
    candidate = Candidate(id="c", wave=0, body=bodies[kind], lineage=lineage)
    view = View(summarize(finished_run), Samples({}, {}, {}, {}, {}), BUDGETS[0])
    assert list(view.parts(candidate)) == [("question", "Q?"), *shown[kind]]
