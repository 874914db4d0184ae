"""Pages as a test reads them: elements with their text, and tables as rows of cells."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input", "hr"}
METERS = ("meter", "meter plain")


class Element:
    """A parsed element with its text and children in order."""

    def __init__(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.tag, self.attributes = tag, attributes
        self.inside: list[Element | str] = []

    def all(self, tag: str, **attributes: str) -> list[Element]:
        found = [
            below
            for child in self.inside
            if isinstance(child, Element)
            for below in child.all(tag, **attributes)
        ]
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}
        mine = self.tag == tag and all(
            value in (self.attributes.get(key) or "").split() for key, value in wanted.items()
        )
        return [self, *found] if mine else found

    def text(self, without: tuple[str, ...] = ()) -> str:
        parts = (
            c if isinstance(c, str) else ("" if c.tag in without else c.text(without))
            for c in self.inside
        )
        return " ".join(" ".join(parts).split())

    def number(self, name: str) -> float:
        return float(self.attributes[name] or "")


class Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(html: str) -> Element:
    """The page; every element is closed."""
    parser = Parser()
    parser.feed(html)
    assert len(parser.open) == 1
    return parser.open[0]


def table(page: Element, **wanted: str) -> list[list[str]]:
    (found,) = page.all("table", **wanted)
    return [
        [
            cell.text()
            for cell in row.inside
            if isinstance(cell, Element) and cell.attributes.get("class") not in METERS
        ]
        for body in found.all("tbody")
        for row in body.all("tr")
    ]


def number(value: int) -> str:
    """With thousands separators."""
    return format(value, ",")


def clean(name: str) -> str:
    """As a page shows it: white space is one blank."""
    return " ".join(name.split())
