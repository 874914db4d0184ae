"""TRL's ``SFTTrainer`` with the loss computed on the labelled positions alone.

On a CPU, TRL sends every position through the output layer and masks afterwards; with prompts longer
than answers and a vocabulary of 49,152 that was most of a training step. The loss is the same. Not
covered: auxiliary losses of mixture-of-experts models, label smoothing, other loss types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from errata_trl.examples import IGNORED


@lru_cache(maxsize=1)
def answer_trainer() -> Any:
    """The trainer class; made on demand, because its base needs trl."""
    import torch
    from trl import SFTTrainer

    class AnswerTrainer(SFTTrainer):  # type: ignore[misc]  # trl is untyped to mypy here
        """Loss in nats per labelled token."""

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            """Mean cross-entropy over the labelled tokens of the step."""
            labels = inputs["labels"][:, 1:]
            rows, places = (labels != IGNORED).nonzero(as_tuple=True)

            def select(_layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
                return (given[0][rows, places][None], *given[1:])

            hook = model.get_output_embeddings().register_forward_pre_hook(select)
            try:
                outputs = model(
                    input_ids=inputs["input_ids"],
                    attention_mask=inputs["attention_mask"],
                    use_cache=False,
                )
            finally:
                hook.remove()
            total = torch.nn.functional.cross_entropy(
                outputs.logits.flatten(0, 1).float(), labels[rows, places], reduction="sum"
            )
            count = len(rows) if num_items_in_batch is None else num_items_in_batch
            loss = total / count
            return (loss, outputs) if return_outputs else loss

        def _send_telemetry(self) -> None:
            """Nothing about a run leaves the machine."""

    return AnswerTrainer


def progress_callback(progress: Callable[[int, int], None], losses: list[float]) -> Any:
    """A callback that reports each step to ``progress`` and collects its loss in ``losses``."""
    from transformers import TrainerCallback

    class Report(TrainerCallback):  # type: ignore[misc]  # transformers is untyped to mypy here
        """Progress by steps."""

        def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            progress(state.global_step, state.max_steps)

        def on_log(self, *_: Any, logs: Mapping[str, float], **__: Any) -> None:
            if "loss" in logs:
                losses.append(float(logs["loss"]))

    return Report()
