"""Configurations of other trainers, as they read them from YAML.

TRL's command line takes the fields of its ``SFTConfig``, ``DPOConfig``, ``ModelConfig`` and of a data
set mixture; LLaMA-Factory those of its examples. Only what the recipe's trainer says is passed on.
LLaMA-Factory is given no ``template``, so that it takes the tokenizer's own chat template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["sft", "dpo"]
Yaml = dict[str, Any]
# Where the recipe has no trainer that says so: Self-Error-Instruct's scripts, and RISE's for pairs.
_DEFAULTS: Yaml = {
    "method": "lora",
    "rank": 8,
    "alpha": 32,
    "dropout": 0.1,
    "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"],
    "learning_rate": 2e-5,
    "schedule": "linear",
    "warmup_ratio": 0.03,
    "weight_decay": 0.0,
    "epochs": 3,
    "batch_size": 1,
    "accumulation": 1,
    "max_length": 512,
    "gradient_checkpointing": False,
    "packing": False,
}
_PAIRS: Yaml = {"learning_rate": 5e-7, "schedule": "cosine", "epochs": 8, "beta": 0.4}


@dataclass(frozen=True)
class Start:
    """What a training begins with: a model's folder, and an adapter of it or none."""

    model: str
    adapter: str | None = None


@dataclass(frozen=True)
class Plan:
    """A training: its start, the data ``file`` beside the configuration, the folder ``into`` that it
    writes, and the settings of the recipe's trainer."""

    kind: Kind
    start: Start
    file: str
    dataset: str
    into: str
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """A setting, or its default."""
        own = _PAIRS if self.kind == "dpo" else {}
        return {**_DEFAULTS, **own, **self.settings}[name]


def trl(plan: Plan, folder: Path) -> Yaml:
    """What ``trl sft --config`` and ``trl dpo --config`` read; the data is found from anywhere."""
    made: Yaml = {
        "model_name_or_path": plan.start.model,
        "datasets": [
            {"path": "json", "data_files": str(folder / plan.file), "split": "train"},
        ],
        "output_dir": str(folder / plan.into),
        **_shared(plan),
        # From transformers 5 on a fraction here is a share of all steps.
        "warmup_steps": plan.get("warmup_ratio"),
        "max_length": plan.get("max_length"),
    }
    made |= {"packing": plan.get("packing")} if plan.kind == "sft" else {"beta": plan.get("beta")}
    if plan.get("method") != "full":
        modules = plan.get("target_modules")
        made |= {
            "use_peft": True,
            "lora_r": plan.get("rank"),
            "lora_alpha": plan.get("alpha"),
            "lora_dropout": plan.get("dropout"),
            "lora_target_modules": modules if isinstance(modules, str) else list(modules),
        }
    if plan.get("method") == "qlora":
        made |= {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
    return made


def llama_factory(plan: Plan, folder: Path) -> Yaml:
    """What ``llamafactory-cli train`` reads."""
    full, modules = plan.get("method") == "full", plan.get("target_modules")
    made: Yaml = {
        "model_name_or_path": plan.start.model,
        "stage": plan.kind,
        "do_train": True,
        "finetuning_type": "full" if full else "lora",
        "dataset_dir": str(folder),
        "dataset": plan.dataset,
        "output_dir": str(folder / plan.into),
        **_shared(plan),
        "warmup_ratio": plan.get("warmup_ratio"),
        "cutoff_len": plan.get("max_length"),
    }
    if plan.kind == "dpo":
        made |= {"pref_loss": "sigmoid", "pref_beta": plan.get("beta")}
    else:  # refused with pairs
        made |= {"mask_history": True}
    if not full:
        everything = modules == "all-linear"
        listed = modules if isinstance(modules, str) else ",".join(modules)
        made |= {
            "lora_rank": plan.get("rank"),
            "lora_alpha": plan.get("alpha"),
            "lora_dropout": plan.get("dropout"),
            "lora_target": "all" if everything else listed,
        }
    if plan.get("method") == "qlora":
        made |= {"quantization_bit": 4, "quantization_method": "bnb"}
    if plan.start.adapter is not None:
        made |= {"adapter_name_or_path": plan.start.adapter}
    return made


def _shared(plan: Plan) -> Yaml:
    """What both take from transformers' arguments of a training."""
    return {
        "per_device_train_batch_size": plan.get("batch_size"),
        "gradient_accumulation_steps": plan.get("accumulation"),
        "gradient_checkpointing": plan.get("gradient_checkpointing"),
        "learning_rate": plan.get("learning_rate"),
        "lr_scheduler_type": plan.get("schedule"),
        "weight_decay": plan.get("weight_decay"),
        "num_train_epochs": plan.get("epochs"),
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "seed": plan.seed,
        "bf16": True,
    }
