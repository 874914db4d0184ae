"""Pairs for the checker's benchmark: golds in another dress, and the bulk mix."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

Pair = tuple[str, str]


def twin(gold: str, rng: random.Random) -> str:
    """The same answer in another dress: dfrac, spacing, left/right, separators, a/b."""
    text = gold
    if re.fullmatch(r"-?\d{4,}", text):
        return re.sub(r"(?<=\d)(?=(\d{3})+$)", lambda _: rng.choice([",", "{,}", ",\\!"]), text)
    if re.fullmatch(r"-?\d+", text):
        return rng.choice(
            [f"{text}.0", f"${text}$", f" {text} ", f"{text}.00", f"\\boxed{{{text}}}"]
        )
    plain = re.fullmatch(r"(-?)\\frac\{(\d+)\}\{(\d+)\}", text)
    if plain and rng.random() < 0.5:
        return f"{plain[1]}{plain[2]}/{plain[3]}"
    text = re.sub(r"\\frac(?=\{|\d)", lambda _: rng.choice(["\\dfrac", "\\tfrac", "\\frac"]), text)
    if text.count("(") == text.count(")") and not re.search(r"[\[\]]|\\left|\\right", text):
        text = text.replace("(", "\\left(").replace(")", "\\right)")
    if not re.search(r"\d,\d{3}|\\[!,;:]|\{,\}", text):
        text = re.sub(r"\s*([=+])\s*", r" \1 ", text)
    return rng.choice([text, f"${text}$", f"\\boxed{{{text}}}", f"{text}."])


def perturbed(gold: str, rng: random.Random) -> str:
    """A surface change as in EQUIVALENCE.md section 5."""
    if re.fullmatch(r"-?\d+", gold):
        grouped = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", gold)
        return rng.choice(
            [grouped, f"{gold}.0", f"x={gold}", f"{gold} units", f"{gold}\\text{{ cm}}"]
        )
    plain = re.fullmatch(r"(-?)\\frac\{(\d+)\}\{(\d+)\}", gold)
    if plain:
        scaled = f"{plain[1]}\\frac{{{3 * int(plain[2])}}}{{{3 * int(plain[3])}}}"
        return rng.choice(
            [f"{plain[1]}{plain[2]}/{plain[3]}", scaled, gold.replace("frac", "dfrac")]
        )
    text = re.sub(r"\\sqrt\{([^{}]+)\}", r"(\1)^{1/2}", gold) if rng.random() < 0.5 else gold
    return rng.choice([text, twin(gold, rng)])


def mix(golds: Sequence[str], count: int = 5000) -> dict[str, list[Pair]]:
    """40% golds against themselves, 30% perturbed, 30% against golds of other problems; distinct."""
    rng = random.Random(5)
    usable = sorted({gold for gold in golds if gold})
    numbers = [gold for gold in golds if gold]
    out: dict[str, dict[Pair, None]] = {"identical": {}, "perturbed": {}, "other": {}}
    want = {"identical": count * 4 // 10, "perturbed": count * 3 // 10, "other": count * 3 // 10}
    for gold in rng.sample(usable, min(want["identical"], len(usable))):
        out["identical"][gold, gold] = None
    for name, other in (("perturbed", perturbed), ("other", lambda _, r: r.choice(numbers))):
        while len(out[name]) < want[name]:
            gold = rng.choice(numbers)
            out[name][gold, other(gold, rng)] = None
    return {name: list(pairs) for name, pairs in out.items()}
