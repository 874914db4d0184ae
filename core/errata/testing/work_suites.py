"""Suites for what stands between bad cases and training data: diagnosers, groupers, strategies,
verifiers, selectors."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from errata.parts import DevCases, Grouping, Wave
from errata.records import Candidate, Diagnosis, ErrorType, Objection, Proposal
from errata.seeds import stream
from errata.stages.train import example
from errata.testing.advice import fail, quoted, some
from errata.testing.part_bench import attempt
from errata.testing.part_suite import PartSuite


class DiagnoserSuite(PartSuite):
    """A diagnosis of each case, with a keyphrase, the same every time."""

    kind = "diagnoser"

    def test_every_case_is_diagnosed(self) -> None:
        """Its own problem, a keyphrase unless there is no error or a failure, a step that exists."""
        domain, diagnoser = self.services().domain, self.make()
        for case in self.cases():
            found = asyncio.run(diagnoser.diagnose(case))
            said = isinstance(found, Diagnosis) and (
                found.keyphrase.strip() or found.no_error or found.failure
            )
            if not said or found.problem_id != case.problem.id:
                fail(
                    expected=f"a diagnosis of {case.problem.id} with a keyphrase",
                    found=quoted(found),
                    change="return Diagnosis(problem_id=case.problem.id, keyphrase=…); say"
                    " `no_error` or `failure` where there is no keyphrase",
                )
            steps = len(domain.steps(case.problem, case.attempt.text))
            if found.step is not None and found.step > steps:
                fail(
                    expected=f"a step from 1 to {steps}, or None",
                    found=f"step {found.step} for {case.problem.id}",
                    change="count steps as services.domain.steps(problem, attempt.text) gives them",
                )

    def test_diagnoses_are_the_same_every_time(self) -> None:
        """Whatever was diagnosed before, and by whichever instance."""
        cases, first, second = self.cases(), self.make(), self.make()
        forwards = [asyncio.run(first.diagnose(case)) for case in cases]
        backwards = [asyncio.run(second.diagnose(case)) for case in reversed(cases)]
        if forwards != backwards[::-1]:
            fail(
                expected="the same diagnosis of a case in any order",
                found="other ones in the reverse order",
                change="let a diagnosis depend on its case alone; draw from a stream named by its id",
            )

    def test_odd_attempts_are_survived(self) -> None:
        """Empty, endless and unreadable attempts."""
        case, diagnoser = self.cases()[0], self.make()
        for text in ("", "\x00", "(" * 3000, "9" * 5000, "é" * 5000, "\n" * 2000, "Step 1: " * 900):
            odd = case.model_copy(update={"attempt": attempt(case.problem, text)})
            try:
                asyncio.run(diagnoser.diagnose(odd))
            except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
                fail(
                    expected="a diagnosis of whatever a target may write",
                    found=f"{type(error).__name__}: {error} for {quoted(text)}",
                    change="return a Diagnosis also of what cannot be read, or one with a `failure`",
                )


class GrouperSuite(PartSuite):
    """An assignment for each diagnosis, types that are there, the same every time."""

    kind = "grouper"

    def diagnoses(self) -> Sequence[Diagnosis]:
        """Diagnoses to group."""
        phrases = ("slips in adding", "drops the unit", "slips in adding", "reads the wrong number")
        return [
            Diagnosis(problem_id=f"{n}", attempt_id=f"base:{n}", keyphrase=phrases[n % 4])
            for n in range(40)
        ]

    def group(self, diagnoses: Sequence[Diagnosis]) -> Grouping:
        """What the part makes of them."""
        found: Grouping = asyncio.run(self.make().group(diagnoses))
        return found

    def test_every_diagnosis_is_assigned(self) -> None:
        """One assignment each, in order, to types that exist; counts add up."""
        diagnoses = self.diagnoses()
        for given in (diagnoses, diagnoses[:1], ()):
            found = self.group(given)
            if [a.attempt_id for a in found.assignments] != [d.attempt_id for d in given]:
                fail(
                    expected=f"{len(given)} assignments, in the order of the diagnoses",
                    found=f"{len(found.assignments)} that are not theirs in order",
                    change="return one Assignment per diagnosis, with its attempt_id and problem_id",
                )
            ids = [error_type.id for error_type in found.types]
            used = [type_id for a in found.assignments for type_id in a.types]
            unknown = sorted(set(used) - set(ids))
            if unknown or len(set(ids)) < len(ids):
                fail(
                    expected="types with ids of their own, and assignments to them",
                    found=f"ids {quoted(ids)}, assigned {quoted(sorted(set(used)))}",
                    change="make ids unique, and assign only to types that are returned",
                )
            off = [t.id for t in found.types if t.count != used.count(t.id) or not t.name.strip()]
            if off:
                fail(
                    expected="a name for every type, and `count` as many as are assigned to it",
                    found=f"not so for {some(off)}",
                    change="count the assignments; name a type after its commonest keyphrase",
                )

    def test_equal_phrases_are_of_one_type(self) -> None:
        """The same words, the same types."""
        diagnoses = self.diagnoses()
        by_phrase: dict[str, set[tuple[str, ...]]] = {}
        for diagnosis, given in zip(diagnoses, self.group(diagnoses).assignments, strict=True):
            by_phrase.setdefault(diagnosis.keyphrase, set()).add(given.types)
        torn = sorted(phrase for phrase, types in by_phrase.items() if len(types) > 1)
        if torn:
            fail(
                expected="equal keyphrases in equal types",
                found=f"not so for {some(torn)}",
                change="fold equal phrases together before they are grouped",
            )

    def test_groups_are_the_same_every_time(self) -> None:
        """By whichever instance."""
        first, second = (self.group(self.diagnoses()) for _ in range(2))
        if (list(first.types), list(first.assignments)) != (
            list(second.types),
            list(second.assignments),
        ):
            fail(
                expected="the same types and assignments of the same diagnoses",
                found="other ones at the second time",
                change="draw from services.random(name), and sort what comes from sets",
            )


class StrategySuite(PartSuite):
    """Proposals within the wave's count, with a lineage, the same every time, and an end."""

    kind = "strategy"
    most_waves: int = 200

    def wave(self, number: int = 0, accepted: Sequence[Candidate] = ()) -> Wave:
        """A wave of four against one error type."""
        cases = self.cases()
        kind = ErrorType(id="t0", name="Slips", count=len(cases), keyphrases=("slips",))
        random = stream(0, "wave", number)
        return Wave(kind, number, 4, cases, accepted, random, pool=cases)

    def propose(self, strategy: Any, wave: Wave) -> list[Proposal | Objection]:
        """What the part proposes."""
        return list(asyncio.run(strategy.propose(wave)))

    def test_proposals_are_sound(self) -> None:
        """At most as many as asked for, of the wave's type and cases, ready to be trained on."""
        wave = self.wave()
        found = self.propose(self.make(), wave)
        proposals = [p for p in found if isinstance(p, Proposal)]
        others = [p for p in found if not isinstance(p, Proposal | Objection)]
        if others or len(proposals) > wave.count:
            fail(
                expected=f"at most {wave.count} proposals, and objections",
                found=f"{len(proposals)} proposals; besides {quoted(others)}",
                change="stop at wave.count; return Proposal and Objection records",
            )
        known = {case.problem.id for case in wave.cases}
        domain = self.services().domain
        for number, proposal in enumerate(proposals):
            lineage = proposal.lineage
            if lineage.error_type != wave.error_type.id or not set(lineage.parents) <= known:
                fail(
                    expected="a lineage with the wave's error type and parents among its cases",
                    found=quoted(lineage),
                    change="fill Lineage(strategy=…, error_type=wave.error_type.id, parents=…)",
                )
            made = example(
                Candidate(id=f"{number}", wave=0, body=proposal.body, lineage=lineage), domain
            )
            if any(span.end > len(made.completion) for span in made.spans) or not made.completion:
                fail(
                    expected="a completion to train on, and spans within it",
                    found=quoted(made),
                    change="let spans count characters of the text that they belong to",
                )

    def test_proposals_depend_on_the_wave_alone(self) -> None:
        """The same wave, the same proposals, by whichever instance."""
        first, second = (self.propose(self.make(), self.wave()) for _ in range(2))
        if first != second:
            fail(
                expected="the same proposals for the same wave",
                found="other ones at the second time",
                change="draw from wave.random only, in an order that does not depend on who is quicker",
            )

    def test_waves_come_to_an_end(self) -> None:
        """Nothing for no cases; and a strategy either goes on with new proposals, or returns none."""
        empty = self.wave()
        none = Wave(empty.error_type, 0, 4, (), (), stream(0, "none"))
        found = [p for p in self.propose(self.make(), none) if isinstance(p, Proposal)]
        if found:
            fail(
                expected="no proposals where a type has no cases",
                found=f"{len(found)}",
                change="return [] when wave.cases is empty",
            )
        strategy = self.make()
        for number in range(self.most_waves):
            if not self.propose(strategy, self.wave(number)):
                return


