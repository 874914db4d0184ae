"""Agreement, judge and difficulty against scripted replies: right, wrong, and none at all."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from errata.records import (
    QA,
    Correction,
    Generation,
    Pair,
    Trajectory,
)
from errata_strategies.judge import right_solution
from errata_strategies.settings import AgreementSettings, DifficultySettings
from scripted.asking import failing
from scripted.verifying import SUM, candidate, made, verified

FINE = {"explanation": "ok", "well_posed": True, "one_answer": True, "right": True}


class Writer:
    """A target that writes what it is told to; ``batches`` are the sizes it was asked for."""

    batch_size = 3

    def __init__(self, texts) -> None:
        self.texts, self.batches, self.drawn = list(texts), [], []

    def generate(self, prompts):
        self.batches.append(("greedy", len(prompts)))
        return [self._next() for _ in prompts]

    def sample(self, prompts, temperature, random):
        self.batches.append((temperature, len(prompts)))
        self.drawn += [own.random() for own in random]
        return [self._next() for _ in prompts]

    def _next(self):
        text = self.texts.pop(0)
        return Generation(text=text or "", finish="unanswered" if text is None else "stop")


def solving(*answers):
    def reply(_prompt, before):
        answer = answers[before]
        return answer if not isinstance(answer, str) else {"solution": "so", "answer": answer}

    return {"solve": reply}


@pytest.mark.parametrize(
    ("answers", "settings", "reason"),
    [
        (("5", "5.0", "10/2"), {}, None),
        (("5", "5", "6"), {}, "no-agreement"),
        (("6", "6", "6"), {}, "no-agreement"),
        (("5", "6", "5"), {"agree": 0.6}, None),
        (("5", "6", "7"), {"agree": 0.6}, "no-agreement"),
        (("5", "", "5"), {}, "no-agreement"),
        (("5", failing("unanswered"), "5"), {}, "unanswered"),
        (("5", failing("refused"), "6"), {}, "no-agreement"),
        (("5", failing("unreadable"), "5"), {"agree": 0.6}, None),
        ((failing("over-length"),), {"samples": 1}, "over-length"),
        (("5", "whatever", "5"), {}, "no-agreement"),
    ],
)
def test_agreement(answers, settings, reason) -> None:
    found, _ = verified("agreement", solving(*answers), **settings)
    assert (found.reason if found else None) == reason
    if found:
        assert found.by == "agreement"
        texts = [answer for answer in answers if isinstance(answer, str)]
        assert found.evidence["answers"] == texts


def test_solutions_are_drawn_apart_and_without_the_candidates_own() -> None:
    _, asked = verified("agreement", solving("5", "5", "5"))
    assert len({prompt.replica for prompt in asked.prompts}) == 3
    assert {prompt.sampling["temperature"] for prompt in asked.prompts} == {0.7}
    assert all("2+3=5" not in str(prompt.messages) for prompt in asked.prompts)


def test_undecided_never_agrees() -> None:
    odd = QA(problem=SUM.model_copy(update={"answer": "whatever it may be"}))
    found, _ = verified("agreement", solving(*["7"] * 3), body=odd)
    assert found.reason == "no-agreement"


def test_needed_rounds_up_and_is_exact() -> None:
    assert [AgreementSettings(samples=5, agree=a).needed for a in (0.2, 0.21, 0.6, 1)] == [
        1,
        2,
        3,
        5,
    ]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, None),
        ({"well_posed": False}, "ill-posed"),
        ({"one_answer": False}, "ill-posed"),
        ({"right": False}, "wrong-answer"),
        ({"well_posed": False, "right": False}, "ill-posed"),
        (failing("refused"), "refused"),
        (failing("unanswered"), "unanswered"),
    ],
)
def test_judge(said, reason) -> None:
    found, asked = verified(
        "judge", {"judge": {**FINE, **said} if isinstance(said, dict) else said}
    )
    assert (found.reason if found else None) == reason
    assert found is None or found.by == "judge"
    assert "2+3=5" in asked.asked[0][1]


def test_what_is_judged_is_what_is_taught() -> None:
    wrong = ("2+2=4", "4+2=6")
    bodies = [
        Correction(
            problem=SUM, wrong_steps=wrong, wrong_step=2, explanation="no", corrected="4+1=5"
        ),
        Pair(problem=SUM, prefix="so ", chosen="5", rejected="6"),
        Trajectory(problem=SUM, text="6, wait, 5"),
    ]
    told = [right_solution(candidate(body)) for body in bodies]
    assert told == ["2+2=4\n4+1=5", "so 5", "6, wait, 5"]
    _, asked = verified("judge", {"judge": FINE}, body=bodies[2])
    assert "takes back" in asked.asked[0][1]


@pytest.mark.parametrize(
    ("texts", "settings", "reason"),
    [
        (["#### 5", "#### 6", "#### 5", "#### 7"], {"samples": 4}, None),
        (["#### 5"] * 4, {"samples": 4}, "too-easy"),
        (["#### 6"] * 4, {"samples": 4}, "too-hard"),
        (["I do not know."] * 4, {"samples": 4}, "too-hard"),
        ([None, None, "#### 5", "#### 6"], {"samples": 4}, None),
        ([None] * 4, {"samples": 4}, "unanswered"),
        (["#### 6"], {"samples": 1, "least": 0}, None),
        (["#### 5"], {"samples": 1, "least": 0}, "too-easy"),
    ],
)
def test_difficulty(texts, settings, reason) -> None:
    target = Writer(texts)
    found, _ = verified("difficulty", target=target, **settings)
    assert (found.reason if found else None) == reason
    greedy = settings["samples"] == 1
    assert target.batches == ([("greedy", 1)] if greedy else [(1.0, 3), (1.0, 1)])


def test_samples_of_a_wave_are_drawn_together_from_streams_of_their_own() -> None:
    apart, together = Writer(["#### 5", "#### 6"] * 3), Writer(["#### 5", "#### 6"] * 3)
    wave = [candidate(name=f"c{n}") for n in range(3)]
    one, _ = made("difficulty", target=apart, samples=2)
    two, _ = made("difficulty", target=together, samples=2)
    two.look_ahead(wave)
    found = [[asyncio.run(v.verify(c)) for c in wave] for v in (one, two)]
    assert found == [[None] * 3] * 2
    assert [size for _, size in apart.batches] == [2, 2, 2]
    assert [size for _, size in together.batches] == [3, 3]
    assert apart.drawn == together.drawn
    assert len(set(apart.drawn)) == 6


def test_a_band_that_no_rate_fits_is_refused() -> None:
    with pytest.raises(ValidationError, match="every candidate would be refused"):
        DifficultySettings(samples=1)
