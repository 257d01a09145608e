"""A page as it was sent: its elements, and what every page must be."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

VOID = {"meta", "link", "input", "br", "hr", "img"}
LABELLED_BY_CONTENT = {
    "a",
    "button",
    "h1",
    "h2",
    "h3",
    "th",
    "caption",
    "legend",
    "summary",
    "label",
    "title",
}


@dataclass
class Element:
    """One element with its text and what lies in it."""

    tag: str
    attributes: dict[str, str | None]
    parent: Element | None
    parts: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its text, blanks run together."""
        return " ".join("".join(p if isinstance(p, str) else p.text for p in self.parts).split())

    def get(self, name: str) -> str | None:
        return self.attributes.get(name)

    def within(self, *tags: str) -> bool:
        """Whether it lies in one of these."""
        return self.parent is not None and (self.parent.tag in tags or self.parent.within(*tags))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {}, None)
        self.elements: list[Element] = []
        self.open = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self.open)
        assert len(attrs) == len(element.attributes), (tag, attrs)
        self.open.parts.append(element)
        self.elements.append(element)
        if tag not in VOID:
            self.open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.tag == tag, f"</{tag}> closes <{self.open.tag} {self.open.attributes}>"
        assert self.open.parent is not None
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.parts.append(data)


@dataclass
class Page:
    """One answer."""

    answer: httpx.Response
    elements: list[Element]

    @classmethod
    def of(cls, answer: httpx.Response, status: int) -> Page:
        """Read it and see that it is as every page must be."""
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        reader = _Reader()
        reader.feed(answer.text)
        reader.close()
        assert reader.open is reader.root, f"<{reader.open.tag}> is not closed"
        page = cls(answer, reader.elements)
        page._accessible()
        page._guarded()
        return page

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements with this tag and these attributes; `class_` for `class`."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [e for e in self.elements if e.tag == tag and wanted.items() <= e.attributes.items()]

    def links(self) -> dict[str, str]:
        """Address -> text of all links."""
        return {str(a.get("href")): a.text for a in self.all("a")}

    @property
    def heading(self) -> str:
        return self.all("h1")[0].text

    def titles(self) -> list[str]:
        """What is listed in the order of the page, by the headings of items."""
        return [e.text for e in self.all("h3") if e.within("li")]

    def _accessible(self) -> None:
        ids = [e.get("id") for e in self.elements if "id" in e.attributes]
        assert len(ids) == len(set(ids)), f"an id twice: {sorted(map(str, ids))}"
        assert self.all("html")[0].get("lang") == "en"
        assert len(self.all("h1")) == 1
        for landmark in ("header", "main", "footer"):
            assert len(self.all(landmark)) == 1, landmark
        assert self.all("title")[0].text.endswith("· movierec")
        assert "user-scalable" not in str(self.all("meta", name="viewport")[0].get("content"))
        skip = self.all("a")[0]
        assert (skip.get("href"), skip.get("class")) == ("#content", "skip")
        assert self.all("main")[0].get("id") == "content"
        labels = {e.get("for") for e in self.all("label")}
        for control in [e for tag in ("input", "select") for e in self.all(tag)]:
            if control.get("type") != "hidden":
                assert control.get("id") in labels or control.within("label"), control
        for navigation in self.all("nav"):
            assert navigation.get("aria-label"), navigation
        for e in self.elements:
            if e.tag in LABELLED_BY_CONTENT and not e.get("aria-hidden"):
                assert e.text or e.get("aria-label"), (e.tag, e.attributes)
            for name in ("aria-labelledby", "aria-describedby", "for"):
                assert set((e.get(name) or "").split()) <= set(ids), (e.tag, name, e.get(name))
            assert not [n for n in e.attributes if n.startswith("on") or n == "style"], e
            assert e.tag not in ("script", "style", "iframe", "img", "base"), e.tag
        for table in self.all("table"):
            assert [e for e in self.all("caption") if e.parent is table], "a table without a caption"
        for cell in self.all("th"):
            assert cell.get("scope") in ("col", "row"), cell
        levels = [int(e.tag[1]) for e in self.elements if e.tag in ("h1", "h2", "h3")]
        assert all(b - a <= 1 for a, b in zip([0, *levels], levels, strict=False)), levels

    def _guarded(self) -> None:
        headers = self.answer.headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        for e in self.elements:
            for name in ("href", "src", "action"):
                address = e.get(name)
                assert address is None or address.startswith(("/", "#")), (e.tag, address)
                assert address is None or not address.startswith("//"), address
