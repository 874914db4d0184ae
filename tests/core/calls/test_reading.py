"""JSON out of replies: what is repaired, and what is not read at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from errata.calls.reading import read_reply


class Finding(BaseModel):
    phrase: str
    step: int | None = None


WELL = '{"phrase": "a", "step": 2}'
READ = {
    "plain": (WELL, "a", 2),
    "prose around it": (f"Here it is: {WELL} I hope it helps {{not this}}.", "a", 2),
    "a fence": (f"Thoughts in [1].\n```json\n{WELL}\n```\nDone.", "a", 2),
    "an open fence": (f"```\n{WELL}", "a", 2),
    "a trailing comma": ('{"phrase": "a, }", "step": 2,}', "a, }", 2),
    "Python's words": ('{"phrase": "None", "step": None}', "None", None),
    "a line break in a string": ('{"phrase": "a\nb"}', "a\nb", None),
    "an unfinished end": ('{"phrase": "a", "step": 2', "a", 2),
    "LaTeX": (r'{"phrase": "\frac{1}{2} \times \sqrt{2} \neq \pi"}', None, None),
    "LaTeX that is escaped": (r'{"phrase": "\\frac{1}{2}"}', r"\frac{1}{2}", None),
    "escapes that are meant": (r'{"phrase": "one\ntwo\tthree \"x\" \u00e9"}', None, None),
}
READ["LaTeX"] = (READ["LaTeX"][0], r"\frac{1}{2} \times \sqrt{2} \neq \pi", None)
READ["escapes that are meant"] = (
    READ["escapes that are meant"][0],
    'one\ntwo\tthree "x" é',
    None,
)


@pytest.mark.parametrize("name", READ)
def test_what_is_read(name: str) -> None:
    text, phrase, step = READ[name]
    assert read_reply(text, Finding) == Finding(phrase=str(phrase), step=step)


class Findings(BaseModel):
    found: list[Finding]


WHOLE = (
    '{"found": [{"phrase": "a ]} {", "step": 1}, {"phrase": "b", "step": null}, {"phrase": "c"}]}'
)


@pytest.mark.parametrize("end", range(20, len(WHOLE) + 1))
def test_of_a_list_cut_off_anywhere_the_whole_entries_are_read(end: int) -> None:
    text = WHOLE[:end]
    phrases = [phrase for phrase in ("a ]} {", "b", "c") if f'"{phrase}"' in text]
    try:
        found = [entry.phrase for entry in read_reply(text, Findings).found]
    except ValueError:
        found = []
    # an entry may be read before its last field is there, never with half a field
    assert found in (phrases, phrases[:-1])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no JSON object"),
        ("I cannot say.", "no JSON object"),
        ('{"step": 2}', "phrase: Field required"),
        ('{"phrase": "a", "step": "two"}', "step: Input should be a valid integer"),
        ('{"phrase": "cut o', "not JSON"),
        ("[1, 2]", "valid dictionary"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_not_read(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_reply(text, Finding)


# A tab, line feed or carriage return before letters may be LaTeX, so sound JSON is safe but for these.
SOUND = st.text().filter(lambda text: not any(c in text for c in "\b\f\t\n\r"))


@given(SOUND, st.none() | st.integers(-9, 9), st.text(alphabet="abc .,\n"))
def test_sound_json_is_never_changed(phrase: str, step: int | None, around: str) -> None:
    value = Finding(phrase=phrase, step=step)
    for text in (value.model_dump_json(), json.dumps(value.model_dump())):
        assert read_reply(around + text + around, Finding) == value
