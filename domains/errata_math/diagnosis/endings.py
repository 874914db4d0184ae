"""Attempts whose steps all stand, but whose answer is not the reference's.

Not covered: wrong steps (``slips.py``, ``detours.py``).
"""

from __future__ import annotations

from errata_math.diagnosis.findings import Finding
from errata_math.diagnosis.reference import Reference
from errata_math.diagnosis.work import Work


def ending(work: Work, reference: Reference) -> Finding:
    """Why the answer is wrong although no step is."""
    answer, final = reference.answer, work.final
    if not work.claims:
        return Finding("no readable equation", expected=answer, found=final)
    reached = [claim for claim in work.claims if claim.value == answer]
    if final is None:
        return Finding("no final answer", None, role="answer", expected=answer)
    values = [claim.value for claim in work.claims]
    if reached:
        after = [claim for claim in work.claims if claim.step > reached[0].step]
        if final in values and after and final != reached[0].value:
            step = after[0].step
            return Finding(
                "went on after the answer", step, role="ending", expected=answer, found=final
            )
        return _copied(work, reference)
    if final in values:
        return Finding(
            "stopped before the last step",
            max(claim.step for claim in work.claims if claim.value == final),
            role="ending",
            expected=answer,
            found=final,
        )
    return _copied(work, reference)


def _copied(work: Work, reference: Reference) -> Finding:
    step = work.steps
    if work.final is not None:
        later = [
            number
            for number, value in work.mentioned
            if value == abs(work.final) and number >= work.claims[-1].step
        ]
        step = later[0] if later else work.steps
    if work.final in reference.given:
        return Finding(
            "a number of the question given as the answer",
            step,
            role="answer",
            expected=reference.answer,
            found=work.final,
        )
    return Finding(
        "answer differs from own result",
        step,
        role="answer",
        expected=work.claims[-1].value,
        found=work.final,
    )
