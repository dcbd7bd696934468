"""Reads a page as a browser does: which controls it has, what they are called, what they would submit."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser


class Page(HTMLParser):
    """The controls of one HTML page."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        #: (id, name, aria-label) of every control that can be seen.
        self.controls: list[tuple[str | None, str, str | None]] = []
        self.labels: dict[str, str] = {}
        self.legends: list[str] = []
        self.ids: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self._words: list[str] = []
        self._select: list[str | None] | None = None
        self._area: list[str] | None = None
        self._open: list[tuple[str | None, list[str]]] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags[tag] += 1
        self.attributes.append((tag, values))
        if values.get("id"):
            self.ids[str(values["id"])] += 1
        if tag == "input":
            self._input(values)
        elif tag == "select":
            self._select = [str(values["name"]), None, None]
            self.controls.append((values.get("id"), str(values["name"]), values.get("aria-label")))
        elif tag == "option" and self._select is not None:
            if self._select[1] is None:
                self._select[1] = values.get("value") or ""
            if "selected" in values:
                self._select[2] = values.get("value") or ""
        elif tag == "textarea":
            self._area = [str(values["name"]), ""]
            self.controls.append((values.get("id"), str(values["name"]), values.get("aria-label")))
        elif tag in ("label", "legend"):
            self._open.append((values.get("for") if tag == "label" else None, []))

    def _input(self, values: dict[str, str | None]) -> None:
        kind, name, value = values.get("type") or "text", str(values["name"]), values.get("value") or ""
        if kind != "hidden":
            self.controls.append((values.get("id"), name, values.get("aria-label")))
        if kind in ("checkbox", "radio"):
            if "checked" in values:
                self.pairs.append((name, value))
        elif kind != "file":
            # A control of one line submits no line breaks.
            self.pairs.append((name, value if kind == "hidden" else value.replace("\n", "").replace("\r", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            name, first, chosen = self._select
            self.pairs.append((str(name), str(chosen if chosen is not None else first or "")))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            name, text = self._area
            self.pairs.append((str(name), text.removeprefix("\n").replace("\n", "\r\n")))
            self._area = None
        elif tag in ("label", "legend"):
            target, words = self._open.pop()
            if tag == "legend":
                self.legends.append("".join(words))
            elif target:
                self.labels[target] = "".join(words)

    @property
    def text(self) -> str:
        """Its whole text, white space as one space."""
        return " ".join(" ".join(self._words).split())

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._area is not None:
            self._area[1] += data
        for _, words in self._open:
            words.append(data)
