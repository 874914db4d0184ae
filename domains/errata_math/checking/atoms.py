r"""The operands of the grammar: numbers, names, macros, functions, brackets, environments.

The half of the parser that looks at single tokens; ``parser`` combines what these return. Not
covered: lists at the top of an answer (``answer``).
"""

from __future__ import annotations

from fractions import Fraction

from errata_math.checking.parser import (
    COMMENTS,
    JUXTAPOSED,
    SEPARATORS,
    ParseError,
    Stream,
    parse_expression,
    parse_power,
    skip_comment,
)
from errata_math.checking.tokens import Token
from errata_math.checking.tree import Decimal, Node, num, sym

MAX_DIGITS = 200_000
MAX_DECIMAL_EXPONENT = 400
_CHUNK = 4000
_CALLED = frozenset({"f", "g", "h", "F", "G", "H", "\\varphi"})
_IMAGINARY = frozenset({"i"})


def integer(digits: str) -> int:
    """The value of a run of digits of any length, in chunks: CPython refuses more than 4,300."""
    if len(digits) > MAX_DIGITS:
        raise ParseError(f"a number of more than {MAX_DIGITS} digits")
    if len(digits) <= _CHUNK:
        return int(digits)
    middle = len(digits) // 2
    high, low = integer(digits[:middle]), integer(digits[middle:])
    return int(high * 10 ** (len(digits) - middle)) + low


def number(text: str) -> Node:
    """The node of a numeral: integer, decimal or with an exponent."""
    mantissa, mark, exponent = text.replace("E", "e").partition("e")
    whole, point, places = mantissa.partition(".")
    if places:
        value = Fraction(integer((whole + places) or "0"), 10 ** len(places))
        digits = len((whole + places).lstrip("0")) or 1
        node = Node("dec", (), Decimal(value, len(places), digits))
    else:
        node = num(integer(whole or "0"))
        if point and not mark:
            return node
    if mark:
        power = int(exponent) if len(exponent) < 20 else None
        if power is None:
            raise ParseError("an exponent of more than 20 digits")
        raised = Node("pow", (num(10), num(power)))
        return Node("mul", (node, raised))
    return node


def atom(stream: Stream) -> Node:
    """The operand at the cursor."""
    token = stream.take()
    reader = _READERS.get(token.kind)
    if reader is None:
        raise ParseError(f"cannot read {token.value!r}")
    return reader(stream, token)


def postfix(stream: Stream, node: Node) -> Node:
    """``node`` with the signs behind it: subscript, !, %, degree, prime."""
    while (op := stream.op()) in ("_", "!", "%", "°", "'"):
        stream.take()
        if op == "_":
            node = _subscripted(stream, node)
        elif op == "!":
            node = Node("fact", (node,))
        elif op == "%":
            node = Node("pct", (node,))
        elif op == "°":
            node = degrees(stream, node)
        elif node.op == "sym":
            node = sym(f"{node.value}'")
        elif node.op in ("deg", "num"):
            node = Node("unit", (node,), "'")
        else:
            raise ParseError("a prime behind something that is not a name")
    return node


def degrees(stream: Stream, node: Node) -> Node:
    """``node`` with a degree sign: an angle, or a temperature when F or C follows."""
    following = stream.peek()
    if following is not None and following.kind == "l" and following.value in ("F", "C"):
        return Node("unit", (node,), "°" + stream.take().value)
    return node if node.op == "deg" else Node("deg", (node,))


def _subscripted(stream: Stream, node: Node) -> Node:
    text = ""
    if stream.accept("{"):
        depth = 1
        while depth:
            token = stream.take()
            depth += (token.value == "{") - (token.value == "}")
            text += token.value if depth else ""
    else:
        text = stream.take().value
    if node.op == "sym":
        name = str(node.value)
        return _maybe_call(stream, sym(f"{name}_{text}"))
    if node.op == "num" or (node.op == "mul" and text.isdigit()):
        return Node("based", (), (str(node.value), text))
    if node.op in ("const", "text"):
        return sym(f"{node.value}_{text}")
    return Node("call", (node,), f"_{text}")


def _number(stream: Stream, token: Token) -> Node:
    following = stream.peek()
    if following is not None and following.value == "overline" and "." in token.value:
        stream.take()
        return _repeating(token.value, stream)
    return number(token.value)


