"""Which solution style the target learns each error type from.

The styles of a type are judged on the same dev cases by the final answer (``judging.py``); the better
of the two best is chosen where the paired difference is sure, and otherwise every style is kept,
evenly: the numbers that the inner selector keeps of such a type are shared equally, each style's best
first.

Not covered: choosing one style for all types, and differences between more than the two best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from errata.parts import DevCases, Memo, Scores, Selector, Services
from errata.records import Candidate, Problem, Selection
from errata.styles import StyleChoice, StyleFigure
from errata_selection.comparing import Spread, Worth, chance_above, common_spread, gap, worth
from errata_selection.cut import shared_out
from errata_selection.judging import judge, worked
from errata_selection.plan import Cases, make_plan
from errata_selection.progress import Counted
from errata_selection.settings import StyleSettings


@dataclass(frozen=True)
class _Decided:
    """The decision on one type, and the styles it goes on with."""

    choice: StyleChoice
    styles: frozenset[str]


class Styled:
    """A selector that decides on styles first and leaves the rest to ``inner``."""

    def __init__(self, settings: StyleSettings, services: Services, inner: Selector) -> None:
        self._settings, self._services, self._inner = settings, services, inner
        self._choices: list[StyleChoice] = []
        self._progress = Counted(services.progress, 0)

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order; see ``inner``. What judges measured goes into
        ``memo`` under ``style:TYPE:STYLE``, ``style-worked:`` where nothing was generated."""
        decided = self._decided(candidates, cases, memo)
        self._choices = [decided[name].choice for name in sorted(decided)]
        left = [c for c in candidates if _goes_on(c, decided)]
        selections = {s.candidate_id: s for s in self._inner.select(left, cases, memo)}
        for name, each in decided.items():
            if each.choice.chosen is None:
                own = [c for c in left if (c.lineage.error_type or "") == name]
                selections |= _evened(own, selections)
        kept_first = sorted(selections.values(), key=lambda s: (not s.kept, s.rank, s.candidate_id))
        ranks = {s.candidate_id: rank for rank, s in enumerate(kept_first, start=1)}
        found = []
        for candidate in candidates:
            name = candidate.id
            if name in selections:
                found.append(selections[name].model_copy(update={"rank": ranks[name]}))
                continue
            ranks[name] = len(ranks) + 1
            chosen = decided[candidate.lineage.error_type or ""].choice.chosen
            why = f"this error type is learnt in {_named(chosen or '')}"
            found.append(Selection(candidate_id=name, rank=ranks[name], kept=False, why=why))
        return found

    def style_choices(self) -> Sequence[StyleChoice]:
        """The decisions of the last ``select``."""
        return self._choices

    def _decided(
        self, candidates: Sequence[Candidate], dev: DevCases, memo: Memo
    ) -> dict[str, _Decided]:
        """The decision on every type that has several styles, by its id (empty for none)."""
        by_type: dict[str, dict[str, list[Candidate]]] = {}
        for candidate in candidates:
            styles = by_type.setdefault(candidate.lineage.error_type or "", {})
            styles.setdefault(candidate.lineage.style, []).append(candidate)
        several = {name: styles for name, styles in sorted(by_type.items()) if len(styles) > 1}
        if self._settings.choose == "mixed" or not several:
            return {}
        own = [c for styles in several.values() for group in styles.values() for c in group]
        size = self._settings.cases
        plan = make_plan(own, dev, size, size, None, self._services.random("styles"))
        judged = {n: styles for n, styles in several.items() if plan.cases[n or None].bad}
        self._progress = Counted(self._services.progress, sum(map(len, judged.values())))
        return {
            name: self._decide(name, styles, plan.cases[name or None], memo)
            for name, styles in several.items()
        }

    def _decide(
        self, name: str, styles: Mapping[str, Sequence[Candidate]], shown: Cases, memo: Memo
    ) -> _Decided:
        everything = frozenset(styles)
        counts = {style: len(group) for style, group in sorted(styles.items())}
        figures = tuple(StyleFigure(style=s, candidates=n) for s, n in counts.items())
        plain = StyleChoice(
            error_type=name or None,
            chosen=None,
            why="",
            judge=self._settings.judge,
            figures=figures,
        )
        if not shown.bad:
            why = "no bad dev case tells the styles apart: all are kept, evenly"
            return _Decided(plain.model_copy(update={"why": why}), everything)
        worths, spread = self._worths(name, styles, shown, memo)
        first, second = sorted(worths, key=lambda style: (-worths[style].score, style))[:2]
        difference, error = gap(worths[first], worths[second], spread)
        sure = chance_above(difference, error)
        figures = tuple(
            figure.model_copy(
                update={
                    "score": worths[figure.style].score,
                    "uncertainty": worths[figure.style].error,
                }
            )
            for figure in figures
        )
        chosen = first if sure >= self._settings.sure else None
        told = f"{_named(first)} is {difference:+.3f} against {_named(second)}, ± {error:.3f}"
        choice = plain.model_copy(
            update={
                "chosen": chosen,
                "cases": worths[first].cases,
                "sureness": sure,
                "figures": figures,
                "why": told if chosen is not None else f"{told}: not sure, all are kept, evenly",
            }
        )
        return _Decided(choice, everything if chosen is None else frozenset({chosen}))

    def _worths(
        self, name: str, styles: Mapping[str, Sequence[Candidate]], shown: Cases, memo: Memo
    ) -> tuple[dict[str, Worth], Spread]:
        """Each style's worth on the same cases, judged with equally many candidates."""
        number = min(self._settings.examples, *(len(group) for group in styles.values()))
        cases, values = shown.once(), {}
        references = self._references(sorted(styles), cases)
        for style, group in sorted(styles.items()):
            ordered = sorted(group, key=lambda candidate: candidate.id)
            tried = self._services.random(f"styles/{name}/{style}").sample(ordered, number)
            own = references.get(style)
            key = f"style{'' if own is None else '-worked'}:{name}:{style}"
            values[style] = judge(self._settings, self._services, tried, cases, own, memo, key)
            self._progress.add(1)
        plain = [worth(each, shown.ids()).halves for each in values.values()]
        spread = common_spread(plain)
        return {s: worth(each, shown.ids(), spread) for s, each in values.items()}, spread

    def _references(self, styles: Sequence[str], cases: Sequence[Problem]) -> dict[str, list[str]]:
        """The cases as worked in each style; empty where answers have to be generated: all styles of a
        type are judged in one way."""
        target = self._services.target()
        if self._settings.judge != "probe" or self._settings.generate:
            return {}
        if not isinstance(target, Scores):
            return {}
        found = {style: worked(self._services.domain, cases, style) for style in styles}
        there = {style: texts for style, texts in found.items() if texts is not None}
        return there if len(there) == len(found) else {}


