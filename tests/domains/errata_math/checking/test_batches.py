"""Batches keep their order, and a plain verdict loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

from errata_math.checking import check_batch


def test_a_batch_keeps_its_order() -> None:
    pairs = [(str(k), str(k if k % 3 else k + 1)) for k in range(30)]
    outcomes = [v.outcome for v in check_batch(pairs, "expr")]
    assert outcomes == ["right" if k % 3 else "wrong" for k in range(30)]


def test_a_plain_verdict_needs_neither_sympy_nor_mpmath() -> None:
    code = (
        "import sys; from errata_math.checking import check_expr;"
        "assert check_expr('1/2', '0.5').outcome == 'right';"
        "assert check_expr('(x+1)^2', 'x^2+2x+1').outcome == 'right';"
        "print([m for m in ('sympy', 'mpmath', 'numpy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