class VerifierSuite(PartSuite):
    """Sound candidates pass; planted ones do not; the same every time. Override ``planted``."""

    kind = "verifier"

    def planted(self) -> Sequence[Candidate]:
        """Candidates that it must object to, in the order in which they come."""
        fail(
            expected="candidates that this verifier is there to find",
            found="the suite does not override `planted`",
            change="return a few Candidates that it must object to",
        )

    def judged(self, candidates: Sequence[Candidate]) -> list[Objection | None]:
        """As the engine does: each on its own, then beside those that were accepted."""
        verifier = self.make()
        found: list[Objection | None] = []
        for candidate in candidates:
            objection = asyncio.run(verifier.verify(candidate)) or verifier.admit(candidate)
            if objection is None:
                verifier.accepted(candidate)
            found.append(objection)
        return found

    def test_sound_candidates_pass(self) -> None:
        """Bodies of every kind."""
        candidates = self.candidates()
        objected = [
            f"{candidate.body.kind} {candidate.id}: {found.reason}, {found.detail}"
            for candidate, found in zip(candidates, self.judged(candidates), strict=True)
            if found is not None
        ]
        if objected:
            fail(
                expected="no objection to sound candidates, whatever the kind of their body",
                found=some(objected),
                change="return None for what this verifier is not about; or override `candidates` in"
                " the suite, if these are not sound to it",
            )

    def test_planted_candidates_are_objected_to(self) -> None:
        """Every one, with a detail that says why."""
        planted = list(self.planted())
        for candidate, found in zip(planted, self.judged(planted), strict=True):
            if found is None or not (found.detail or found.evidence):
                fail(
                    expected=f"an objection to {candidate.id}, with a detail",
                    found=quoted(found),
                    change="return Objection(reason=…, detail=…) from verify or admit",
                )

    def test_judgements_are_the_same_every_time(self) -> None:
        """By whichever instance."""
        both = [*self.candidates(), *self.planted()]
        if self.judged(both) != self.judged(both):
            fail(
                expected="the same judgements of the same candidates",
                found="other ones at the second time",
                change="draw from services.random(name), and depend on what was accepted alone",
            )


