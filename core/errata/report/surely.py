"""How surely, in words: what a selector kept, what a candidate scored, whether a type is there.

The same on the terminal and on the page. Not covered: accuracies, whose intervals are in ``words``.
"""

from __future__ import annotations

import math

from errata.records import Selection
from errata.report.doubts import Cut, Sureness
from errata.report.figures import RoundFigures, TypeFigures
from errata.report.words import count, counted, figure, percent
from errata.stability import UNSTABLE
from errata.styles import USUAL, StyleChoice

_VALID = 0.75  # Hennig's rule for a cluster that is there; see ``errata.stability``
_SAME = 0.005  # probabilities that are no further apart are called the same


def kept(round_: RoundFigures) -> str:
    """How surely a round's candidates were kept, in a sentence or two."""
    if round_.sureness is not None:
        return _sides(round_.sureness)
    if round_.cut is not None:
        return _cut(round_.cut)
    if round_.funnel.kept == round_.funnel.selected_from:
        return "Nothing was left out, so there is no cut to be sure of."
    if round_.scores is None:
        return "The selector gave no scores, so nothing says how surely."
    return "How surely is not known: the scores have no standard errors, or there is more than one cut."


def _sides(found: Sureness) -> str:
    told = (
        "By the standard errors of the scores, a kept candidate belongs above the cut with a"
        f" probability of {percent(found.kept_above)} on average, one that was left out with"
        f" {percent(found.left_out_above)}"
    )
    if abs(found.kept_above - found.left_out_above) < _SAME:
        return f"{told}: the scores spread no more than their errors do, and the cut is luck."
    return (
        f"{told}. {count(found.kept_sure)} of {count(found.kept)} kept and"
        f" {count(found.left_out_sure)} of {count(found.left_out)} left out are on their side of it"
        " with at least 95%."
    )


def _cut(found: Cut) -> str:
    return (
        f"{count(found.kept_sure)} of {counted(found.kept, 'kept one')} and"
        f" {count(found.left_out_sure)} of {count(found.left_out)} left out lie more than 1.96 standard"
        f" errors of their own score away from the cut ({figure(found.at)}); the others might as well"
        " have fallen on its other side."
    )


def selection(found: Selection) -> str:
    """A candidate's score with its standard error, rank and sureness, and what the score is."""
    parts = [f"rank {count(found.rank)}"]
    if found.score is not None:
        parts.insert(0, f"score {_rounded(found.score, found.uncertainty)}")
    if found.sureness is not None:
        side = "kept" if found.kept else "left out"
        parts.append(f"rightly {side} with a probability of {percent(found.sureness)}")
    told = ", ".join(parts)
    return f"{told}: {found.why}" if found.why else told


def _rounded(score: float, error: float | None) -> str:
    """A score to the second significant digit of its standard error."""
    if error is None or not math.isfinite(error) or error <= 0:
        return figure(score)
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{score:.{decimals}f} (standard error {error:.{decimals}f})".replace("-", "\u2212", 1)


def unstable(found: TypeFigures) -> bool:
    """Whether resampled cases do not bear the type out."""
    return found.stability is not None and found.stability < UNSTABLE


def stability(found: TypeFigures) -> str:
    """What resampling says of a type; nothing where it was not measured."""
    if found.stability is None:
        return ""
    if found.stability < UNSTABLE:
        told = "unstable, resampled cases do not give this type again"
    elif found.stability < _VALID:
        told = "resampled cases give such a type again, but not with these very cases"
    else:
        told = "resampled cases give this type again"
    return f"stability {found.stability:.2f}: {told}"


def style(choice: StyleChoice) -> str:
    """The solution style that the target learns a type from."""
    return "all, evenly" if choice.chosen is None else choice.chosen or USUAL


def choice(found: StyleChoice) -> str:
    """The decision on a type's styles, in a sentence."""
    sure = "" if found.sureness is None else f", {percent(found.sureness)} sure"
    return f"learnt in the style: {style(found)}{sure} ({found.why})"