def _repeating(prefix: str, stream: Stream) -> Node:
    stream.expect("{")
    digits = ""
    while not stream.accept("}"):
        digits += stream.take().value
    if not digits.isdigit():
        raise ParseError("an overline over something that is not digits")
    whole, _, places = prefix.partition(".")
    base = Fraction(integer((whole + places) or "0"), 10 ** len(places))
    cycle = Fraction(integer(digits), (10 ** len(digits) - 1) * 10 ** len(places))
    return num(base + cycle)


def _letter(stream: Stream, token: Token) -> Node:
    name = token.value
    if name in _IMAGINARY:
        return Node("const", (), "i")
    if name == "e":
        return Node("const", (), "e")
    return _maybe_call(stream, sym(name)) if name in _CALLED else sym(name)


def _maybe_call(stream: Stream, name: Node) -> Node:
    """``f(…)``: a call when the bracket follows at once, otherwise the name alone."""
    base = str(name.value).split("_")[0].rstrip("'")
    while stream.op() == "'":
        stream.take()
        name = sym(f"{name.value}'")
    following = stream.peek()
    if base in _CALLED and following is not None and following.value == "(":
        stream.take()
        return Node("call", tuple(items(stream, ")")), str(name.value))
    return name


def _constant(_stream: Stream, token: Token) -> Node:
    return Node("const", (), token.value)


def _words(stream: Stream, token: Token) -> Node:
    """Words where an operand is due: a product of single letters, or text."""
    word = token.value
    following = stream.peek()
    alone = following is None or following.kind not in ("w", "t")
    if token.kind == "w" and word.isalpha() and word.isascii() and len(word) <= 4 and alone:
        return Node("mul", tuple(_letter_of(letter) for letter in word), word)
    if word in ("matrix", "Matrix") and stream.accept("("):
        rows = items(stream, ")")
        return rows[0] if len(rows) == 1 else Node("seq", tuple(rows), "[]")
    words = [word]
    if word in ("angle", "triangle", "for all", "exists"):
        if word in ("angle", "triangle"):
            return parse_power(stream)
        raise ParseError("a quantifier")
    lead = word.lower().strip(" .,:")
    if lead.endswith((" is", " are", " equals")):
        return parse_expression(stream, JUXTAPOSED - 1)  # \text{The answer is } 7
    if lead in COMMENTS | {"only", "the", "about", "approximately"}:
        return parse_expression(stream, JUXTAPOSED - 1)  # "only x = 0": the words say nothing
    while (following := stream.peek()) is not None and following.kind in ("w", "t"):
        words.append(stream.take().value)
    if stream.op() == ":" and stream.at < len(stream.tokens) - 1:  # "Minimum: 1"
        stream.tokens[stream.at] = Token("o", "=", True)
    return Node("text", (), " ".join(words))


def _letter_of(letter: str) -> Node:
    return Node("const", (), letter) if letter in ("i", "e") else sym(letter)


def argument(stream: Stream, *, digits: int = 0) -> Node:
    """A macro's argument: a braced group, or one token (``digits`` of a longer numeral)."""
    if stream.accept("{"):
        inner = items(stream, "}")
        if len(inner) != 1:
            raise ParseError("a macro's argument that is a list")
        return inner[0]
    token = stream.peek()
    if token is not None and token.kind == "w" and digits and token.value.isalpha():
        stream.tokens[stream.at] = Token("w", token.value[1:], False)  # \\binom nk
        if len(token.value) <= 2:
            stream.tokens[stream.at] = Token("l", token.value[1:], False)
        return _letter_of(token.value[0])
    if (
        token is not None
        and token.kind == "n"
        and token.value.isdigit()
        and len(token.value) > digits > 0
    ):
        stream.tokens[stream.at] = Token("n", token.value[digits:], False)
        return number(token.value[:digits])
    if token is not None and token.value == "-":
        stream.take()
        return Node("neg", (argument(stream, digits=digits),))
    return atom(stream)


def _macro(stream: Stream, token: Token) -> Node:
    name = token.value
    if name in ("frac", "binom"):
        top = argument(stream, digits=1)
        bottom = argument(stream, digits=1)
        if name == "frac":
            return Node("div", (top, bottom))
        return Node("fn", (top, bottom), "binom")
    if name == "sqrt":
        if stream.accept("["):
            degree = items(stream, "]")
            if len(degree) != 1:
                raise ParseError("a root whose degree is a list")
            return Node("root", (argument(stream), degree[0]))
        return Node("root", (argument(stream), num(2)))
    if name == "overline":
        return argument(stream)
    inner = argument(stream)  # pmod
    return Node("call", (inner,), "pmod")


