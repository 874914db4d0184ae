"""The grouper ``instructor-batches``: the instructor sorts keyphrases into types, batch by batch.

The first batch proposes types, every later one is sorted into those that there are or makes new ones
(SEI, arXiv 2505.22591, section 3.2). Repaired: batches are shuffled, descriptions go with the names,
types that say nothing are refused, what a reply leaves out is asked about once more, and at the end the
types that are one are merged and the smallest beyond the limit are dissolved. ``strict`` is the paper's
way instead (``batches_strict.py``).

Not covered: phrases of early batches are not looked at again for types that later ones made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pydantic import Field

from errata.naming import sameness, useless
from errata.parts import Grouping, Services, Settings
from errata.records import Diagnosis
from errata_diagnosis.batches_replies import MERGE, TYPES, Merge, NewType, Sorted
from errata_diagnosis.batches_strict import sort_by_name
from errata_diagnosis.batches_types import Growing, Sorting, distinct

_STREAM = "group/instructor-batches"
_WHILE_SORTING = 2  # times the limit: what may be found before the types that are one are merged
_EXAMPLES = 5
_LONGEST_PHRASE = 200


class BatchesSettings(Settings):
    """Settings of the grouper ``instructor-batches``."""

    batch: int = Field(100, ge=1, description="distinct phrases shown in a call")
    max_types: int = Field(
        25, ge=1, description="types at the end; twice as many may be found before the merge"
    )
    types_per_case: int = Field(2, ge=1, description="types that a case may have at most")
    strict: bool = Field(
        False,
        description="the way of SEI's released scripts: alphabetical batches, names only, no merge, "
        "no limits, nothing refused or asked again",
    )


class InstructorBatches:
    """An ``errata.parts.Grouper``.

    ``tally`` counts phrases "unassigned" and, of those, "unanswered" (in batches without a reply);
    "left out" phrases (asked about again), "invented" numbers, "refused" names, "merged" and
    "dissolved" types.
    """

    def __init__(self, settings: BatchesSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self.tally: Counter[str] = Counter()

    async def group(self, diagnoses: Sequence[Diagnosis]) -> Grouping:
        """Types by falling count; cases whose phrase found no type are unassigned.

        The order of the diagnoses has no influence. Raises BudgetSpent and InstructorError.
        """
        self.tally.clear()
        strict = self._settings.strict
        phrases = distinct([diagnosis.keyphrase for diagnosis in diagnoses], exact=strict)
        sorting = Sorting(phrases, None if strict else self._settings.types_per_case)
        order = list(range(len(phrases)))
        if strict:
            batches = list(_batches(order, self._settings.batch))
            await sort_by_name(sorting, batches, self._services, self.tally)
        else:
            self._services.random(_STREAM).shuffle(order)
            await self._sort(sorting, list(_batches(order, self._settings.batch)))
            await self._merge(sorting)
            await self._limit(sorting)
        self.tally["unassigned"] = sum(not sorting.placed(phrase) for phrase in order)
        return sorting.grouping(diagnoses)

    async def _sort(self, sorting: Sorting, batches: Sequence[Sequence[int]]) -> None:
        for number, batch in enumerate(batches, start=1):
            refused: list[str] = []
            about = f"batch {number}"
            room = _WHILE_SORTING * self._settings.max_types
            left = await self._ask(sorting, batch, room, refused, about)
            if left:
                self.tally["left out"] += len(left)
                await self._ask(sorting, left, room, refused, f"{about}, left out", replica=1)
            self._services.progress(number, len(batches))

    async def _ask(
        self,
        sorting: Sorting,
        batch: Sequence[int],
        limit: int,
        refused: list[str],
        about: str,
        replica: int = 0,
    ) -> list[int]:
        """Sort ``batch``; the phrases that the reply leaves out, none where no reply came."""
        values = {
            "phrases": [sorting.phrases[phrase].text[:_LONGEST_PHRASE] for phrase in batch],
            "types": [{"name": t.name, "description": t.description} for t in sorting.types],
            "room": max(0, limit - len(sorting.types)),
            "several": self._settings.types_per_case,
            "refused": list(refused),
        }
        prompt = self._services.prompts.render(TYPES, values, about=about, replica=replica)
        answer = await self._services.ask(prompt)
        if answer.value is None:
            self.tally["unanswered"] += len(batch)
            return []
        self._take(sorting, batch, limit, answer.value, refused)
        return [phrase for phrase in batch if not sorting.placed(phrase)]

    def _take(
        self,
        sorting: Sorting,
        batch: Sequence[int],
        limit: int,
        reply: Sorted,
        refused: list[str],
    ) -> None:
        shown = list(sorting.types)
        for filed in reply.existing:
            if not 1 <= filed.type <= len(shown):
                self.tally["invented"] += 1
                continue
            for phrase in self._numbered(batch, filed.phrases):
                sorting.file(phrase, shown[filed.type - 1])
        texts = [sorting.phrases[phrase].text for phrase in batch]
        for new in reply.new:
            name = " ".join(new.name.split())
            phrases = self._numbered(batch, new.phrases)
            known = sorting.called(name)
            why = useless(name, texts)
            if not why and known is None and len(sorting.types) >= limit:
                why = "is one type too many"
            if why:
                refused.append(f"“{name[:_LONGEST_PHRASE]}” {why}")
                self.tally["refused"] += 1
            elif known is not None:
                for phrase in phrases:
                    sorting.file(phrase, known)
            else:
                sorting.add(name, _line(new), phrases)

    def _numbered(self, items: Sequence[int], numbers: Sequence[int]) -> list[int]:
        """The items of those numbers, each once."""
        real = [number for number in dict.fromkeys(numbers) if 1 <= number <= len(items)]
        self.tally["invented"] += len(set(numbers)) - len(real)
        return [items[number - 1] for number in real]

    async def _merge(self, sorting: Sorting) -> None:
        """Join what is one; asked again once where too many types are left."""
        limit = self._settings.max_types
        for replica in (0, 1):
            if len(sorting.types) < 2 or (replica and len(sorting.types) <= limit):
                return
            values = {
                "types": [
                    {
                        "name": known.name,
                        "description": known.description,
                        "phrases": _examples(sorting, known),
                    }
                    for known in sorting.types
                ],
                "limit": limit,
            }
            about = "merging types" + (", again" if replica else "")
            prompt = self._services.prompts.render(MERGE, values, about=about, replica=replica)
            answer = await self._services.ask(prompt)
            if answer.value is None:
                return
            self._join(sorting, answer.value.merges)

    def _join(self, sorting: Sorting, merges: Sequence[Merge]) -> None:
        shown = list(sorting.types)
        used: set[int] = set()
        before = len(shown)
        for merge in merges:
            places = self._numbered(range(before), merge.types)
            parts = [shown[place] for place in places if place not in used]
            if len(parts) < 2:
                continue
            used.update(places)
            name, description = " ".join(merge.name.split()), _line(merge)
            if useless(name):
                self.tally["refused"] += 1
                largest = max(parts, key=sorting.cases)
                name, description = largest.name, largest.description
            sorting.join(parts, name, description)
        self._join_namesakes(sorting)
        self.tally["merged"] += before - len(sorting.types)

    def _join_namesakes(self, sorting: Sorting) -> None:
        """A name given to what was merged may be the name of a type that was not."""
        namesakes: dict[str, list[Growing]] = {}
        for known in sorting.types:
            namesakes.setdefault(sameness(known.name), []).append(known)
        for parts in namesakes.values():
            if len(parts) > 1:
                sorting.join(parts, parts[0].name, parts[0].description)

    async def _limit(self, sorting: Sorting) -> None:
        """Dissolve the smallest types beyond the limit; their phrases are sorted into the others."""
        limit = self._settings.max_types
        beyond = len(sorting.types) - limit
        if beyond <= 0:
            return
        lost = sorting.dissolve(limit)
        self.tally["dissolved"] += beyond
        for number, batch in enumerate(_batches(lost, self._settings.batch), start=1):
            await self._ask(sorting, batch, limit, [], f"dissolved types, batch {number}")


def _batches(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _line(described: NewType | Merge) -> str:
    return " ".join(described.description.split())


def _examples(sorting: Sorting, of: Growing) -> list[str]:
    members = sorted(
        (sorting.phrases[phrase] for phrase in of.phrases),
        key=lambda phrase: (-len(phrase.cases), phrase.text),
    )
    return [phrase.text[:_LONGEST_PHRASE] for phrase in members[:_EXAMPLES]]
