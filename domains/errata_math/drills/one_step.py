"""Templates of one-step stories. Not covered: how they become drills (``stories``)."""

from __future__ import annotations

from errata_math.drills.stories import Template, story_kind

_TENS = (11, 79)
_FEW = (2, 12)

TEMPLATES = (
    Template(
        "marbles-found",
        "{name} has {a} marbles and finds {b} more. How many marbles does {he} have now?",
        ("a + b",),
        {"a": _TENS, "b": (3, 40)},
    ),
    Template(
        "pages-two-days",
        "{name} read {a} pages on Monday and {b} pages on Tuesday. "
        "How many pages did {he} read in all?",
        ("a + b",),
        {"a": _TENS, "b": _TENS},
    ),
    Template(
        "two-baskets",
        "One basket holds {a} apples and another holds {b} apples. How many apples are there?",
        ("a + b",),
        {"a": _TENS, "b": _TENS},
    ),
    Template(
        "older-cousin",
        "{name} is {a} years old. {His} aunt is {b} years older. How old is {his} aunt?",
        ("a + b",),
        {"a": (5, 25), "b": (11, 45)},
    ),
    Template(
        "guests-arrive",
        "There are {a} guests at a party and {b} more arrive. How many guests are there now?",
        ("a + b",),
        {"a": _TENS, "b": (2, 30)},
    ),
    Template(
        "stickers-given",
        "{name} has {a} stickers and gives {b} of them away. How many stickers are left?",
        ("a - b",),
        {"a": (20, 99), "b": (3, 60)},
    ),
    Template(
        "money-spent",
        "{name} has ${a} and spends ${b}. How many dollars does {he} have left?",
        ("a - b",),
        {"a": (20, 99), "b": (3, 60)},
    ),
    Template(
        "how-many-more",
        "{name} has {a} shells and Tom has {b} shells. How many more shells than Tom does {name} have?",
        ("a - b",),
        {"a": (20, 99), "b": (5, 80)},
    ),
    Template(
        "road-left",
        "A road is {a} miles long. {name} has driven {b} miles of it. "
        "How many miles are left to drive?",
        ("a - b",),
        {"a": (30, 150), "b": (5, 99)},
    ),
    Template(
        "seats-taken",
        "A bus has {a} seats and {b} of them are taken. How many seats are free?",
        ("a - b",),
        {"a": (20, 60), "b": (3, 55)},
    ),
    Template(
        "boxes-of-pens",
        "{name} buys {a} boxes with {b} pens in each box. How many pens does {he} buy?",
        ("a * b",),
        {"a": _FEW, "b": (3, 12)},
    ),
    Template(
        "price-count",
        "One ticket costs ${a}. How many dollars do {b} tickets cost?",
        ("a * b",),
        {"a": (3, 20), "b": (2, 9)},
    ),
    Template(
        "rows-of-trees",
        "A garden has {a} rows of trees with {b} trees in each row. How many trees are there?",
        ("a * b",),
        {"a": _FEW, "b": _FEW},
    ),
    Template(
        "daily-walk",
        "{name} walks {a} miles every day. How many miles does {he} walk in {b} days?",
        ("a * b",),
        {"a": (2, 9), "b": (3, 20)},
    ),
    Template(
        "hourly-pay",
        "{name} earns ${a} an hour. How many dollars does {he} earn in {b} hours?",
        ("a * b",),
        {"a": (8, 20), "b": (2, 9)},
    ),
    Template(
        "share-cookies",
        "{name} shares {a} cookies equally among {b} friends. How many cookies does each friend get?",
        ("a / b",),
        {"a": (12, 96), "b": (3, 9)},
    ),
    Template(
        "pack-eggs",
        "{name} packs {a} eggs into boxes of {b}. How many boxes does {he} fill?",
        ("a / b",),
        {"a": (12, 120), "b": (4, 12)},
    ),
    Template(
        "rope-pieces",
        "A rope of {a} feet is cut into {b} equal pieces. How many feet long is each piece?",
        ("a / b",),
        {"a": (12, 96), "b": (2, 8)},
    ),
    Template(
        "teams",
        "{a} children form teams of {b}. How many teams are there?",
        ("a / b",),
        {"a": (12, 72), "b": (3, 9)},
    ),
    Template(
        "price-of-one",
        "{b} notebooks cost ${a} altogether. How many dollars does one notebook cost?",
        ("a / b",),
        {"a": (12, 90), "b": (3, 9)},
        limit=15,
    ),
)

KINDS = (story_kind("one-step-story", TEMPLATES),)