def _function(stream: Stream, token: Token) -> Node:
    name = token.value
    base: Node | None = None
    power: Node | None = None
    while stream.op() in ("_", "^"):
        mark = stream.take().value
        part = argument(stream)
        if mark == "_":
            base = part
        else:
            power = part
    if power is not None and power == Node("neg", (num(1),)):
        name, power = f"arc{name}", None
    args = _arguments(stream, name)
    if base is not None:
        if name not in ("log", "lg", "ln"):
            raise ParseError(f"a subscript on {name}")
        args = (*args, base)
    node = _built(name, args)
    return node if power is None else Node("pow", (node, power))


_ARITY = {"binom": (2, 2), "log": (1, 2), "ln": (1, 2), "lg": (1, 2), "frac": (2, 2),
          "root": (2, 2), "mod": (2, 2)}  # fmt: skip
_ANY_NUMBER = frozenset({"min", "max", "gcd", "lcm"})


def _built(name: str, args: tuple[Node, ...]) -> Node:
    least, most = _ARITY.get(name, (1, 1 if name not in _ANY_NUMBER else len(args)))
    if not least <= len(args) <= most:
        raise ParseError(f"{name} of {len(args)} arguments")
    if name in ("sqrt", "cbrt"):
        return Node("root", (args[0], num(2 if name == "sqrt" else 3)))
    if name == "exp":
        return Node("pow", (Node("const", (), "e"), args[0]))
    if name == "factorial":
        return Node("fact", args[:1])
    if name in _ANGLED:
        args = tuple(_radians(arg) for arg in args)
    if name in ("frac", "root", "mod") and len(args) == 2:
        return Node({"frac": "div"}.get(name, name), args)
    return Node("fn", args, name)


_ANGLED = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})


def _radians(node: Node) -> Node:
    """A function's argument with its degrees turned into radians."""
    args = tuple(_radians(arg) for arg in node.args)
    if node.op == "deg":
        return Node("mul", (*args, Node("div", (Node("const", (), "pi"), num(180)))))
    return Node(node.op, args, node.value)


def _arguments(stream: Stream, name: str) -> tuple[Node, ...]:
    if stream.accept("("):
        found = tuple(items(stream, ")"))
        if not found:
            raise ParseError(f"{name} of nothing")
        return found
    if stream.accept("{"):
        braced = tuple(items(stream, "}"))
        if not braced:
            raise ParseError(f"{name} of nothing")
        return braced
    # sin 2x cos x: the product up to the next function; sin x + 1: up to the operator
    node = parse_power(stream)
    while (token := stream.peek()) is not None and (
        token.kind in ("n", "l", "c") or token.kind == "m" or token.value == "{"
    ):
        node = Node("mul", (node, parse_power(stream)))
    return (node,)


def items(stream: Stream, *closers: str) -> list[Node]:
    """The comma-separated expressions up to the closing bracket, which is taken."""
    bars, stream.bars = stream.bars, 0
    stream.inside += 1
    out: list[Node] = []
    while not stream.accept(*closers):
        if stream.op() in SEPARATORS:
            stream.take()
            continue
        token = stream.peek()
        if token is not None and token.kind in ("t", "w") and token.value.lower() in COMMENTS:
            skip_comment(stream)
            continue
        if token is None:
            raise ParseError("a bracket that is never closed")
        out.append(parse_expression(stream))
    stream.bars = bars
    stream.inside -= 1
    return out


def _operator(stream: Stream, token: Token) -> Node:
    from errata_math.checking.brackets import bracketed  # mutually recursive

    return bracketed(stream, token)


def _environment(stream: Stream, token: Token) -> Node:
    from errata_math.checking.brackets import environment  # mutually recursive

    return environment(stream, token)


def _big(stream: Stream, token: Token) -> Node:
    from errata_math.checking.brackets import big_operator  # mutually recursive

    return big_operator(stream, token)


_READERS = {
    "n": _number, "l": _letter, "c": _constant, "w": _words, "t": _words, "m": _macro,
    "f": _function, "o": _operator, "e": _environment, "b": _big,
}  # fmt: skip
