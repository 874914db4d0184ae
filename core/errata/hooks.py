"""The hooks of errata: this file is the architecture page.

A *domain* is a pluggy plugin that answers the domain hooks below; the engine itself knows no subject.
Every hook has one plain implementation per run (the domain's); other active plugins may only *wrap*
it. ``errata_verify`` and ``errata_parts`` are collected from every active plugin instead.

Anatomy of each hook: called when · you return · if you raise · smallest example. Whatever you raise,
raise plain Python: the engine attributes it to your plugin, the stage and the round.

    from errata.hooks import hookimpl

    class Trivia:
        @hookimpl
        def errata_check(self, problems, responses): ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

import pluggy

from errata.calls.watching import Live
from errata.drafts import Draft
from errata.fingerprints import Fingerprints
from errata.parts import Part
from errata.records import (
    Candidate,
    Objection,
    Problem,
    RoundRecord,
    TargetPrompt,
    Verdict,
)

PROJECT = "errata"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """Hook specifications."""

    # --- a domain answers -------------------------------------------------------------------------

    @hookspec(firstresult=True)
    def errata_problems(self, source: str, split: str, seed: int) -> Iterator[Problem]:
        """Problems of one source.

        Called when a run is set up, once per source of the recipe. ``source`` is what the recipe
        says: a name of yours, or a path; ``seed`` is for generators.
        You return an iterator of problems with ids unique within the source; it may be endless, the
        recipe's ``limit`` ends it. Without this hook, ``source`` must be a JSONL or Parquet path or
        ``hf:NAME`` (``errata.sources.read_problems``).
        If you raise LookupError, the run stops with your message: say which sources exist.

            def errata_problems(self, source, split, seed):
                return errata.sources.read_problems(source, split)
        """

    @hookspec(firstresult=True)
    def errata_target_prompt(
        self, problem: Problem, demonstration: Problem | None, guidance: str | None
    ) -> TargetPrompt:
        """What the target reads.

        Called for every attempt, every training example, and every demonstration in selection.
        You return messages and the stop patterns that mark a finished answer; with a demonstration,
        its question and solution come first as a worked example, worded so that all prompts with
        the same demonstration share their beginning.
        If you raise, the run stops.

            def errata_target_prompt(self, problem, demonstration, guidance):
                return TargetPrompt(messages=(Message(role="user", content=problem.question),))
        """

    @hookspec(firstresult=True)
    def errata_check(
        self, problems: Sequence[Problem], responses: Sequence[str]
    ) -> Sequence[Verdict]:
        """Right, wrong or undecided.

        Called with batches of problems and the target's responses to them.
        You return one verdict each, in order. "undecided" (with the reason) never becomes a bad case;
        set ``explicit=False`` when the response does not state its answer as the prompt asked.
        If you raise, the run stops: return "undecided" for what you cannot judge.

            def errata_check(self, problems, responses):
                return [Verdict(problem_id=p.id, outcome="right" if p.answer in r else "wrong")
                        for p, r in zip(problems, responses)]
        """

    @hookspec(firstresult=True)
    def errata_equal(self, gold: str, answer: str) -> Verdict:
        """Whether a bare answer equals a reference.

        Called by ``errata grade`` for rows of kind "expr", where there is no response to extract an
        answer from.
        You return a verdict (leave ``problem_id`` empty). Without this hook the answer is checked as
        a whole response.
        If you raise, grading stops: return "undecided" for what you cannot judge.

            def errata_equal(self, gold, answer):
                same = gold.strip() == answer.strip()
                return Verdict(problem_id="", outcome="right" if same else "wrong", extracted=answer)
        """

    @hookspec(firstresult=True)
    def errata_steps(self, problem: Problem, solution: str) -> Sequence[str]:
        """A solution as steps.

        Called wherever a solution is shown or diagnosed by step; steps are numbered from 1.
        You return the steps in order. Without this hook: the non-empty lines.
        If you raise, the run stops.

            def errata_steps(self, problem, solution):
                return solution.split(". ")
        """

    @hookspec(firstresult=True)
    def errata_variant(self, problem: Problem, random: Random) -> Problem | Objection:
        """A new problem of the same kind, its solution computed.

        Called by strategies that need no instructor (``redraw``), many times per problem.
        You return a problem whose answer you computed (never guessed), or an objection with reason
        ``no-variant`` whose detail says why this problem has none. Without this hook no problem has
        a variant. Use ``random`` only: the same stream must give the same problem.
        If you raise, the run stops.

            def errata_variant(self, problem, random):
                return Objection(reason="no-variant", detail="not generated")
        """

    @hookspec(firstresult=True)
    def errata_styles(self, problem: Problem) -> Mapping[str, str]:
        """A problem's solution worked in other ways.

        Called by strategies that are told to propose in more than one style (``redraw`` and the
        controls: setting ``styles``), for every problem they propose.
        You return solutions by the names of their styles, exact and in the form of
        ``problem.solution``; leave out those in which this problem would look as usual. Without this
        hook there is the usual way only.
        If you raise, the run stops.

            def errata_styles(self, problem):
                return {"short": problem.solution.splitlines()[-1]}
        """

    @hookspec(firstresult=True)
    def errata_prompt(self, purpose: str) -> Path | None:
        """The prompt template with which an instructor is asked.

        Called once per purpose that the recipe's parts declare: ``analysis`` (what went wrong in an
        attempt), ``similar`` (new problems of one error type), and what further plugins ask for.
        You return the path of a Jinja2 file in your package, or None: then the asking part's generic
        template serves. Lines ``[system]``, ``[user]``, ``[assistant]`` begin messages; the variables
        of each purpose are listed in docs/instructors.md. A recipe may override you by path.
        If you raise, the run stops.

            def errata_prompt(self, purpose):
                path = Path(__file__).parent / "prompts" / f"{purpose}.md"
                return path if path.exists() else None
        """

    @hookspec(firstresult=True)
    def errata_problem(self, draft: Draft) -> Problem | Objection:
        """A problem out of what an instructor drafted.

        Called for every draft (question, solution, answer) before anything verifies it.
        You return a problem with its answer in the form your checker wants, or an objection
        (``unreadable``, ``wrong-answer``) with the detail. Its id must depend on the draft alone
        (``errata.drafts.draft_id``). Without this hook: the draft as it stands.
        If you raise, the run stops.

            def errata_problem(self, draft):
                return Problem(id=draft_id(draft), question=draft.question, answer=draft.answer)
        """

    @hookspec(firstresult=True)
    def errata_fingerprints(self, problem: Problem) -> Fingerprints:
        """What makes two problems the same here.

        Called for every problem and candidate, to keep the sets disjoint and to find duplicates and
        leaks.
        You return fingerprints; a generator answers with its exact parameters and no words. Without
        this hook: normalised text, number-masked text, and the words (``errata.fingerprints``).
        If you raise, the run stops.

            def errata_fingerprints(self, problem):
                return Fingerprints(exact=problem.question.lower())
        """

    @hookspec
    def errata_verify(self, candidate: Candidate) -> Objection | None:
        """Recomputation of a candidate, pure and fast.

        Called by the ``recompute`` verifier for every candidate, on every active plugin.
        You return None, or an objection (``wrong-answer``, ``unreadable``) with the detail.
        If you raise, the run stops.

            def errata_verify(self, candidate):
                return None if candidate.body.problem.answer else Objection(reason="unreadable")
        """

    # --- a plugin offers --------------------------------------------------------------------------

    @hookspec
    def errata_parts(self) -> Sequence[Part]:
        """The parts a plugin offers to recipes.

        Called at discovery, on every installed plugin, active or not; it must not import anything
        heavy.
        You return parts. Order is irrelevant; two plugins may offer one name, and a recipe then says
        ``plugin/name``.
        If you raise, the plugin is listed as broken in ``errata plugins``.

            def errata_parts(self):
                return [Part(name="mine", kind="selector", settings=MySettings, make=make_mine)]
        """

    # --- an observer watches ----------------------------------------------------------------------

    @hookspec
    def errata_run_started(self, directory: str, rounds: int) -> None:
        """A run begins or resumes.

        Called once per invocation, before any work. You return nothing. If you raise, it is recorded
        and shown at the end, and the run goes on; so for every notice.

            def errata_run_started(self, directory, rounds): print(directory)
        """

    @hookspec
    def errata_stage_started(self, round_name: str, stage: str) -> None:
        """A stage begins or resumes.

        Called before each stage that is not finished yet; ``round_name`` is "setup", "base",
        "round-0", "round-1"…
        You return nothing; an exception is recorded.

            def errata_stage_started(self, round_name, stage): print(round_name, stage)
        """

    @hookspec
    def errata_stage_progress(self, done: int, total: int) -> None:
        """Work moved on within the stage that is running.

        Called often; be quick. You return nothing; an exception is recorded.

            def errata_stage_progress(self, done, total): bar.update(done)
        """

    @hookspec
    def errata_stage_finished(self, round_name: str, stage: str, seconds: float) -> None:
        """A stage is finished and durable.

        Called after each stage. You return nothing; an exception is recorded.

            def errata_stage_finished(self, round_name, stage, seconds): print(seconds)
        """

    @hookspec
    def errata_round_finished(self, record: RoundRecord) -> None:
        """A round is measured.

        Called after "base", the warm-up and each round. You return nothing; an exception is recorded.

            def errata_round_finished(self, record): print(record.accuracies)
        """

    @hookspec
    def errata_run_finished(self, directory: str) -> None:
        """A run is finished.

        Called once, after the last round. You return nothing; an exception is recorded.

            def errata_run_finished(self, directory): upload(directory)
        """

    @hookspec
    def errata_asking_progress(self, live: Live) -> None:
        """How asking the instructor goes.

        Called twice a second while a stage asks, and once when it ends; be quick. ``live`` has the
        figures (items done, requests in flight, rate, limit, spent, projected), and ``live.line`` says
        them in a line.
        You return nothing; an exception is recorded.

            def errata_asking_progress(self, live): print(live.line)
        """

    @hookspec
    def errata_asking_waits(self, sentence: str) -> None:
        """Nothing moves while a stage asks.

        Called when nothing has moved for half a minute, and when a stage that ends early waits for
        replies that are paid for; ``sentence`` says what is being waited for.
        You return nothing; an exception is recorded.

            def errata_asking_waits(self, sentence): print(sentence)
        """
