"""The report in a browser, from file and served: the questions it answers, asked by clicking."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser.driver import Tab
from errata.report.compare_page import compare_page
from errata.report.comparing import compared
from errata.report.page import write_page
from errata.report.serving import Server
from errata.report.summary import summarize
from errata.store import Store

SECTIONS = ["help", "wrong", "made", "kept", "cost", "trust", "examples"]
PHONE, DESK = (390, 844), (1200, 900)
VIEWS = [(*DESK, "light"), (*DESK, "dark"), (*PHONE, "light"), (*PHONE, "dark")]
_SERIOUS = """
axe.run(document, {resultTypes: ['violations'], rules: RULES}).then(found => found.violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(', ')}`))
"""


# The page asks for news every two seconds: here twenty times as often.
_HASTE = "{ const later = setTimeout; window.setTimeout = (f, ms) => later(f, ms / 20); }"


def serious(tab: Tab, axe: str, *, contrast: bool = True) -> list[str]:
    """Serious findings in what is visible. What is closed axe would only pass over, slowly: it is taken
    out before, and so are examples after the third of a list, which one template makes. Contrast
    depends on the colours and not on the width, and takes most of the time."""
    tab.run(
        "document.querySelectorAll('details:not([open]) > :not(summary)').forEach(e => e.remove());"
        " document.querySelectorAll('article:nth-of-type(n + 4)').forEach(e => e.remove())"
    )
    tab.run(f"{axe}; 1")
    rules = json.dumps({"color-contrast": {"enabled": contrast}})
    found: list[str] = tab.run(_SERIOUS.replace("RULES", rules))
    return found


@pytest.fixture(scope="session")
def store(written: Callable[..., Store]) -> Store:
    return written()


@pytest.fixture(scope="session")
def served(store: Store) -> Iterator[str]:
    server = Server(store, 0)
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    yield server.url
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def filed(store: Store) -> str:
    return write_page(store).as_uri()


@pytest.fixture(params=["filed", "served"])
def address(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def visible(tab: Tab, selector: str) -> bool:
    script = f"document.querySelector({json.dumps(selector)})?.checkVisibility() ?? false"
    return bool(tab.run(script))


def test_the_questions_are_answered_in_order(tab: Tab, address: str, store: Store) -> None:
    tab.look(*DESK)
    tab.open(address)
    order = tab.run("[...document.querySelectorAll('main > section')].map(s => s.id)")
    assert order == SECTIONS
    summary = summarize(store)
    cards = tab.run("[...document.querySelectorAll('#help .card')].map(c => c.innerText)")
    assert len(cards) == 3
    final = {a.set: a for c in summary.checkpoints if c.id == summary.final for a in c.accuracies}
    for card in cards:
        assert f"{100 * final[card.splitlines()[0]].accuracy:.1f}%" in card
    # a type is clicked: it opens at its cases, with the first wrong step marked
    assert not visible(tab, "details.thread article")
    tab.run("document.querySelector('details.thread > summary').click()")
    assert visible(tab, "details.thread li.wrong")
    told = tab.run("document.querySelector('details.thread[open]').innerText")
    largest = max(summary.rounds[-1].types, key=lambda t: t.cases)
    for expected in (largest.keyphrases[0], "first wrong step:", "What became of it"):
        assert expected in told
    made = tab.run(
        "[...document.querySelectorAll('details.thread summary')].map(s => s.textContent)"
    )
    assert any(line.startswith("Candidates made from it in round 1") for line in made)
    # every reason of objection stands in the funnel
    funnel = tab.run("document.querySelector('table.funnel').innerText")
    for objection in summary.rounds[0].funnel.objections:
        assert objection.reason.replace("-", " ") in funnel
    assert "$0.0480" in tab.run("document.querySelector('#costs').innerText")
    assert tab.run("document.querySelector('#undecided').innerText").count("timed out") > 1
    assert tab.errors == []
    assert all(url.startswith((address, "data:")) for url in tab.requests)


def test_examples_are_searched_and_filtered(tab: Tab, filed: str) -> None:
    tab.look(*DESK)
    tab.open(filed)
    count = "document.querySelectorAll('#results article').length"
    assert tab.run(count) == 20  # and more on demand
    tab.run("document.querySelector('#more').click()")
    assert tab.run(count) == 40
    tab.run("document.querySelector('#find').focus()")
    tab.write("SHE IS NOT HERE")
    assert tab.run(count) == 0
    assert "None of" in tab.run("document.querySelector('#found').innerText")
    tab.run("document.querySelector('#find').select()")
    tab.write("new: ")
    kinds = (
        "[...new Set([...document.querySelectorAll('#results article')].map(a => a.dataset.kind))]"
    )
    assert tab.run(kinds) == ["candidate"]
    assert tab.run("[...CSS.highlights.get('hit')].every(r => r.toString().toLowerCase() === 'new:')"
                   " && CSS.highlights.get('hit').size > 0")  # fmt: skip
    tab.run(
        "{const s = document.querySelector('#by-fate'); s.value = 'leak';"
        " s.dispatchEvent(new Event('change'))}"
    )
    fates = tab.run(
        "[...document.querySelectorAll('#results article')].map(a => a.innerText.includes('leak'))"
    )
    assert fates
    assert all(fates)
    tab.run("[...document.querySelectorAll('#lives button')].at(-1).click()")
    states = tab.run("[...document.querySelectorAll('details.thread')].filter(d => d.checkVisibility())"
                     ".map(d => d.dataset.life)")  # fmt: skip
    assert len(set(states)) == 1
    assert tab.errors == []


@pytest.mark.parametrize(("width", "height", "scheme"), VIEWS)
def test_it_fits_and_is_accessible(
    tab: Tab, filed: str, axe: str, width: int, height: int, scheme: str
) -> None:
    tab.look(width, height, scheme)
    tab.open(filed)
    opened = "details.figures, #type-1, #type-2, #type-1 details, #made-round-1-leak"
    assert tab.run("document.documentElement.scrollWidth") <= width
    dark = tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 27)"
    assert dark == (scheme == "dark")
    tab.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert tab.run("document.documentElement.scrollWidth") <= width
    tab.run(f"document.querySelectorAll('details').forEach(d => d.open = d.matches('{opened}'))")
    contrast = (width, scheme) in ((DESK[0], "light"), (PHONE[0], "dark"))  # each colour once
    assert serious(tab, axe, contrast=contrast) == []


def test_axe_finds_what_is_bad(tab: Tab, filed: str, axe: str) -> None:
    tab.look(*DESK)
    tab.open(filed)
    tab.run(
        "document.querySelectorAll('section').forEach(s => s.remove());"
        " document.querySelector('main').innerHTML ="
        " '<p style=\"color: #999; background: #aaa\">hard to read</p><select></select>'"
    )
    found = serious(tab, axe)
    assert any(line.startswith("color-contrast") for line in found)
    assert any(line.startswith("select-name") for line in found)


def test_the_switch_of_colours_wins_over_the_system(tab: Tab, filed: str) -> None:
    tab.look(*DESK, "dark")
    tab.open(filed)
    seen = []
    for _ in range(4):
        seen.append(
            tab.run(
                "[document.querySelector('#theme').innerText,"
                " getComputedStyle(document.body).backgroundColor]"
            )
        )
        tab.run("document.querySelector('#theme').click()")
    light, dark = "rgb(251, 250, 248)", "rgb(21, 23, 27)"
    names = ["Colours: system", "Colours: light", "Colours: dark", "Colours: system"]
    assert seen == [[n, c] for n, c in zip(names, [dark, light, dark, dark], strict=True)]
    tab.open(filed)
    assert tab.run("document.querySelector('#theme').innerText") == "Colours: light"  # it is kept


def test_the_keyboard_reaches_everything(tab: Tab, filed: str) -> None:
    tab.look(*DESK)
    tab.open(filed)
    tab.press("Tab")
    assert tab.run("document.activeElement.className") == "skip"
    tab.press("Enter", text="\r")
    tab.run("document.querySelector('details.thread > summary').focus()")
    tab.press("Enter", text="\r")
    assert tab.run("document.querySelector('details.thread').open")
    tab.run("location.hash = '#type-2-cases-round-1'")  # an address leads into what is closed
    assert tab.until("document.querySelector('#type-2').open")


def test_nothing_a_model_wrote_runs(tab: Tab, address: str, store: Store, tmp_path: Path) -> None:
    tab.look(*DESK)
    tab.open(address)
    assert tab.run("document.documentElement.textContent").count("<script>alert('x')</script>") > 50
    assert tab.run("document.querySelectorAll('main script, main b b').length") == 0
    trap = (
        "<script>document.documentElement.dataset.ran = 'yes'</script><img src=x onerror='ran=1'>"
    )
    trapped = tmp_path / "trapped.html"  # even a script that got in would not run
    html = write_page(store).read_text(encoding="utf-8")
    trapped.write_text(html.replace("</main>", f"{trap}</main>"), encoding="utf-8")
    tab.open(trapped.as_uri())
    assert tab.run("[document.documentElement.dataset.ran ?? null, typeof ran]") == [
        None,
        "undefined",
    ]
    assert any("Content Security Policy" in error for error in tab.errors)


def test_a_served_page_follows_the_run(tab: Tab, written: Callable[..., Store]) -> None:
    store = written(until=("round-1", "group"))
    server = Server(store, 0)
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    try:
        tab.look(*DESK)
        tab.send("Page.addScriptToEvaluateOnNewDocument", source=_HASTE)
        tab.open(server.url)
        now = "document.querySelector('#now').innerText"
        tab.until(f"{now}.includes('Nobody seems to be at work')")
        assert tab.run("document.querySelector('#now code').innerText") == "errata resume"
        tab.run("document.querySelector('#type-2').open = true")
        manifest = store.manifest()
        store.save(manifest.model_copy(update={"ended": "enough <b>now</b>"}))
        tab.until("document.querySelector('#ending').innerText.includes('enough <b>now</b>')")
        assert tab.run("document.querySelector('#type-2').open")  # what was open stays open
        assert not tab.run("document.querySelector('#type-1').open")
        server.shutdown()
        server.server_close()
        tab.until(f"{now}.includes('does not answer any more')")
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("width", "height", "scheme"), VIEWS[1:3])
def test_the_page_of_several_runs(
    tab: Tab, store: Store, tmp_path: Path, axe: str, width: int, height: int, scheme: str
) -> None:
    found = compared([store, store])
    page = tmp_path / "compared.html"
    page.write_text(compare_page(found), encoding="utf-8")
    tab.look(width, height, scheme)
    tab.open(page.as_uri())
    pictures = tab.run("[...document.querySelectorAll('svg.dots')].map(s => s.ariaLabel)")
    assert len(pictures) == len(found.sets)
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert serious(tab, axe) == []
    assert not [error for error in tab.errors if "axe" not in error]