def _goes_on(candidate: Candidate, decided: Mapping[str, _Decided]) -> bool:
    found = decided.get(candidate.lineage.error_type or "")
    return found is None or candidate.lineage.style in found.styles


def _evened(own: Sequence[Candidate], selections: Mapping[str, Selection]) -> dict[str, Selection]:
    """The selections of one type, with the kept ones shared equally among its styles."""
    ranked: dict[str, list[str]] = {}
    for candidate in sorted(own, key=lambda c: (selections[c.id].rank, c.id)):
        ranked.setdefault(candidate.lineage.style, []).append(candidate.id)
    number = sum(selections[candidate.id].kept for candidate in own)
    shares = _equal({style: len(names) for style, names in ranked.items()}, number)
    found = {}
    for style, names in ranked.items():
        for place, name in enumerate(names):
            kept, old = place < shares[style], selections[name]
            moved = f"{old.why}; styles of this type are kept evenly"
            update = {"kept": kept, "why": moved, "sureness": None} if kept != old.kept else {}
            found[name] = old.model_copy(update=update)
    return found


def _equal(sizes: Mapping[str, int], number: int) -> dict[str, int]:
    """``number`` shared equally, as far as each style has so many."""
    shares = dict.fromkeys(sizes, 0)
    while number:
        room = {style: size - shares[style] for style, size in sizes.items()}
        open_ = [style for style in sorted(room) if room[style]]
        if not open_:
            break
        for style, more in shared_out(number, dict.fromkeys(open_, 1)).items():
            taken = min(more, room[style])
            shares[style] += taken
            number -= taken
    return shares


def _named(style: str) -> str:
    return f"the style {style!r}" if style else "the usual style"