class Memory(dict[str, JsonValue]):
    """A memo that forgets at the end of the test."""

    def put(self, key: str, value: JsonValue) -> None:
        """See ``errata.parts.Memo``."""
        self[key] = value


class SelectorSuite(PartSuite):
    """One selection per candidate, the same every time, also when interrupted."""

    kind = "selector"

    def dev(self) -> DevCases:
        """Held-out cases: of each type, bad ones; and good ones."""
        problems = list(self.problems())
        bad = {"t0": problems[:4], "t1": problems[4:8]}
        return DevCases(bad=bad, all_bad=problems[:8], good=problems[8:])

    def test_every_candidate_is_decided_on(self) -> None:
        """Once each, with ranks from 1; and at least one is kept."""
        candidates = self.candidates()
        found = list(self.make().select(candidates, self.dev(), Memory()))
        if sorted(s.candidate_id for s in found) != sorted(c.id for c in candidates):
            fail(
                expected=f"one selection for each of {len(candidates)} candidates",
                found=f"{len(found)}, of {quoted(sorted(s.candidate_id for s in found))}",
                change="return one Selection per candidate, with its candidate_id, kept or not",
            )
        if min(s.rank for s in found) < 1 or not any(s.kept for s in found):
            fail(
                expected="ranks from 1, and something kept of sound candidates",
                found=f"{sum(s.kept for s in found)} kept, lowest rank {min(s.rank for s in found)}",
                change="rank from 1 for the best; round fractions up",
            )

    def test_selections_are_the_same_every_time(self) -> None:
        """By whichever instance, and with a memo that an interrupted stage left."""
        memo = Memory()
        first, again, resumed = (
            list(self.make().select(self.candidates(), self.dev(), m))
            for m in (memo, Memory(), memo)
        )
        if not first == again == resumed:
            fail(
                expected="the same selections at another time, and from a memo that was filled before",
                found=f"other ones {'at another time' if first != again else 'from the memo'}",
                change="draw from services.random(name); put only finished results into the memo",
            )

    def test_nothing_to_measure_on_is_a_value_error(self) -> None:
        """Without dev cases a selector selects, or raises ValueError."""
        nothing = DevCases(bad={}, all_bad=(), good=())
        try:
            found = list(self.make().select(self.candidates(), nothing, Memory()))
        except ValueError:
            return
        if len(found) != len(self.candidates()):
            fail(
                expected="one selection per candidate, or ValueError, where there are no dev cases",
                found=f"{len(found)} selections",
                change="raise ValueError with a sentence that says which set is wanted",
            )
