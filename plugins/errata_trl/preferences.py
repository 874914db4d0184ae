"""TRL's ``DPOTrainer`` over pairs that are tokens already.

TRL would write the chat template itself, and begin the loss where the assistant begins; here it begins
where the two completions part, and the tokens are those that ``sft`` trains on. The reference is the
model with its adapter switched off, or, where training goes on from an adapter, a frozen copy of it;
with ``method: full`` it is a second model.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def preference_trainer() -> Any:
    """The trainer class; made on demand, because its base needs trl."""
    from trl import DPOTrainer

    class PreferenceTrainer(DPOTrainer):  # type: ignore[misc]  # trl is untyped to mypy here
        """Takes rows of ``prompt_ids``, ``chosen_ids`` and ``rejected_ids``."""

        def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
            """The rows as they are."""
            return dataset

        def create_model_card(self, *_: Any, **__: Any) -> None:
            """The engine writes its own; this one is a form with a path of this machine."""

        def _send_telemetry(self) -> None:
            """Nothing about a run leaves the machine."""

    return PreferenceTrainer
