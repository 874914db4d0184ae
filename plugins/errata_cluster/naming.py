"""Names, ids and descriptions of error types: the most central of a type's own keyphrases, or what the
instructor calls it.

Not covered: how the instructor is asked (``errata.naming``).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from errata.naming import Cluster, distinct, name_clusters
from errata.parts import Services
from errata.records import Diagnosis
from errata_cluster.folding import Phrase, fold

# Short Latin words are mostly particles; short words of other scripts are not.
_WORD = re.compile(r"(?=\S*[^\x00-\x7f])[^\W\d_]{2,}|[^\W\d_]{3,}")
_SPOKEN = {
    "+": "plus",
    "−": "minus",
    "×": "times",
    "*": "times",
    "÷": "over",
    "/": "over",
    "%": "percent",
    "=": "equals",
    "<": "less",
    ">": "greater",
    "^": "power",
    "#": "n",
}
_SLUG_LENGTH = 60
_SHOWN = 12  # keyphrases of a type that the instructor sees


@dataclass(frozen=True)
class Name:
    """What a type is called: its id, its name and a line of description."""

    id: str
    name: str
    description: str


def named(groups: Sequence[Sequence[Phrase]], diagnoses: Sequence[Diagnosis]) -> list[Name]:
    """A name for each group of phrases, made offline: its most central keyphrase, which stands first,
    and in the description the terms that set it apart, its commonest phrases and one case.

    ``diagnoses`` are those that the phrases' ``members`` count in. Ids are unique.
    """
    terms = class_terms(groups)
    ids = unique_slugs([group[0].text for group in groups])
    found = []
    for number, group in enumerate(groups):
        shown = [phrase.text for phrase in sorted(group, key=lambda phrase: -phrase.count)[:3]]
        description = describe(terms[number], shown, _explanation(group[0], diagnoses))
        found.append(Name(ids[number], group[0].text, description))
    return found


async def renamed(
    names: Sequence[Name], groups: Sequence[Sequence[Phrase]], services: Services
) -> list[Name]:
    """``names`` as the instructor has them; those it does not name stay as they are."""
    clusters = [
        Cluster(
            name=name.name,
            description=name.description,
            phrases=tuple(phrase.text for phrase in group[:_SHOWN]),
            count=sum(phrase.count for phrase in group),
            terms=tuple(terms),
        )
        for name, group, terms in zip(names, groups, class_terms(groups), strict=True)
    ]
    labels = await name_clusters(clusters, services)
    ids = unique_slugs([label.name for label in labels])
    return [
        Name(type_id, label.name, label.description)
        for type_id, label in zip(ids, labels, strict=True)
    ]


def slug(name: str) -> str:
    """A readable id of letters, digits and hyphens, at most 60 characters; "type" when nothing of
    the name can be kept. It depends on the name's folding key alone, so numbers show as "n"."""
    key = unicodedata.normalize("NFC", fold(name))
    spoken = "".join(f" {_SPOKEN[char]} " if char in _SPOKEN else char for char in key)
    words = re.findall(r"[^\W_]+", spoken)
    text = "-".join(words)
    if len(text) > _SLUG_LENGTH:
        text = text[:_SLUG_LENGTH].rsplit("-", 1)[0]
    return text or "type"


def unique_slugs(names: Sequence[str]) -> list[str]:
    """One slug per name, in order; a later equal one gets "-2", "-3", …"""
    return distinct([slug(name) for name in names])


def class_terms(groups: Sequence[Sequence[Phrase]], top: int = 5) -> list[list[str]]:
    """The words that set each group apart, by class-based TF-IDF, at most ``top`` each.

    Weight of word t in class c: tf(t, c) · ln(1 + A / tf(t)), A being the mean number of words per
    class (Grootendorst 2022, BERTopic, §3.3). Very short words, numbers, and words that most
    classes share are left out.
    """
    counts = []
    for group in groups:
        words: Counter[str] = Counter()
        for phrase in group:
            for word in _WORD.findall(phrase.key):
                words[word] += phrase.count
        counts.append(words)
    total: Counter[str] = Counter()
    for words in counts:
        total.update(words)
    mean = sum(total.values()) / max(len(counts), 1)
    spread = Counter(word for words in counts for word in words)
    return [
        sorted(
            # Two or three classes may well share their subject; what most of many share is idle.
            (word for word in words if len(counts) < 4 or 2 * spread[word] <= len(counts)),
            key=lambda t: (-words[t] * math.log(1 + mean / total[t]), t),
        )[:top]
        for words in counts
    ]


def describe(terms: Sequence[str], phrases: Sequence[str], explanation: str) -> str:
    """One line: the terms, up to three keyphrases, and the explanation of one case (cut at 200
    characters). A single keyphrase says it all without terms."""
    parts = []
    if len(phrases) == 1:
        parts.append(f"All cases: “{phrases[0]}”.")
    elif phrases:
        parts += [f"Terms: {', '.join(terms)}."] if terms else []
        parts.append("Examples: " + "; ".join(f"“{phrase}”" for phrase in phrases[:3]) + ".")
    words = " ".join(explanation.split())
    if words:
        parts.append("One case: " + (words if len(words) <= 200 else words[:199] + "…"))
    return " ".join(parts)


def _explanation(phrase: Phrase, diagnoses: Sequence[Diagnosis]) -> str:
    """Of the cases of one phrase, the explanation of the first by attempt and problem id."""
    told = [diagnoses[i] for i in phrase.members if diagnoses[i].explanation.strip()]
    if not told:
        return ""
    return min(told, key=lambda d: (d.attempt_id, d.problem_id, d.explanation)).explanation
