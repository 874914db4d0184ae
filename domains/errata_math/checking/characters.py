"""Unicode and mark-up to plain LaTeX characters: full-width digits, superscripts, ×, √, ½, <sup>.

Linear, and a no-op for ASCII text. Not covered: the meaning of anything.
"""

from __future__ import annotations

import re
import unicodedata

_SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ"
_SUPER_TO = "0123456789+-n"
_SUB = "₀₁₂₃₄₅₆₇₈₉ₙ"
_SUB_TO = "0123456789n"
_SYMBOLS = {
    "×": "\\times ",
    "÷": "\\div ",
    "·": "\\cdot ",
    "⋅": "\\cdot ",
    "∙": "\\cdot ",
    "∗": "*",
    "−": "-",
    "–": "-",
    "—": "-",
    "‐": "-",
    "‑": "-",
    "±": "\\pm ",
    "∓": "\\mp ",
    "√": "\\sqrt ",
    "∛": "\\sqrt[3]",
    "π": "\\pi ",
    "∞": "\\infty ",
    "≤": "\\le ",
    "⩽": "\\le ",
    "≥": "\\ge ",
    "⩾": "\\ge ",
    "≦": "\\le ",
    "≧": "\\ge ",
    "≠": "\\ne ",
    "≈": "\\approx ",
    "≡": "\\equiv ",
    "∈": "\\in ",
    "∪": "\\cup ",
    "∩": "\\cap ",
    "∅": "\\emptyset ",
    "∖": "\\setminus ",
    "°": "^\\circ ",
    "º": "^\\circ ",
    "′": "'",
    "’": "'",
    "″": "''",
    "∠": "\\angle ",
    "△": "\\triangle ",
    "∀": "\\forall ",
    "∃": "\\exists ",
    "…": "\\ldots ",
    "⋯": "\\cdots ",
    "⌊": "\\lfloor ",
    "⌋": "\\rfloor ",
    "⌈": "\\lceil ",
    "⌉": "\\rceil ",
    "→": "\\to ",
    "∨": "\\lor ",
    "∧": "\\land ",
    "ℝ": "\\mathbb{R}",
    "ℤ": "\\mathbb{Z}",
    "ℕ": "\\mathbb{N}",
    "ℚ": "\\mathbb{Q}",
    "ℂ": "\\mathbb{C}",
    "∣": "|",
    "⟨": "\\langle ",
    "⟩": "\\rangle ",
    "（": "(",
    "）": ")",
    "，": ",",
    "；": ";",
    "：": ":",
    "。": ".",
    "、": ",",
    "【": "[",
    "】": "]",
    "“": '"',
    "”": '"',
    "‘": "'",
    "￥": "¥",
    "∶": ":",
    "⁄": "/",
    "％": "%",
    "\u00a0": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u2003": " ",
    "\u2002": " ",
    "\u3000": " ",
}
_GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "θ": "theta",
    "λ": "lambda",
    "μ": "mu",
    "ν": "nu",
    "ξ": "xi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "φ": "phi",
    "ϕ": "phi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
    "Δ": "Delta",
    "Ω": "Omega",
    "Γ": "Gamma",
    "Σ": "Sigma",
    "Θ": "Theta",
    "Φ": "Phi",
    "Λ": "Lambda",
}
_TABLE: dict[int, str] = {ord(key): value for key, value in _SYMBOLS.items()}
_TABLE.update({ord(key): f"\\{value} " for key, value in _GREEK.items()})
_SUPER_RUN = re.compile(f"[{_SUPER}]+")
_SUB_RUN = re.compile(f"[{_SUB}]+")
_SUPER_MAP = str.maketrans(_SUPER, _SUPER_TO)
_SUB_MAP = str.maketrans(_SUB, _SUB_TO)
_CIRCLED = re.compile("[①-⑳]+")
_TAG = re.compile(r"<(sup|sub)>([^<>]{0,100})</\1>")
_INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\x00-\x08\x0b-\x1f\x7f]"
)
_RADICAL_RUN = re.compile("([√∛])\\s*(\\d+|[A-Za-z])")


def to_latex(text: str) -> str:
    """``text`` with every character that has a plain LaTeX spelling written that way."""
    if "<s" in text:
        text = _TAG.sub(lambda m: f"{'^' if m[1] == 'sup' else '_'}{{{m[2]}}}", text)
    if text.isascii():
        return _INVISIBLE.sub("", text) if not text.isprintable() else text
    text = _INVISIBLE.sub("", text)
    text = _RADICAL_RUN.sub(lambda m: f"\\sqrt{'[3]' if m[1] == '∛' else ''}{{{m[2]}}}", text)
    text = _SUPER_RUN.sub(lambda m: f"^{{{m[0].translate(_SUPER_MAP)}}}", text)
    text = _SUB_RUN.sub(lambda m: f"_{{{m[0].translate(_SUB_MAP)}}}", text)
    text = _CIRCLED.sub(lambda m: ",".join(str(ord(c) - 0x245F) for c in m[0]), text)
    text = text.translate(_TABLE)
    return text if text.isascii() else "".join(_one(character) for character in text)


def _one(character: str) -> str:
    if character.isascii():
        return character
    folded = unicodedata.normalize("NFKC", character)
    if "\u2044" in folded:  # a vulgar fraction such as ½
        top, bottom = folded.split("\u2044")
        return f"\\frac{{{top}}}{{{bottom}}}" if top and bottom else character
    return folded if folded.isascii() else character
