"""What a model has been made to do, in tokens; padding never counts.

Not covered: seconds, and the work of training.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Work:
    """Tokens since the target was made.

    ``read`` were encoded: prompts (a beginning that several share once) and scored continuations.
    ``written`` were generated. ``differentiated`` went through a pass with its gradient, which costs
    about three times a plain one; they are not in ``read``.
    """

    read: int = 0
    written: int = 0
    differentiated: int = 0

    @property
    def tokens(self) -> int:
        """All of them as plain passes: read, written, and three times those with a gradient."""
        return self.read + self.written + 3 * self.differentiated
