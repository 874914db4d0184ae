"""Conformance of a domain's checking: right, wrong, undecided, and whatever a model may write."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from errata.domain import Domain
from errata.drafts import Draft
from errata.records import Problem, Verdict
from errata.testing.advice import fail, quoted, some
from errata.testing.domain_bench import DomainBench
from errata.testing.fuzzing import odd_responses
from errata.testing.isolation import Ended, Tell, apart


class AnswerTests(DomainBench):
    """Tests of ``errata_check``."""

    def test_reference_answers_are_right(self) -> None:
        """Gold is accepted, and counts as stated in the form that the prompt asks for."""
        asked = self.asked
        found = self.verdicts(asked, [self.right_response(problem) for problem in asked])
        not_right = [_told(p, v) for p, v in zip(asked, found, strict=True) if v.outcome != "right"]
        if not_right:
            fail(
                expected="every right response is right",
                found=f"{len(not_right)} of {len(asked)} are not:\n          {some(not_right)}",
                change="mend errata_check; or override `right_response` in the suite, if a right"
                " response is not the problem's solution",
            )
        unstated = [
            _told(p, v)
            for p, v in zip(asked, found, strict=True)
            if not v.explicit or v.extracted is None
        ]
        if unstated:
            fail(
                expected="a right response states its answer: `explicit` true, `extracted` the answer",
                found=f"{len(unstated)} of {len(asked)} do not:\n          {some(unstated)}",
                change="fill `extracted` with the answer that was found, and leave `explicit` true"
                " where the response has the form that the prompt asks for; what is not stated"
                " is never diagnosed",
            )

    def test_changed_answers_are_not_right(self) -> None:
        """Another answer than the reference is refused."""
        asked, random = self.asked, self.random("changed")
        changed = [self.wrong_response(problem, random) for problem in asked]
        found = self.verdicts(asked, changed)
        right = [
            f"{_told(p, v)} for {quoted(response)}"
            for p, response, v in zip(asked, changed, found, strict=True)
            if v.outcome == "right"
        ]
        if right:
            fail(
                expected="no response with another answer than the reference is right",
                found=f"{len(right)} of {len(asked)} are:\n          {some(right)}",
                change="make errata_check compare whole answers; or override `wrong_answer` in the"
                " suite, if what it makes is right as well",
            )

    def test_verdicts_are_three_valued(self) -> None:
        """Wrong where an answer is stated, not right where none is, undecided only with a reason; and
        each verdict depends on its own response alone."""
        asked, random = self.asked, self.random("three")
        changed = [self.wrong_response(problem, random) for problem in asked]
        found = self.verdicts(asked, changed)
        if all(verdict.outcome == "undecided" for verdict in found):
            fail(
                expected="a wrong answer that is stated is `wrong`",
                found=f"all {len(found)} are `undecided`, the first because {quoted(found[0].reason)}",
                change="return `undecided` only for what cannot be judged: only `wrong` becomes a bad"
                " case, so this domain would never find an error",
            )
        self._blank_is_no_answer(asked)
        answered = [self.right_response(asked[0]), *changed, *self.blank, "I do not know."]
        problems = [asked[0], *asked, *[asked[0]] * (len(self.blank) + 1)]
        together = self.verdicts(problems, answered)
        mute = [_told(p, v) for p, v in zip(problems, together, strict=True) if _mute(v)]
        if mute:
            fail(
                expected="an undecided verdict with its `reason`",
                found=f"{len(mute)} without one:\n          {some(mute)}",
                change="say in `reason` why it could not be judged; reports count by it",
            )
        self._each_alone(problems, answered, together)

    def _blank_is_no_answer(self, asked: Sequence[Problem]) -> None:
        for response in self.blank:
            for problem, verdict in zip(
                asked, self.verdicts(asked, [response] * len(asked)), strict=True
            ):
                stated = verdict.explicit and verdict.extracted is not None
                if verdict.outcome == "right" or (verdict.outcome == "wrong" and stated):
                    fail(
                        expected=f"{response!r} states no answer: not right, and `explicit` false or"
                        " `extracted` None",
                        found=_told(problem, verdict),
                        change="leave `extracted` None where no answer is found (the attempt is then a"
                        " format slip, not an error of the model); or leave it out of `blank`",
                    )

    def _each_alone(
        self, problems: Sequence[Problem], answered: Sequence[str], together: Sequence[Verdict]
    ) -> None:
        for problem, response, verdict in zip(problems, answered, together, strict=True):
            [alone] = self.verdicts([problem], [response])
            if alone != verdict:
                fail(
                    expected="the same verdict alone and in a batch",
                    found=f"{_told(problem, alone)} alone, {_told(problem, verdict)} in a batch of"
                    f" {len(problems)}, for {quoted(response)}",
                    change="let each verdict of errata_check depend on its own problem and response",
                )

    def test_odd_responses_do_no_harm(self) -> None:
        """A thousand responses that no one would write: nothing hangs, raises, or is executed."""
        asked, domain = self.asked, self.ready
        rights = [self.right_response(problem) for problem in asked]
        with tempfile.TemporaryDirectory(prefix="errata-odd-") as folder:
            canary = Path(folder) / "executed"
            odd = list(odd_responses(self.random("odd"), rights, self.fuzzed, canary))

            def work(tell: Tell) -> None:
                for number, (place, response) in enumerate(odd):
                    tell(number)
                    _try(domain, asked[place], response)

            ended = apart(work, self.patience)
            executed = canary.exists()
        last = quoted(odd[ended.last][1]) if 0 <= ended.last < len(odd) else "nothing"
        if executed:
            fail(
                expected="no response is ever executed",
                found=f"one of the first {ended.last + 1} odd responses created a file, as it does"
                f" when executed; the last was {last}",
                change="never hand a response to eval, exec, a shell or a template; parse it",
            )
        self._survived(ended, last)

    def _survived(self, ended: Ended, last: str) -> None:
        if ended.hung:
            fail(
                expected=f"a verdict within {self.patience:g} seconds (`patience`)",
                found=f"none for odd response {ended.last}: {last}",
                change="bound the work of errata_check (length, nesting, size of numbers, backtracking"
                " of expressions), or do it in a process that can be ended; return `undecided`",
            )
        if ended.raised or ended.died:
            fail(
                expected="a verdict for whatever is written",
                found=f"{ended.raised or 'the process ended'} for odd response {ended.last}: {last}",
                change="catch what your parser raises and return `undecided` with the reason, or"
                " `wrong` with `extracted` None",
            )


def _try(domain: Domain, problem: Problem, response: str) -> None:
    domain.check([problem], [response])
    domain.steps(problem, response)
    domain.problem(Draft(question=problem.question, solution=response, answer=response[-200:]))


def _mute(verdict: Verdict) -> bool:
    return verdict.outcome == "undecided" and not verdict.reason


def _told(problem: Problem, verdict: Verdict) -> str:
    stated = "" if verdict.explicit else ", explicit=False"
    why = verdict.reason or verdict.rule
    return (
        f"{problem.id}: {verdict.outcome}, extracted={quoted(verdict.extracted)}{stated}"
        f" (reference {quoted(problem.answer)}{f'; {why}' if why else ''})"
    )
