"""Training examples as rows of the formats that trainers read, and what each format cannot say.

Sources of the formats: TRL, "Dataset formats and types" (conversational prompt-completion, and
preference with an explicit prompt); LLaMA-Factory, data/README.md (alpaca and sharegpt, supervised and
preference). Rows also have ``id`` and ``error_type``, and trl's ``loss_spans``, which trainers ignore.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from errata.exporting.gather import Exported
from errata.records import Message, TrainingExample

Row = dict[str, Any]
FormatName = Literal["trl", "sharegpt", "alpaca", "llama-factory", "parquet"]
Style = Literal["trl", "sharegpt", "alpaca", "parquet"]


@dataclass(frozen=True)
class Format:
    """``row`` makes a row of an example, supervised or preference; ``style`` says how it is stored.

    ``spans``: a row says which characters of the completion carry loss, in a way its readers heed.
    ``earlier_turns``: readers train on assistant turns before the last one.
    """

    row: Callable[[Exported], Row]
    style: Style
    spans: bool = False
    earlier_turns: bool = False


def trl_row(exported: Exported) -> Row:
    """``prompt`` and ``completion``, or ``prompt``, ``chosen`` and ``rejected``, as messages."""
    return trl_messages(exported.example) | _origin(exported)


def trl_messages(example: TrainingExample) -> Row:
    """The same of any training example, without where it comes from."""
    row: Row = {"prompt": [message.model_dump() for message in example.messages]}
    if example.rejected is None:
        row["completion"] = [_assistant(example.completion)]
        row["loss_spans"] = [[span.start, span.end] for span in example.spans]
    else:
        row["chosen"] = [_assistant(example.completion)]
        row["rejected"] = [_assistant(example.rejected)]
    return row


def sharegpt_row(exported: Exported) -> Row:
    """``conversations`` (and ``chosen``, ``rejected``), with the system prompt apart."""
    return sharegpt_messages(exported.example) | _origin(exported)


def sharegpt_messages(example: TrainingExample) -> Row:
    """The same of any training example, without where it comes from."""
    system, turns = split_system(example.messages)
    talk = [_said("human" if m.role == "user" else "gpt", m.content) for m in turns]
    if example.rejected is None:
        row: Row = {"conversations": [*talk, _said("gpt", example.completion)]}
    else:
        row = {
            "conversations": talk,
            "chosen": _said("gpt", example.completion),
            "rejected": _said("gpt", example.rejected),
        }
    return row | {"system": system}


def alpaca_row(exported: Exported) -> Row:
    """``instruction``, ``output`` (or ``chosen``, ``rejected``), ``system`` and ``history``."""
    example = exported.example
    system, turns = split_system(example.messages)
    before, asked = turns[:-1], turns[-1]
    row: Row = {"instruction": asked.content, "input": ""}
    if example.rejected is None:
        row["output"] = example.completion
    else:
        row |= {"chosen": example.completion, "rejected": example.rejected}
    said = [message.content for message in before]
    pairs = [list(pair) for pair in zip(said[::2], said[1::2], strict=True)]
    return row | {"system": system, "history": pairs} | _origin(exported)


def parquet_row(exported: Exported) -> Row:
    """Everything, in columns of one type; ``rejected`` is null for supervised examples."""
    example, lineage = exported.example, exported.lineage
    return {
        "id": example.id,
        "round": exported.round,
        "kind": exported.kind,
        "error_type": exported.error_type,
        "error_type_name": exported.type_name,
        "question": exported.problem.question,
        "answer": exported.problem.answer,
        "prompt": [message.model_dump() for message in example.messages],
        "completion": example.completion,
        "loss_spans": [span.model_dump() for span in example.spans],
        "rejected": example.rejected,
        "strategy": lineage.strategy,
        "parents": list(lineage.parents),
        "model": lineage.model,
        "prompt_hash": lineage.prompt_hash,
        "cost": lineage.cost,
    }


FORMATS: dict[FormatName, Format] = {
    "trl": Format(trl_row, "trl"),
    "sharegpt": Format(sharegpt_row, "sharegpt", earlier_turns=True),
    "alpaca": Format(alpaca_row, "alpaca", earlier_turns=True),
    "llama-factory": Format(sharegpt_row, "sharegpt", earlier_turns=True),
    "parquet": Format(parquet_row, "parquet", spans=True),
}


def split_system(messages: Sequence[Message]) -> tuple[str, list[Message]]:
    """The system prompt, and turns that alternate and begin and end with the user.

    Neighbouring turns of one side become one, with an empty line between: these formats know only
    turns that alternate. Raises ValueError where no user asks last.
    """
    system = "\n\n".join(m.content for m in messages if m.role == "system")
    turns: list[Message] = []
    for message in messages:
        if message.role == "system":
            continue
        if turns and turns[-1].role == message.role:
            joined = f"{turns[-1].content}\n\n{message.content}"
            turns[-1] = message.model_copy(update={"content": joined})
        else:
            turns.append(message)
    if not turns or turns[0].role != "user" or turns[-1].role != "user":
        roles = ", ".join(message.role for message in messages) or "none"
        raise ValueError(
            f"a prompt has to begin and end with a user's turn to become alpaca or sharegpt; roles"
            f" here: {roles}; the formats trl and parquet take any"
        )
    return system, turns


def _assistant(content: str) -> Row:
    return {"role": "assistant", "content": content}


def _said(who: str, value: str) -> Row:
    return {"from": who, "value": value}


def _origin(exported: Exported) -> Row:
    return {"id": exported.example.id, "error_type": exported.error_type}
