"""The logic domain passes the conformance suite: on generated problems, and on rows of files."""

from __future__ import annotations

import json

from errata.records import Problem
from errata.testing import DomainSuite
from errata.testing.domain_bench import candidate
from errata_logic.plugin import LogicDomain

ROWS = [
    ("Some A are B. No B is C. Is it certain that no A is C?", "Uncertain", None),
    ("All A are B. x is A. Is x B?", "True", None),
    ("All A are B. x is not B. Is x A?", "False", None),
    ("Which is the largest?\nA) A mouse. B) A whale.", "B", ["A) A mouse.", "B) A whale."]),
]


class TestGenerated(DomainSuite):
    domain = LogicDomain
    source = "gym:chain_sum,leg_counting@0,word_sequence_reversal?max_words=4,mini_sudoku"
    limit = 16


class TestRows(DomainSuite):
    domain = LogicDomain

    def problems(self):
        return [
            Problem(
                id=f"{n}",
                question=question,
                answer=answer,
                solution=f"Think.\nAnswer: {answer}",
                data={"options": options} if options else {},
            )
            for n, (question, answer, options) in enumerate(ROWS)
        ]

    def test_variants_are_right(self):
        """Rows have no variants."""
        found = {self.ready.variant(problem, self.random("none")).reason for problem in self.asked}
        assert found == {"no-variant"}

    def test_recomputation_objects_to_planted_errors(self):
        """Nothing is known of rows but their answers."""
        rng = self.random("planted")
        wrong = [candidate(self.wrong_candidate(problem, rng)) for problem in self.asked]
        assert [self.ready.verify(planted) for planted in wrong] == [None] * len(ROWS)


def test_rows_of_a_file_are_read(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a, _ in ROWS))
    found = list(LogicDomain().errata_problems(str(path), "test", 0))
    assert [problem.answer for problem in found] == ["Uncertain", "True", "False", "B"]
