"""Selectors one after the other: each sees what the one before it kept.

Scores, uncertainties and reasons are those of the last step that a candidate came to; each step
remembers its results under its own place. Not covered: sums of several scores.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from errata.parts import ChoosesStyles, DevCases, Memo, Selector, Services
from errata.records import Candidate, Selection
from errata.styles import StyleChoice
from errata_selection.settings import ChainSettings


class Chain:
    """The selector ``chain``."""

    def __init__(self, settings: ChainSettings, services: Services) -> None:
        self._names = [step.use for step in settings.steps]
        self._steps: list[Selector] = [
            services.part(f"select.{place}") for place in settings.inside()
        ]

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order; kept is what every step kept."""
        left, last = list(candidates), dict[str, tuple[int, Selection]]()
        for number, step in enumerate(self._steps):
            if not left:
                break
            own = _Own(memo, f"step-{number}/")
            for selection in step.select(left, cases, own):
                last[selection.candidate_id] = (number, selection)
            left = [candidate for candidate in left if last[candidate.id][1].kept]
        order = sorted(last, key=lambda name: (-last[name][0], last[name][1].rank, name))
        # Those that stayed in to the end come before those that the last step dropped.
        order.sort(key=lambda name: not last[name][1].kept)
        ranks = {name: rank for rank, name in enumerate(order, start=1)}
        return [self._told(candidate.id, *last[candidate.id], ranks) for candidate in candidates]

    def _told(
        self, name: str, number: int, selection: Selection, ranks: dict[str, int]
    ) -> Selection:
        place = f"step {number + 1} of {len(self._names)} ({self._names[number]})"
        return selection.model_copy(
            update={"rank": ranks[name], "why": f"{place}: {selection.why}".removesuffix(": ")}
        )

    def style_choices(self) -> Sequence[StyleChoice]:
        """The decisions of every step that made some."""
        return [
            choice
            for step in self._steps
            if isinstance(step, ChoosesStyles)
            for choice in step.style_choices()
        ]


class _Own:
    """A step's part of the memo."""

    def __init__(self, memo: Memo, prefix: str) -> None:
        self._memo, self._prefix = memo, prefix

    def get(self, key: str) -> JsonValue:
        """See ``Memo``."""
        return self._memo.get(self._prefix + key)

    def put(self, key: str, value: JsonValue) -> None:
        """See ``Memo``."""
        self._memo.put(self._prefix + key, value)
