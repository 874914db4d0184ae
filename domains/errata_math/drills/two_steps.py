"""Templates of two-step stories. Not covered: how they become drills (``stories``)."""

from __future__ import annotations

from errata_math.drills.stories import Template, story_kind

_FEW = (2, 9)

TEMPLATES = (
    Template(
        "change",
        "{name} buys {a} sandwiches at ${b} each and pays with ${c}. "
        "How many dollars does {he} get back?",
        ("a * b", "c - #"),
        {"a": (2, 6), "b": (3, 9), "c": (20, 60)},
    ),
    Template(
        "ticket-and-drink",
        "{name} buys {a} tickets at ${b} each and a drink for ${c}. "
        "How many dollars does {he} pay in all?",
        ("a * b", "# + c"),
        {"a": (2, 8), "b": (6, 15), "c": (2, 9)},
    ),
    Template(
        "boxes-and-loose",
        "{name} has {a} boxes of {b} crayons and {c} loose crayons. "
        "How many crayons does {he} have?",
        ("a * b", "# + c"),
        {"a": _FEW, "b": (4, 12), "c": (3, 20)},
    ),
    Template(
        "broken-eggs",
        "A shop gets {a} cartons of {b} eggs. {c} of the eggs are broken. How many eggs are whole?",
        ("a * b", "# - c"),
        {"a": (3, 9), "b": (6, 12), "c": (2, 15)},
    ),
    Template(
        "wages-less-bus",
        "{name} works {a} hours for ${b} an hour and spends ${c} on the bus. "
        "How many dollars are left?",
        ("a * b", "# - c"),
        {"a": _FEW, "b": (8, 15), "c": (3, 12)},
    ),
    Template(
        "planted-rows",
        "{name} plants {a} rows of {b} beans. {c} of them do not grow. How many beans grow?",
        ("a * b", "# - c"),
        {"a": (3, 9), "b": (5, 12), "c": (2, 14)},
    ),
    Template(
        "bus-stops",
        "A bus carries {a} people. At a stop {b} people get off and {c} get on. "
        "How many people are on the bus now?",
        ("a - b", "# + c"),
        {"a": (20, 50), "b": (3, 19), "c": (2, 15)},
    ),
    Template(
        "library-shelf",
        "A shelf holds {a} books. {name} adds {b} books and later takes {c} away. "
        "How many books are on the shelf now?",
        ("a + b", "# - c"),
        {"a": (15, 70), "b": (4, 30), "c": (3, 25)},
    ),
    Template(
        "savings",
        "{name} has ${a}, earns ${b} and then spends ${c}. How many dollars does {he} have now?",
        ("a + b", "# - c"),
        {"a": (12, 70), "b": (5, 40), "c": (4, 45)},
    ),
    Template(
        "three-days",
        "{name} picks {a} plums on Friday, {b} on Saturday and {c} on Sunday. "
        "How many plums does {he} pick altogether?",
        ("a + b", "# + c"),
        {"a": (8, 50), "b": (8, 50), "c": (5, 40)},
    ),
    Template(
        "spent-twice",
        "{name} has ${a}. {He} spends ${b} on a book and ${c} on a game. "
        "How many dollars are left?",
        ("a - b", "# - c"),
        {"a": (40, 99), "b": (5, 29), "c": (5, 29)},
    ),
    Template(
        "ribbon-left",
        "A ribbon is {a} inches long. {name} cuts off {b} inches and then {c} inches more. "
        "How many inches are left?",
        ("a - b", "# - c"),
        {"a": (40, 99), "b": (6, 29), "c": (4, 20)},
    ),
    Template(
        "share-after-eating",
        "{name} bakes {a} rolls and eats {b}. {He} shares the rest equally among {c} friends. "
        "How many rolls does each friend get?",
        ("a - b", "# / c"),
        {"a": (15, 80), "b": (2, 9), "c": (3, 8)},
    ),
    Template(
        "save-for-bike",
        "{name} wants a bike for ${a} and has ${b}. {He} saves ${c} a week. "
        "In how many weeks can {he} buy the bike?",
        ("a - b", "# / c"),
        {"a": (60, 199), "b": (12, 80), "c": (4, 12)},
    ),
    Template(
        "pool-and-share",
        "{name} has {a} cards and Mia has {b} cards. They put them together in piles of {c}. "
        "How many piles do they make?",
        ("a + b", "# / c"),
        {"a": (10, 50), "b": (10, 50), "c": (3, 9)},
    ),
    Template(
        "two-classes",
        "One class has {a} pupils and another has {b}. Vans take {c} pupils each. "
        "How many vans do the two classes fill?",
        ("a + b", "# / c"),
        {"a": (15, 32), "b": (15, 32), "c": (5, 9)},
    ),
    Template(
        "bags-of-bags",
        "{name} has {a} bags with {b} oranges each and shares the oranges equally "
        "among {c} neighbors. How many oranges does each neighbor get?",
        ("a * b", "# / c"),
        {"a": _FEW, "b": (4, 12), "c": (2, 9)},
    ),
    Template(
        "both-kinds-priced",
        "A shop sells {a} hats in the morning and {b} hats in the afternoon for ${c} each. "
        "How many dollars does it take in?",
        ("a + b", "# * c"),
        {"a": (2, 9), "b": (2, 9), "c": (3, 12)},
    ),
    Template(
        "absent-pupils",
        "A class has {a} pupils and {b} of them are absent. Each pupil present gets {c} sheets "
        "of paper. How many sheets are given out?",
        ("a - b", "# * c"),
        {"a": (14, 30), "b": (2, 12), "c": (2, 6)},
    ),
    Template(
        "price-per-pack",
        "{a} pencils are put in packs of {b}. {name} sells every pack for ${c}. "
        "How many dollars does {he} get?",
        ("a / b", "# * c"),
        {"a": (12, 96), "b": (3, 9), "c": (2, 9)},
    ),
    Template(
        "split-then-add",
        "{name} splits {a} beads equally into {b} jars and puts {c} more beads in one jar. "
        "How many beads are in that jar?",
        ("a / b", "# + c"),
        {"a": (12, 96), "b": (3, 8), "c": (2, 20)},
    ),
    Template(
        "split-then-use",
        "{a} candles are shared equally among {b} tables. {c} candles on one table burn out. "
        "How many candles still burn on that table?",
        ("a / b", "# - c"),
        {"a": (24, 96), "b": (2, 6), "c": (2, 9)},
    ),
    Template(
        "days-of-food",
        "{name} has {a} cans of food and buys {b} more. {His} dogs eat {c} cans a day. "
        "For how many days does the food last?",
        ("a + b", "# / c"),
        {"a": (10, 40), "b": (5, 30), "c": (2, 5)},
    ),
)

KINDS = (story_kind("two-step-story", TEMPLATES),)
