"""Sorting the way of SEI's released scripts (arXiv 2505.22591, section 3.2), for comparison.

Batches in alphabetical order; the first proposes groups, later ones see the names of the groups and
nothing else; a group of exactly the same name is the same, any other name makes a new group; a phrase
may stand in several. No merge, no limit, any name is taken, and phrases that a reply leaves out are
lost (here: unassigned and counted). One difference: a reply names phrases by number, where the scripts
had them repeated and looked them up.

Not covered: the review of groups by people between the phases, which is ``error_types.yaml`` here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from errata.parts import Services
from errata_diagnosis.batches_replies import BY_NAME, NamedGroups
from errata_diagnosis.batches_types import Sorting


async def sort_by_name(
    sorting: Sorting, batches: Sequence[Sequence[int]], services: Services, tally: Counter[str]
) -> None:
    """Sort ``batches`` into ``sorting``, one after the other, counting into ``tally``.

    Raises BudgetSpent and InstructorError, as ``Services.ask`` does.
    """
    for number, batch in enumerate(batches, start=1):
        values = {
            "phrases": [sorting.phrases[phrase].text for phrase in batch],
            "names": [known.name for known in sorting.types],
        }
        prompt = services.prompts.render(BY_NAME, values, about=f"batch {number}")
        answer = await services.ask(prompt)
        if answer.value is None:
            tally["unanswered"] += len(batch)
        else:
            _take(sorting, batch, answer.value, tally)
        services.progress(number, len(batches))


def _take(sorting: Sorting, batch: Sequence[int], reply: NamedGroups, tally: Counter[str]) -> None:
    for group in reply.groups:
        numbers = [n for n in dict.fromkeys(group.phrases) if 1 <= n <= len(batch)]
        tally["invented"] += len(set(group.phrases)) - len(numbers)
        phrases = [batch[number - 1] for number in numbers]
        known = sorting.called(group.name, exactly=True)
        if known is None:
            sorting.add(group.name, group.explanation, phrases)
            continue
        for phrase in phrases:
            sorting.file(phrase, known)
