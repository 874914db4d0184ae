"""The symbolic diagnoser: names the first wrong step of an attempt from its own equations.

Not covered: grouping of diagnoses (the engine's), answer checking (``errata_math.checking``).
"""

from errata_math.diagnosis.diagnoser import SymbolicDiagnoser, diagnose_solution

__all__ = ["SymbolicDiagnoser", "diagnose_solution"]
