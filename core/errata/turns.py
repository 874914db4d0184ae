"""The turns of a conversation with the target, in the order that lets it encode a beginning once."""

from __future__ import annotations

from errata.records import Message, TargetPrompt

__all__ = ["target_prompt"]


def target_prompt(
    asked: str,
    *,
    guidance: str | None = None,
    shown: tuple[str, str] | None = None,
    stop: tuple[str, ...] = (),
) -> TargetPrompt:
    """The prompt that asks ``asked``, with the regular expressions ``stop`` that end an answer.

    ``shown`` is a demonstration, as it is asked and as it is answered: an earlier exchange. Guidance
    opens the last message. So all prompts with one demonstration share their beginning.
    """
    before = f"{guidance.strip()}\n\n" if guidance and guidance.strip() else ""
    turns = [("user", shown[0]), ("assistant", shown[1])] if shown else []
    turns.append(("user", before + asked))
    messages = [Message.model_validate({"role": role, "content": text}) for role, text in turns]
    return TargetPrompt(messages=tuple(messages), stop=stop)
