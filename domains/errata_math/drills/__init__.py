"""Elementary drills, generated without end from a seed, in GSM8K's annotated form.

Not covered: anything with decimals or fractions, and checking (``errata_math.checking``).
"""

from errata_math.drills.small_steps import styles
from errata_math.drills.stream import (
    KINDS,
    drill_answer,
    drill_key,
    drill_of,
    generate,
    is_drill,
    variant,
)

__all__ = [
    "KINDS",
    "drill_answer",
    "drill_key",
    "drill_of",
    "generate",
    "is_drill",
    "styles",
    "variant",
]
