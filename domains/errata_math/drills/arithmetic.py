"""Drills on bare numbers: sum, difference, product, quotient, order of operations, negative results,
greatest common divisor.

Solutions are worked as one would by hand, in at most three annotated equations. Not covered: decimals,
fractions, numbers above a thousand.
"""

from __future__ import annotations

from random import Random

from errata_math.drills.form import Kind, Parameters, Worked, equation, mostly, number, phrase

_ASK = ("What is {}?", "Compute {}.", "Work out {}.")


def _ask(expression: str, wording: int) -> str:
    return phrase(_ASK, wording).format(expression)


def _without_final_zero(random: Random, usual: tuple[int, int], wide: tuple[int, int]) -> int:
    while True:
        value = mostly(random, usual, wide)
        if value % 10:
            return value


def _draw_sum(random: Random) -> Parameters:
    return {"a": mostly(random, (12, 99), (100, 299)), "b": random.randint(12, 99)}


def _sum(parameters: Parameters, wording: int) -> Worked:
    a, b = number(parameters, "a"), number(parameters, "b")
    return Worked(_ask(f"{a} + {b}", wording), (equation(f"{a} + {b}", a + b),), a + b)


def _sum_traits(parameters: Parameters) -> tuple[int, ...]:
    a, b = number(parameters, "a"), number(parameters, "b")
    return (len(str(max(a, b))), int(a % 10 + b % 10 > 9), len(str(a + b)))


def _draw_difference(random: Random) -> Parameters:
    while True:
        a = mostly(random, (31, 99), (100, 199))
        b = _without_final_zero(random, (12, 79), (12, 99))
        if a - b > 2:
            return {"a": a, "b": b}


def _difference(parameters: Parameters, wording: int) -> Worked:
    a, b = number(parameters, "a"), number(parameters, "b")
    tens, ones = b - b % 10, b % 10
    lines = (equation(f"{a} - {tens}", a - tens), equation(f"{a - tens} - {ones}", a - b))
    return Worked(_ask(f"{a} - {b}", wording), lines, a - b)


def _difference_traits(parameters: Parameters) -> tuple[int, ...]:
    a, b = number(parameters, "a"), number(parameters, "b")
    return (len(str(a)), int(a % 10 < b % 10), len(str(a - b)))


def _draw_product(random: Random) -> Parameters:
    return {
        "a": _without_final_zero(random, (12, 59), (12, 199)),
        "b": random.randint(2, 9),
    }


def _product(parameters: Parameters, wording: int) -> Worked:
    a, b = number(parameters, "a"), number(parameters, "b")
    tens, ones = a - a % 10, a % 10
    lines = (
        equation(f"{tens} * {b}", tens * b),
        equation(f"{ones} * {b}", ones * b),
        equation(f"{tens * b} + {ones * b}", a * b),
    )
    return Worked(_ask(f"{a} * {b}", wording), lines, a * b)


def _product_traits(parameters: Parameters) -> tuple[int, ...]:
    a, b = number(parameters, "a"), number(parameters, "b")
    return (len(str(a)), len(str(a * b)), int(b > 5))


def _draw_quotient(random: Random) -> Parameters:
    quotient = _without_final_zero(random, (11, 39), (11, 169))
    divisor = random.randint(2, 9)
    return {"a": quotient * divisor, "b": divisor}


def _quotient(parameters: Parameters, wording: int) -> Worked:
    a, b = number(parameters, "a"), number(parameters, "b")
    quotient = a // b
    tens, ones = quotient - quotient % 10, quotient % 10
    lines = (
        equation(f"{tens * b} / {b}", tens),
        equation(f"{ones * b} / {b}", ones),
        equation(f"{tens} + {ones}", quotient),
    )
    return Worked(_ask(f"{a} / {b}", wording), lines, quotient)


