"""What a request may cost before it leaves, and what it has cost once its reply is there.

Not covered: what is spent in all (``budget.py``), and where prices come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from errata.calls.budget import Cost
from errata.calls.wire import Prices, Reply, Request


class Costing:
    """The costs of one instructor's requests.

    A server that counts more tokens than a request can have makes the worst case worse from then on,
    and ``notice`` gets a sentence.
    """

    def __init__(self, prices: Prices | None, notice: Callable[[str], None] | None = None) -> None:
        self._prices, self._notice = prices, notice
        self._margin = 1.0

    def worst(self, request: Request) -> Cost:
        """The most that one try may cost: every byte of the prompt a token, the longest reply."""
        prompt = request.most_prompt_tokens()
        usd = self._prices.cost(prompt, request.max_tokens) if self._prices else 0.0
        tokens = math.ceil((prompt + request.max_tokens) * self._margin)
        return Cost(1, tokens, usd * self._margin)

    def actual(self, reply: Reply, worst: Cost) -> Cost:
        """What a reply cost; its worst case where the server counted nothing."""
        usage = reply.usage
        if usage is None:
            return worst
        usd = (
            self._prices.cost(usage.prompt_tokens, usage.completion_tokens) if self._prices else 0.0
        )
        return Cost(1, usage.prompt_tokens + usage.completion_tokens, usd)

    def learn(self, worst: Cost, actual: Cost) -> None:
        """Compare what a reply cost with what it could have cost."""
        over = actual.tokens / worst.tokens
        if worst.usd:
            over = max(over, actual.usd / worst.usd)
        if over <= 1:
            return
        self._margin *= over
        if self._notice:
            self._notice(
                f"the server counted {actual.tokens} tokens for a request that can have"
                f" {worst.tokens} at most: what is in flight may exceed a cap; from now on"
                f" {self._margin:.2f} times as much is reserved"
            )
