"""The verifiers that ask a model, as offers.

Not covered: the verifiers that only look (``plugin.py``).
"""

from __future__ import annotations

from errata.parts import Part
from errata_strategies.agreement import Agreement
from errata_strategies.difficulty import Difficulty
from errata_strategies.executable import PROGRAM, Executable, lacking
from errata_strategies.judge import JUDGE, Judge
from errata_strategies.settings import (
    AgreementSettings,
    DifficultySettings,
    ExecutableSettings,
    JudgeSettings,
)
from errata_strategies.solving import SOLVE

ASKING_VERIFIERS = (
    Part(
        name="agreement",
        kind="verifier",
        settings=AgreementSettings,
        make=Agreement,
        summary="Independent solutions by the instructor come to the same answer.",
        needs_instructor=True,
        prompts=(SOLVE,),
    ),
    Part(
        name="executable",
        kind="verifier",
        settings=ExecutableSettings,
        make=Executable,
        summary="A program that the instructor writes, run in isolation, computes the answer.",
        needs_instructor=True,
        prompts=(PROGRAM,),
        check=lacking,
    ),
    Part(
        name="judge",
        kind="verifier",
        settings=JudgeSettings,
        make=Judge,
        summary="The instructor judges question and solution.",
        needs_instructor=True,
        prompts=(JUDGE,),
    ),
    Part(
        name="difficulty",
        kind="verifier",
        settings=DifficultySettings,
        make=Difficulty,
        summary="The target solves it neither nearly always nor nearly never.",
        needs=frozenset({"generate", "sample"}),
    ),
)