def _quotient_traits(parameters: Parameters) -> tuple[int, ...]:
    a, b = number(parameters, "a"), number(parameters, "b")
    return (len(str(a)), len(str(a // b)), int(b > 5))


# Each form: the whole, its first operation, and the second with # for the first one's value.
_ORDERS = {
    "a+b*c": ("{a} + {b} * {c}", "{b} * {c}", "{a} + #"),
    "a-b*c": ("{a} - {b} * {c}", "{b} * {c}", "{a} - #"),
    "b*c+a": ("{b} * {c} + {a}", "{b} * {c}", "# + {a}"),
    "b*c-a": ("{b} * {c} - {a}", "{b} * {c}", "# - {a}"),
    "(a+b)*c": ("({a} + {b}) * {c}", "{a} + {b}", "# * {c}"),
    "(a-b)*c": ("({a} - {b}) * {c}", "{a} - {b}", "# * {c}"),
}


def _draw_order(random: Random) -> Parameters:
    form = random.choice(sorted(_ORDERS))
    while True:
        b, c = random.randint(2, 9), random.randint(2, 9)
        a = random.randint(2, 60)
        if form.startswith("("):
            # The bracket comes to at most 12, so that the product stays in the tables.
            a = b + random.randint(2, 12) if "-" in form else random.randint(3, 12 - b)
        if 2 <= _order_values(form, a, b, c)[1] <= 199:
            return {"form": form, "a": a, "b": b, "c": c}


def _order_values(form: str, a: int, b: int, c: int) -> tuple[int, int]:
    if form.startswith("("):
        inner = a + b if "+" in form else a - b
        return inner, inner * c
    inner = b * c
    if form.endswith("-a"):
        return inner, inner - a
    return inner, a - inner if form.startswith("a-") else a + inner


def _order(parameters: Parameters, wording: int) -> Worked:
    form = str(parameters["form"])
    values = {name: number(parameters, name) for name in ("a", "b", "c")}
    whole, first, second = (part.format(**values) for part in _ORDERS[form])
    inner, total = _order_values(form, **values)
    lines = (equation(first, inner), equation(second.replace("#", str(inner)), total))
    return Worked(_ask(whole, wording), lines, total)


def _order_traits(parameters: Parameters) -> tuple[int | str, ...]:
    return (str(parameters["form"]),)


def _draw_negative(random: Random) -> Parameters:
    a = random.randint(11, 79)
    return {"a": a, "b": a + random.randint(3, 99 - a)}


def _negative(parameters: Parameters, wording: int) -> Worked:
    a, b = number(parameters, "a"), number(parameters, "b")
    lines = (equation(f"{b} - {a}", b - a), equation(f"{a} - {b}", a - b))
    return Worked(_ask(f"{a} - {b}", wording), lines, a - b)


def _negative_traits(parameters: Parameters) -> tuple[int, ...]:
    a, b = number(parameters, "a"), number(parameters, "b")
    return (int(b % 10 < a % 10), len(str(b - a)))


def _euclid(a: int, b: int) -> list[tuple[int, int, int]]:
    """Triples (larger, times, smaller) of Euclid's algorithm, up to the remainder that divides."""
    rounds = []
    while a % b:
        rounds.append((a, a // b, b))
        a, b = b, a % b
    return rounds


def _draw_divisor(random: Random) -> Parameters:
    while True:
        common = mostly(random, (2, 12), (2, 25))
        small = mostly(random, (2, 9), (2, 15))
        large = random.randint(small + 1, 4 * small)
        a, b = common * large, common * small
        # One or two subtractions: a small model's answer stays short.
        if a <= 249 and 1 <= len(_euclid(a, b)) <= 2:
            return {"a": a, "b": b}


def _divisor(parameters: Parameters, wording: int) -> Worked:
    a, b = number(parameters, "a"), number(parameters, "b")
    lines = []
    remainder = divided = 0
    for larger, times, smaller in _euclid(a, b):
        remainder, divided = larger - times * smaller, smaller
        factor = f"{times} * {smaller}" if times > 1 else f"{smaller}"
        lines.append(equation(f"{larger} - {factor}", remainder))
    lines[-1] += f", and {remainder} divides {divided}"
    forms = (
        "What is the greatest common divisor of {} and {}?",
        "Find the greatest common divisor of {} and {}.",
        "What is the largest number that divides both {} and {}?",
    )
    return Worked(phrase(forms, wording).format(a, b), tuple(lines), remainder)


def _divisor_traits(parameters: Parameters) -> tuple[int, ...]:
    rounds = _euclid(number(parameters, "a"), number(parameters, "b"))
    return (len(rounds), rounds[0][1])


KINDS = (
    Kind("sum", _draw_sum, _sum, _sum_traits, ("a", "b")),
    Kind("difference", _draw_difference, _difference, _difference_traits),
    Kind("product", _draw_product, _product, _product_traits, ("a", "b")),
    Kind("quotient", _draw_quotient, _quotient, _quotient_traits),
    Kind("order-of-operations", _draw_order, _order, _order_traits),
    Kind("negative-result", _draw_negative, _negative, _negative_traits),
    Kind("greatest-common-divisor", _draw_divisor, _divisor, _divisor_traits, ("a", "b")),
)
