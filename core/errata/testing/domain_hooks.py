"""Conformance of a domain's other hooks: problems, steps, variants, sameness, recomputation."""

from __future__ import annotations

import json
from collections.abc import Sequence

from errata.errors import ErrataError
from errata.records import Objection, Problem
from errata.seeds import stream
from errata.testing.advice import fail, leave_out, quoted, some
from errata.testing.afresh import answers, elsewhere, named
from errata.testing.domain_bench import DomainBench, candidate

_NOBODY = "a-source-that-nobody-has"


class HookTests(DomainBench):
    """Tests of what is not the heart of a domain."""

    def test_it_registers_as_a_domain(self) -> None:
        """Its hooks are spelt and marked as the engine knows them; the two needed ones are there."""
        try:
            self.made()
        except ErrataError as error:
            fail(
                expected="a class that the engine can make and register",
                found=str(error),
                change="see docs/hooks.md for the names and arguments of hooks",
            )
        lacking = [
            h for h in ("errata_target_prompt", "errata_check") if not hasattr(self.domain, h)
        ]
        if lacking:
            fail(
                expected="a domain answers errata_target_prompt and errata_check",
                found=f"no {' and no '.join(lacking)}",
                change="write the method, with @hookimpl above it",
            )

    def test_its_module_imports_nothing_heavy(self) -> None:
        """Importing, making and offering parts load no heavy library."""
        name = named(self.domain)
        if not name:
            leave_out("the domain's class cannot be imported by its name, as an entry point would")
        task = {"plugin": name, "options": dict(self.options), "heavy": list(self.heavy)}
        found = elsewhere(task)
        if "error" in found:
            fail(
                expected=f"{name} can be imported and made in a fresh interpreter",
                found=str(found["error"]),
                change="mend what the module does when it is imported",
            )
        if found["heavy"]:
            fail(
                expected="a module that is imported in no time: every `errata` command imports it",
                found=f"{name} imports {', '.join(found['heavy'])}",
                change="move these imports into the functions that use the libraries",
            )

    def test_problems_can_be_used(self) -> None:
        """Problems with ids of their own; a source that is not there is a clear mistake."""
        domain = self.ready
        try:
            found = list(self.problems())
        except ErrataError as error:
            fail(
                expected="problems of the suite's source",
                found=str(error),
                change="mend errata_problems, or `source` and `split` in the suite",
            )
        if not found:
            fail(
                expected="at least one problem",
                found=f"none in source {self.source!r}, split {self.split!r}",
                change="mend errata_problems, or `source` and `split` in the suite",
            )
        ids = [problem.id for problem in found]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            fail(
                expected="ids that are unique within a source",
                found=f"these occur more than once: {', '.join(twice[:5])}",
                change="make the id of a problem of what tells it apart: its row, its parameters",
            )
        if self.source:
            self._unknown_source(domain.name)

    def _unknown_source(self, name: str) -> None:
        try:
            got = next(iter(self.ready.problems(_NOBODY, self.split, self.seed)), None)
        except ErrataError as error:
            if _NOBODY not in str(error) or "LookupError" in str(error):
                fail(
                    expected=f"a message that names the source {_NOBODY!r}",
                    found=str(error),
                    change='raise LookupError(f"no source {source!r}; available: …")',
                )
            return
        fail(
            expected="LookupError for a source that is not there",
            found=f"domain {name} gave {quoted(got)} for source {_NOBODY!r}",
            change='raise LookupError(f"no source {source!r}; available: …") in errata_problems',
        )

    def test_solutions_have_steps(self) -> None:
        """Steps are texts with something in them, and a solution has at least one."""
        domain = self.ready
        for problem in self.asked:
            text = self.right_response(problem)
            steps = domain.steps(problem, text)
            if not steps or not all(isinstance(step, str) and step.strip() for step in steps):
                fail(
                    expected="at least one step, and words in each",
                    found=f"{quoted(steps)} for {quoted(text)}",
                    change="let errata_steps leave blank pieces out; without the hook, lines are steps",
                )

    def test_variants_are_right(self) -> None:
        """A variant is another problem, its own solution is right, and recomputation agrees."""
        self.implements("errata_variant")
        asked, domain = self.asked, self.ready
        made = [(p, domain.variant(p, stream(self.seed, "variant", p.id))) for p in asked]
        variants = [(p, v) for p, v in made if isinstance(v, Problem)]
        for problem, found in made:
            if isinstance(found, Objection) and (found.reason != "no-variant" or not found.detail):
                fail(
                    expected="an objection with reason `no-variant` and a detail that says why",
                    found=f"{problem.id}: {found.reason}, {quoted(found.detail)}",
                    change='return Objection(reason="no-variant", detail="…") from errata_variant',
                )
        if not variants:
            fail(
                expected="a variant of at least one problem",
                found=f"none of {len(asked)}: {quoted(made[0][1])}",
                change="mend errata_variant, or leave it out: without it no problem has a variant",
            )
        for problem, variant in variants:
            self._is_another(problem, variant)
        new = [variant for _, variant in variants]
        judged = self.verdicts(new, [self.right_response(variant) for variant in new])
        wrong = [f"{v.problem_id}: {v.outcome} {v.reason}" for v in judged if v.outcome != "right"]
        if wrong:
            fail(
                expected="the solution of a variant is a right response to it",
                found=f"{len(wrong)} of {len(judged)} are not:\n          {some(wrong)}",
                change="compute the answer of a variant, and write solution and answer from it",
            )

    def _is_another(self, problem: Problem, variant: Problem) -> None:
        domain = self.ready
        same = domain.fingerprints(variant).exact == domain.fingerprints(problem).exact
        if variant.id == problem.id or same:
            fail(
                expected="a variant with an id and an exact fingerprint of its own",
                found=f"the same {'fingerprint' if same else 'id'} as {problem.id}",
                change="draw again until something changed, or return an objection `no-variant`",
            )

    def test_fingerprints_tell_problems_apart(self) -> None:
        """The same problem under another id is the same; other answers are other problems."""
        asked, domain = self.asked, self.ready
        by_key: dict[str, Problem] = {}
        for problem in asked:
            key = domain.fingerprints(problem).exact
            other = domain.fingerprints(problem.model_copy(update={"id": "another-id"})).exact
            if other != key:
                fail(
                    expected="the same exact fingerprint under another id",
                    found=f"{quoted(key)} and {quoted(other)} for {problem.id}",
                    change="make fingerprints of what is asked, not of where it stands",
                )
            first = by_key.setdefault(key, problem)
            if first.answer != problem.answer:
                fail(
                    expected="different exact fingerprints of problems with different answers",
                    found=f"{first.id} and {problem.id} share {quoted(key)}; their answers are"
                    f" {quoted(first.answer)} and {quoted(problem.answer)}",
                    change="put everything that the answer depends on into `Fingerprints.exact`"
                    + ("" if hasattr(self.domain, "errata_fingerprints") else _DEFAULT_IS_WORDS),
                )

    def test_recomputation_accepts_references(self) -> None:
        """``errata_verify`` has nothing against the domain's own problems."""
        self.implements("errata_verify")
        objected = [
            f"{problem.id}: {found.reason}, {found.detail}"
            for problem in self.asked
            if (found := self.ready.verify(candidate(problem)))
        ]
        if objected:
            fail(
                expected="no objection to a candidate that is one of the domain's own problems",
                found=f"{len(objected)}:\n          {some(objected)}",
                change="let errata_verify return None for what it cannot or need not recompute",
            )

    def test_recomputation_objects_to_planted_errors(self) -> None:
        """``errata_verify`` finds a changed answer."""
        self.implements("errata_verify")
        asked, random = self.asked, self.random("planted")
        planted = [self.wrong_candidate(problem, random) for problem in asked]
        passed = [
            f"{problem.id}: answer {quoted(wrong.answer)} instead of {quoted(problem.answer)}"
            for problem, wrong in zip(asked, planted, strict=True)
            if self.ready.verify(candidate(wrong)) is None
        ]
        if passed:
            fail(
                expected="an objection to every candidate with a wrong answer",
                found=f"{len(passed)} of {len(planted)} pass:\n          {some(passed)}",
                change="compute the answer again from the question or from `data`, and compare",
            )

    def test_results_are_equal_under_a_fixed_seed(self) -> None:
        """The same problems, prompts, verdicts, variants and fingerprints, whenever and wherever."""
        asked = self.asked
        responses = [self.right_response(problem) for problem in asked]
        reading = [self.source, self.split, self.seed, self.limit] if self.source else []
        mine, again = (answers(self.made(), asked, responses, reading) for _ in range(2))
        _same(mine, again, "at the second time")
        name = named(self.domain)
        if not name:
            return
        task = {
            "plugin": name,
            "options": dict(self.options),
            "heavy": [],
            "problems": [json.loads(problem.model_dump_json()) for problem in asked],
            "responses": responses,
            "reading": reading,
        }
        for hash_seed in ("1", "2"):
            found = elsewhere(task, hash_seed)
            _same(mine, found.get("answers", {}), "in a fresh interpreter with another hash seed")


_DEFAULT_IS_WORDS = "; the engine's default compares words and numbers, and no signs between them"


def _same(mine: dict[str, str], other: dict[str, str], where: str) -> None:
    differing: Sequence[str] = sorted(hook for hook in mine if mine[hook] != other.get(hook))
    if differing:
        fail(
            expected="the same results for the same seed",
            found=f"other ones {where} of {', '.join(differing)}",
            change="draw from the stream that is given (or errata.seeds.stream), never from the global"
            " generator or the clock; do not depend on the order of a set or on hash()",
        )
