r"""Finding the final answer in a whole response, and saying by which rule it was found.

The order of trust: boxes, ``####``, "the answer is …" (a later one overrules an earlier box: people
correct themselves), emphasised text, and as last resorts the last formula or the last number. Not
covered: multiple choice (``choice``), and any judgement of the answer found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from errata_math.checking.boxes import boxes, joined
from errata_math.checking.spans import math_spans, without_spans

# Only this much of the end of a response is read: an answer stands at the end, and a runaway
# response must not cost more than a long one.
READ_CHARS = 60_000
MAX_PHRASES = 12  # only the last announcements are looked into

_CHAT = re.compile(r"<\|(?:im_start|im_end|endoftext|eot_id|end|user|assistant)\|>|</s>")
_HASH = re.compile(r"#{4} *([^\n]+)")
_PHRASE = re.compile(
    r"(?:(?:final|correct|right)\s+)?\b(?:final )?ans(?:wer)?\b\s*(?:\([^()\n]{0,40}\))?\**"
    r"(?:\s+(?:to|for|of|in)\b[^.\n$]{0,80}?)?"
    r"\s*(?:(?:is|are|equals|would be|must be|should be|will be|was)\b\s*(?:therefore|thus|then|:)?"
    r"|[:=：](?:\s*\**\s*(?:the\s+)?(?:final\s+)?answer\s+is\b)?|(?=\s*(?:\\\[|\\\(|\$)))\s*:?"
    r"|réponse(?: finale)?\s*(?:est|:)|(?:答案|答)\s*(?:是|为|为:|：|:|应为)+\s*"
    r"|respuesta(?: final)?\s*(?:es|:)|(?:उत्तर|الجواب|الإجابة)\s*(?:هو|هي|है|:)",
    re.IGNORECASE,
)
# What it takes to overrule a box: not "check our answer: …".
_STRONG = re.compile(r"\b(?:is|are|be|was)\b|final\s+answer", re.IGNORECASE)
_SENTENCE_END = re.compile(
    r"\n|(?<=[^\s.])(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bsq)(?<!\bcu)[.!?](?=\s|\Z|\*|\"|\$\s)|。|।|!"
)
_LISTED = re.compile(r"\s*(?:,|and|or|,\s*and|,\s*or)\s*")
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*|`([^`\n]{1,200})`")
_WORDS = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{2,}|[^\W\d_\x00-\u036f\u0391-\u03c9]")
_FEW_WORDS = 6  # more make a sentence that answers nothing
_NUMBER = re.compile(
    r"(?<![A-Za-z_\d.^])(?:(?<![\d)\]}%€$] )(?<![\d)\]}])[-−+])?(?:\\?\$ ?)?"
    r"(?:\d{1,3}(?:(?:,|\{,\}|,\\!)\d{3})+(?!\d)|\d{1,3},\d\d(?![\d,])|\d+(?=[^\d]|\Z))(?:\.\d+)?(?:/\d+(?!\.?\d))?"
    r"|(?<![\d.])\.\d+"
)


@dataclass(frozen=True, slots=True)
class Found:
    """An answer found: its text, the rule, and whether the response stated it as the answer."""

    text: str
    rule: str
    explicit: bool
    parts: tuple[str, ...] = ()


# A number followed by nothing but words, when a plain number is expected.
_LEADING_NUMBER = re.compile(
    r"\**((?:\\?\$ ?)?[-−+]?(?:\\?\$ ?)?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\$?"
    r"(?:\s*/?\s*(?!million|billion|thousand|hundred|percent|per cent|pct|and\b|or\b|to\b|x\b)"
    r"[A-Za-z].*"
    r"|\s+\d+-[A-Za-z].*)\Z",
    re.DOTALL,
)


def tail(response: str) -> str:
    """The part of a response that is read: after any reasoning block, before any chat marker."""
    text = response[-READ_CHARS:]
    if "</think>" in text:
        after = text.rsplit("</think>", 1)[1]
        text = after if after.strip() else text
    marker = _CHAT.search(text, 1)
    if marker is not None and text[: marker.start()].strip():
        text = text[: marker.start()]
    return text


def find(response: str, *, numeric: bool, words: bool = False) -> Found | None:
    """The final answer of ``response``, or None. ``numeric`` says that the gold is a plain number,
    which makes the last number a better last resort than the last formula; ``words`` that it is
    words, so that a number among words is not taken for the answer."""
    text = tail(response)
    stated = _stated(text, words=words)
    if stated is None:
        return _resort(text, numeric=numeric)
    if numeric and not stated.parts and (leading := _LEADING_NUMBER.match(stated.text)) is not None:
        return Found(leading[1], stated.rule, explicit=True)  # "540 meters in a week."
    if numeric and not stated.parts and len(_WORDS.findall(stated.text)) >= 2:
        again = after_phrase(stated.text)  # "Seth is 16 years old."
        found = _NUMBER.search(again) if again is not None else None
        if found is not None:
            return Found(found.group(), stated.rule, explicit=True)
    return stated


def _stated(text: str, *, words: bool) -> Found | None:
    best: Found | None = None
    end = -1
    found = boxes(text)
    if found:
        group = joined(text, found)
        end = group[-1].end
        rule = "boxed" if len(group) == 1 else "boxes"
        parts = tuple(box.content for box in group)
        best = Found(" , ".join(parts), rule, explicit=True, parts=parts)
    for match in _HASH.finditer(text, max(end, 0)):
        best, end = Found(match[1].strip(), "hash", explicit=True), match.end()
    return _phrase(text, max(end, 0), best, words=words) or best


def _phrase(text: str, start: int, best: Found | None, *, words: bool) -> Found | None:
    """The last answer that a phrase announces; after a box only a strong phrase counts."""
    for match in reversed(list(_PHRASE.finditer(text, start))[-MAX_PHRASES:]):
        if best is not None and not _STRONG.search(match.group()):
            continue
        content = after_phrase(text[match.end() : match.end() + 2000], words=words)
        if content is not None and (best is None or re.search(r"[0-9$\\]", content)):
            return Found(content, "phrase", explicit=True)
    return None


def after_phrase(rest: str, *, words: bool = False) -> str | None:
    """The answer in the text that follows "the answer is"; None when there is nothing usable."""
    rest = rest.lstrip(" \t\n*:\"'“”")
    sentence = rest[: _first_end(rest)].strip()
    if words and sentence and not math_spans(sentence):
        return sentence.strip(" *\"'.`")
    return _said(_after_verb(sentence)) if sentence else None


def _said(said: str) -> str | None:
    """The answer in what is said to be it: formulas, emphasised text, or what begins with a
    number."""
    spans = math_spans(said)
    if spans:
        between = without_spans(said)
        listed = re.fullmatch(r"[\s,;.\"'*\\]*(?:and|or)?[\s,;.\"'*\\]*", between)
        return " , ".join(m.inner for m in (spans if listed else spans[:1]))
    if (bold := _BOLD.search(said)) is not None:
        return (bold[1] or bold[2]).strip()
    if not said.isascii() and "\\" in said:  # LaTeX without delimiters among other letters
        runs = [run for run in re.findall(r"[\x20-\x7e]+", said) if re.search(r"[0-9]", run)]
        said = runs[0].strip() if runs else said
    number = _NUMBER.search(said)
    if number is None:
        return said.strip(" *\"'.") or None
    if number.start() == 0 or re.fullmatch(
        r"[\s(\[{$€£\\\-]*(?:\\[A-Za-z]+\{?)?", said[: number.start()]
    ):
        return said.strip(" *\"'")
    return number.group()


def _first_end(rest: str) -> int:
    """Where the sentence ends: the first end mark that is not inside a formula."""
    blocked = math_spans(rest)
    for end in _SENTENCE_END.finditer(rest):
        if not any(b.start < end.start() < b.end - 1 for b in blocked):
            return end.start()
    return len(rest)


def _after_verb(sentence: str) -> str:
    blocked = math_spans(sentence)
    for verb in reversed(list(re.finditer(r"\b(?:is|are|equals|est|es)\b:?\s+", sentence))):
        if not any(b.start <= verb.start() < b.end for b in blocked):
            rest = sentence[verb.end() :]
            if re.search(r"[0-9$\\]", rest):
                return rest
    return sentence


def _resort(text: str, *, numeric: bool) -> Found | None:
    plain = text.strip()
    words = len(_WORDS.findall(plain)) if len(plain) <= 200 and "\n" not in plain else 1000
    bare = words == 0 or not numeric or not plain[:1].isalpha()
    if plain and words <= 1 and bare:
        return Found(plain, "whole", explicit=False)
    if numeric and (number := _last_number(text)) is not None:
        return number
    formula = _last_formula(text)
    if formula is not None:
        return Found(formula, "last-formula", explicit=False)
    bold = list(_BOLD.finditer(text))
    if bold:
        return Found((bold[-1][1] or bold[-1][2]).strip(), "emphasis", explicit=False)
    if plain and words <= _FEW_WORDS:
        said = _said(_after_verb(plain))
        return Found(said or plain, "whole", explicit=False)
    return _last_number(text)


def _last_number(text: str) -> Found | None:
    """The last number, or the formula it stands in when that is certainly one (dollar signs may
    be money)."""
    last = None
    for last in _NUMBER.finditer(text):  # noqa: B007  # only the last one is wanted
        pass
    if last is None:
        return None
    for span in reversed(math_spans(text)):
        certain = span.delimiter in ("\\(", "\\[") or "\\" in span.inner
        if span.end > last.start() and certain and re.search(r"\d", span.inner):
            return Found(span.inner, "last-formula", explicit=False)
        if span.end <= last.start():
            break
    return Found(last.group(), "last-number", explicit=False)


def _last_formula(text: str) -> str | None:
    """The last formula; with those before it that are listed in the same sentence."""
    spans = math_spans(text)
    if not spans:
        return None
    group = [spans[-1]]
    for span in reversed(spans[:-1]):
        if not _LISTED.fullmatch(text[span.end : group[0].start]):
            break
        group.insert(0, span)
    return " , ".join(span.inner for span in group)
