"""What ``errata export --format trl`` writes, prepared by TRL's own trainers on a tiny model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from errata.exporting.card import Provenance
from errata.exporting.gather import Exported
from errata.exporting.writing import write_dataset
from errata.records import Lineage, Message, Problem, Span, TrainingExample

MADE = Provenance("made", "0.1.0", "ab", "scripted", "math", 0, "kept", ["round-1"], ["drills"])


def exported(id_: str, completion: str, rejected: str | None = None) -> Exported:
    example = TrainingExample(
        id=id_,
        messages=(Message(role="user", content="What is 2 + 2?"),),
        completion=completion,
        spans=(Span(start=0, end=len(completion)),),
        rejected=rejected,
    )
    problem = Problem(id=id_, question="What is 2 + 2?", answer="4")
    kind = "qa" if rejected is None else "pair"
    return Exported(example, "round-1", kind, "t1", "type", problem, Lineage(strategy="made"))


@pytest.fixture
def prepared(trl_base: Path, tmp_path: Path) -> Any:
    """The rows of a part as TRL's trainer has tokenized them, with the tokenizer."""
    import datasets
    import trl
    from transformers import AutoModelForCausalLM, AutoTokenizer

    rows = [exported("a", "2 + 2 = 4"), exported("b", "It is 4."), exported("c", "4", "5")]
    folder = tmp_path / "export"
    write_dataset(folder, rows, "trl", MADE)
    common = {"output_dir": str(tmp_path / "out"), "use_cpu": True, "report_to": []}

    def prepare(part: str) -> tuple[Any, Any]:
        cache = str(tmp_path / "cache")
        data = datasets.load_dataset(str(folder), part, split="train", cache_dir=cache)
        tokenizer = AutoTokenizer.from_pretrained(trl_base)
        model = AutoModelForCausalLM.from_pretrained(trl_base)
        trainer = (
            trl.SFTTrainer(
                model, trl.SFTConfig(**common), train_dataset=data, processing_class=tokenizer
            )
            if part == "sft"
            else trl.DPOTrainer(
                model, args=trl.DPOConfig(**common), train_dataset=data, processing_class=tokenizer
            )
        )
        return trainer.train_dataset, tokenizer

    return prepare


@pytest.mark.slow
def test_trl_prepares_supervised_examples_with_loss_on_the_completion(prepared) -> None:
    rows, tokenizer = prepared("sft")
    assert len(rows) == 2
    for row, completion in zip(rows, ("2 + 2 = 4", "It is 4."), strict=True):
        learned = [token for token in row["labels"] if token != -100]
        text = tokenizer.decode(learned)
        assert completion in text
        assert "What is" not in text
        assert "What is 2 + 2?" in tokenizer.decode(row["input_ids"])


@pytest.mark.slow
def test_trl_prepares_preferences(prepared) -> None:
    rows, tokenizer = prepared("preference")
    (row,) = rows
    assert "4" in tokenizer.decode(row["chosen_ids"])
    assert "5" in tokenizer.decode(row["rejected_ids"])
    assert "What is 2 + 2?" in tokenizer.decode(row["prompt_ids"])
