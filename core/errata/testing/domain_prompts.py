"""Conformance of what a domain writes: prompts for the target; templates and drafts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, JsonValue

from errata.calls.reading import read_reply
from errata.drafts import Draft
from errata.errors import ErrataError
from errata.plugins import Catalogue
from errata.prompting import Purpose, Template
from errata.records import Objection, Problem
from errata.stages.second_look import OWN_SOLUTION
from errata.testing.advice import fail, quoted
from errata.testing.domain_bench import DomainBench

_GUIDANCE = "Mind the 7 signs of haste."


class PromptTests(DomainBench):
    """Tests of ``errata_target_prompt``, ``errata_prompt`` and ``errata_problem``.

    ``variables`` are values for templates of purposes of your own.
    """

    variables: Mapping[str, object] = {}

    def test_every_prompt_renders_on_every_problem(self) -> None:
        """With and without a demonstration and guidance; all that share a demonstration begin alike."""
        asked, domain = self.asked, self.ready
        shown = asked[0]
        beginnings = set()
        for problem in asked:
            for demonstration in (None, shown):
                for guidance in (None, _GUIDANCE):
                    prompt = domain.target_prompt(problem, demonstration, guidance)
                    self._can_be_read(problem, prompt.messages, guidance)
            taught = domain.target_prompt(problem, shown)
            self._shows(shown, "\n".join(m.content for m in taught.messages))
            beginnings.add(tuple((m.role, m.content) for m in taught.messages[:-1]))
        if len(beginnings) > 1:
            fail(
                expected="the same messages before the last one in all prompts with one demonstration",
                found=f"{len(beginnings)} different beginnings",
                change="put the demonstration first and word it without regard to the problem that"
                " follows: targets encode a shared beginning once",
            )

    def _can_be_read(self, problem: Problem, messages: Sequence[Any], guidance: str | None) -> None:
        text = "\n".join(message.content for message in messages)
        if not messages or messages[-1].role != "user":
            fail(
                expected="messages that end with the user's",
                found=f"{[m.role for m in messages]} for {problem.id}",
                change="let errata_target_prompt end with the question, as a message of the user",
            )
        if problem.question.strip() not in text:
            fail(
                expected="the question in the prompt",
                found=f"it is not in the prompt for {problem.id}: {quoted(text)}",
                change="let errata_target_prompt show `problem.question` as it stands",
            )
        if guidance and guidance not in text:
            fail(
                expected="guidance in the prompt where there is some",
                found=f"the guidance is not in the prompt for {problem.id}",
                change="let errata_target_prompt show `guidance` before the question",
            )

    def _shows(self, shown: Problem, text: str) -> None:
        # The solution says enough where it is what is to be written, as of a program, whose answer
        # is its tests.
        solved = bool(shown.solution.strip()) and shown.solution.strip() in text
        lacking = [] if shown.question.strip() in text else ["question"]
        if not solved and shown.answer.strip() not in text:
            lacking.append("answer")
        if lacking:
            fail(
                expected="the demonstration, its question and its solution or answer, in the prompt",
                found=f"no {' and no '.join(lacking)} of {shown.id} in {quoted(text)}",
                change="let errata_target_prompt show the demonstration's question and solution first",
            )

    def test_stop_patterns_leave_answers_whole(self) -> None:
        """A response that is cut where a target would stop is still right."""
        asked, domain = self.asked, self.ready
        for problem in asked:
            response = self.right_response(problem)
            stop = domain.target_prompt(problem).stop
            try:
                patterns = [re.compile(pattern) for pattern in stop]
            except re.error as error:
                fail(
                    expected="stop patterns that are regular expressions",
                    found=f"{quoted(stop)} for {problem.id}: {error}",
                    change="mend `TargetPrompt.stop`; escape what is meant as it stands",
                )
            cut = _cut(response, patterns)
            [verdict] = self.verdicts([problem], [cut])
            [whole] = self.verdicts([problem], [response])
            if whole.outcome == "right" != verdict.outcome:
                fail(
                    expected="a right response is right as far as the target writes it",
                    found=f"{problem.id}: stopped after {quoted(cut)}, which is {verdict.outcome}",
                    change="let a stop pattern match only after the whole answer: a closed line, a"
                    " closed bracket",
                )

    def test_templates_render_and_read_replies(self) -> None:
        """Every template that an instructor may be asked with, on every problem; and a reply in the
        form that is asked for reads."""
        asked, domain = self.asked, self.ready
        for purpose in _purposes():
            path = domain.prompt(purpose.name) or purpose.template
            try:
                template = Template(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                fail(
                    expected=f"a template for {purpose.name}",
                    found=f"{path}: {error}",
                    change="let errata_prompt return the path of a Jinja2 file of yours, or None",
                )
            unknown = sorted(template.variables - set(purpose.variables))
            if unknown:
                fail(
                    expected=f"a template for {purpose.name} that uses {', '.join(purpose.variables)}",
                    found=f"{path} uses {', '.join(unknown)}",
                    change="take out what is not on offer; docs/instructors.md lists the variables",
                )
            schema = purpose.reply.model_json_schema()
            for problem in asked:
                self._renders(purpose, template, problem, str(path))
                _reads(purpose, _sample(schema, problem), problem)

    def _renders(
        self, purpose: Purpose[Any], template: Template, problem: Problem, path: str
    ) -> None:
        values = {
            **_values(problem, self.ready.steps(problem, problem.solution)),
            **self.variables,
        }
        wanted = {name: values.get(name, problem.question) for name in purpose.variables}
        try:
            messages = template.render(wanted)
        except ValueError as error:
            fail(
                expected=f"the template for {purpose.name} renders on {problem.id}",
                found=f"{path}: {error}",
                change="mend the template; give values for variables of your own in `variables`",
            )
        text = "\n".join(message.content for message in messages)
        if "question" in template.variables and problem.question.strip() not in text:
            fail(
                expected=f"the question in the prompt for {purpose.name}",
                found=f"{path} does not show the question of {problem.id}",
                change="write {{ question }} where it is to stand, outside of conditions",
            )

    def test_drafts_become_problems(self) -> None:
        """A problem that comes back as a draft is the same problem; an empty draft is an objection."""
        asked, domain = self.asked, self.ready
        for problem in asked:
            solution = self.right_response(problem)
            draft = Draft(question=problem.question, solution=solution, answer=problem.answer)
            found = domain.problem(draft)
            if isinstance(found, Objection):
                fail(
                    expected="a draft of a sound problem becomes a problem",
                    found=f"{problem.id}: {found.reason}, {found.detail}",
                    change="let errata_problem accept the answers and solutions of your own problems,"
                    " or leave the hook out",
                )
            [verdict] = self.verdicts([found], [solution])
            if verdict.outcome != "right":
                fail(
                    expected="the draft's own solution is a right response to the problem made of it",
                    found=f"{problem.id}: {verdict.outcome}, reference {quoted(found.answer)}",
                    change="let errata_problem keep what errata_check needs in answer and `data`",
                )
            if domain.problem(draft) != found:
                fail(
                    expected="the same problem for the same draft",
                    found=f"another one at the second time, for {problem.id}",
                    change="let the id depend on the draft alone (errata.drafts.draft_id)",
                )
        self._empty_drafts(asked[0])

    def _empty_drafts(self, problem: Problem) -> None:
        for question, answer in (("", problem.answer), (problem.question, " ")):
            draft = Draft(question=question, solution="", answer=answer)
            try:
                found = self.ready.problem(draft)
            except ErrataError as error:
                found = Problem(id="raised", question=str(error), answer="-")
            if not isinstance(found, Objection):
                fail(
                    expected="an objection to a draft without a question or without an answer",
                    found=quoted(found),
                    change='return Objection(reason="unreadable", …) from errata_problem;'
                    " errata.drafts.plain_problem does",
                )


def _purposes() -> Iterator[Purpose[Any]]:
    """What the parts that are installed may ask an instructor for, each once."""
    found = {p.name: p for offer in Catalogue().offers for p in offer.part.prompts}
    yield from (found | {OWN_SOLUTION.name: OWN_SOLUTION}).values()


def _values(problem: Problem, steps: Sequence[str]) -> dict[str, object]:
    """Values for the variables of the known purposes, made of one problem."""
    example = {"question": problem.question, "solution": problem.solution, "answer": problem.answer}
    kind = {"name": "A kind", "description": "What it is.", "phrases": ["does this"]}
    group = {"number": 1, "phrases": ["does this"], "count": 3, "terms": ["this"]}
    return {
        **example,
        "after": "",
        "contrast": problem.solution,
        "count": 2,
        "description": "What it is.",
        "example": example,
        "examples": [example],
        "explanation": "It goes wrong here.",
        "final": problem.answer,
        "groups": [group],
        "keyphrases": ["does this"],
        "limit": 5,
        "names": ["A kind"],
        "phrases": ["does this", "does that"],
        "recovers": False,
        "refused": ["Other says nothing."],
        "rest": "",
        "room": 5,
        "several": 1,
        "steps": list(steps) or [problem.answer],
        "taken": ["Another kind"],
        "type_name": "A kind",
        "types": [kind],
        "unknown": "x",
    }


def _cut(response: str, patterns: Sequence[re.Pattern[str]]) -> str:
    """``response`` as far as it is written before a stop pattern is found in it."""
    for end in range(1, len(response) + 1):
        if any(pattern.search(response[:end]) for pattern in patterns):
            return response[:end]
    return response


def _reads(purpose: Purpose[Any], value: JsonValue, problem: Problem) -> None:
    """A reply as asked for, with the problem's own texts in it, comes back from what was sent."""
    wanted = purpose.reply.model_validate(value)
    try:
        found: BaseModel = read_reply(
            f"Here it is:\n```json\n{json.dumps(value)}\n```", purpose.reply
        )
    except ValueError as error:
        fail(
            expected=f"a reply to {purpose.name} that holds {problem.id} reads",
            found=str(error),
            change="this is the engine's to mend, unless the purpose is yours: report it with the text",
        )
    if found != wanted:
        fail(
            expected=f"a reply to {purpose.name} reads as it was meant",
            found=f"{quoted(found)} instead of {quoted(wanted)}",
            change="this is the engine's to mend: report it with the text of the problem",
        )


def _sample(schema: Mapping[str, Any], problem: Problem) -> JsonValue:
    """A value of the JSON ``schema``, its strings taken from ``problem``."""
    definitions = schema.get("$defs", {})
    plain: Mapping[str, JsonValue] = {"integer": 1, "number": 1, "boolean": False}

    def sample(part: Mapping[str, Any], name: str) -> JsonValue:
        while "$ref" in part or "anyOf" in part:
            name_of = str(part.get("$ref", "")).rpartition("/")[2]
            part = definitions[name_of] if name_of else part["anyOf"][0]
        kind = part.get("type")
        if kind == "object":
            return {key: sample(value, key) for key, value in part["properties"].items()}
        if kind == "array":
            return [sample(part["items"], name)]
        if kind == "string":
            return str(part.get("enum", [getattr(problem, name, "") or problem.question])[0])
        return plain.get(str(kind))

    return sample(schema, "")
