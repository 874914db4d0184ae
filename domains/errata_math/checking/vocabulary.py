"""The words of mathematical notation: what each LaTeX command and bare word stands for.

Data only. A command maps to a token (kind, value), or to None when it only affects looks. Not
covered: units (``units``) and environments (``tokens``).
"""

from __future__ import annotations

FUNCTIONS = frozenset(
    "sin cos tan sec csc cot arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch "
    "arsinh arcosh artanh log ln lg lb exp sqrt cbrt abs floor ceil ceiling min max gcd lcm binom "
    "binomial factorial gamma Gamma sgn sign det Re Im arg frac root mod".split()
)
ALIASES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "acot": "arccot", "arctg": "arctan",
    "tg": "tan", "ctg": "cot", "cosec": "csc", "asinh": "arsinh", "acosh": "arcosh",
    "atanh": "artanh", "sh": "sinh", "ch": "cosh", "binomial": "binom", "ceiling": "ceil",
    "sign": "sgn", "arcsinh": "arsinh", "arccosh": "arcosh", "arctanh": "artanh", "Abs": "abs",
    "Gamma": "gamma", "nCr": "binom",
}
WORDS = {
    "pi": ("c", "pi"), "Pi": ("c", "pi"), "infty": ("c", "inf"), "infinity": ("c", "inf"),
    "Infinity": ("c", "inf"), "oo": ("c", "inf"), "inf": ("c", "inf"), "and": ("o", "and"),
    "or": ("o", "or"), "sqrt": ("f", "sqrt"), "union": ("o", "∪"), "to": ("w", "to"),
}
GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi "
    "rho varrho sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi "
    "Psi Omega ell hbar imath jmath partial nabla aleph mho"
).split()
GREEK_WORDS = frozenset(word for word in GREEK if len(word) > 2 and word not in {"eta", "imath"})

LOOKS = (
    "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle displaystyle "
    "textstyle scriptstyle quad qquad limits nolimits hspace vspace hfill hline smallskip medskip "
    "bigskip noindent , ; ! : > null phantom strut thinspace enspace nonumber notag par cr bf rm it "
    "tt sf Large large small tiny normalsize centering protect relax mathstrut allowbreak"
).split()
WRAPPERS = frozenset(
    "mathbf boldsymbol bm vec hat bar tilde widehat widetilde mathit mathcal mathsf mathfrak "
    "overrightarrow underline boxed fbox mathop mathord mathbin mathrel mathnormal dot ddot "
    "color textcolor emph overset underset stackrel widebar ensuremath cancel".split()
)
TEXTS = frozenset(
    "text textbf textrm textit texttt textnormal textsf mbox hbox mathrm operatorname textup "
    "textsc mathtt".split()
)

_OPERATORS = {
    "*": "cdot times ast bullet star",
    "/": "div",
    "±": "pm",
    "∓": "mp",
    "<=": "le leq leqslant leqq",
    ">=": "ge geq geqslant geqq",
    "!=": "ne neq not=",
    "<": "lt",
    ">": "gt",
    "≈": "approx simeq doteq approxeq thickapprox",
    "~": "sim",
    "≡": "equiv cong",
    "∈": "in",
    "∪": "cup bigcup cupdot sqcup uplus",
    "∩": "cap bigcap",
    "∖": "setminus smallsetminus backslash",
    "|": "mid vert lvert rvert",
    "‖": "Vert lVert rVert",
    "⌊": "lfloor",
    "⌋": "rfloor",
    "⌈": "lceil",
    "⌉": "rceil",
    "(": "langle lparen",
    ")": "rangle rparen",
    "[": "lbrack",
    "]": "rbrack",
    "\\{": "lbrace",
    "\\}": "rbrace",
    "…": "ldots dots cdots dotsc dotsb dotsm dotso vdots ddots",
    ":": "colon",
    "→": "to rightarrow Rightarrow implies longrightarrow iff Leftrightarrow mapsto",
    "and": "land wedge",
    "or": "lor vee",
    "°": "circ degree textdegree textcirc",
    "'": "prime",
    "⊂": "subset subseteq subsetneq",
    "∉": "notin",
    "¬": "neg lnot",
    "∥": "parallel",
    "⊥": "perp",
}
COMMANDS: dict[str, tuple[str, str] | None] = dict.fromkeys(LOOKS)
COMMANDS.update({name: ("l", name) for name in GREEK})
COMMANDS.update({"varepsilon": ("l", "epsilon"), "varphi": ("l", "phi"), "vartheta": ("l", "theta")})
COMMANDS.update({name: ("o", op) for op, names in _OPERATORS.items() for name in names.split()})
COMMANDS.update({name: ("f", ALIASES.get(name, name)) for name in (*FUNCTIONS, *ALIASES)})
COMMANDS.update({"gamma": ("l", "gamma"), "Gamma": ("f", "gamma")})
COMMANDS.update(
    {
        "pi": ("c", "pi"), "infty": ("c", "inf"), "emptyset": ("c", "empty"),
        "varnothing": ("c", "empty"), "frac": ("m", "frac"), "dfrac": ("m", "frac"),
        "tfrac": ("m", "frac"), "cfrac": ("m", "frac"), "sqrt": ("m", "sqrt"),
        "binom": ("m", "binom"), "dbinom": ("m", "binom"), "tbinom": ("m", "binom"),
        "choose": ("o", "choose"), "over": ("o", "over"), "bmod": ("o", "mod"), "mod": ("o", "mod"),
        "pmod": ("m", "pmod"), "sum": ("b", "sum"), "prod": ("b", "prod"), "int": ("b", "int"),
        "lim": ("b", "lim"), "overline": ("m", "overline"), "%": ("o", "%"), "$": None, "#": None,
        "&": None, "_": None, "\\": ("o", "\\\\"), "{": ("o", "\\{"), "}": ("o", "\\}"),
        "|": ("o", "‖"), " ": None, "newline": ("o", "\\\\"), "angle": ("w", "angle"),
        "triangle": ("w", "triangle"), "forall": ("w", "for all"), "exists": ("w", "exists"),
        "exp": ("f", "exp"), "dot": None, "because": None, "therefore": None, "root": None,
        "frown": None, "tag": None, "lg": ("f", "lg"), "measuredangle": ("w", "angle"),
        "textdollar": None, "pounds": None, "euro": None, "dagger": None, "checkmark": None,
        "square": None, "Box": None, "blacksquare": None, "qed": None, "not": ("o", "not"),
        "complement": None,
    }
)  # fmt: skip
BLACKBOARD = {"R": "reals", "Z": "integers", "N": "naturals", "Q": "rationals", "C": "complexes"}
