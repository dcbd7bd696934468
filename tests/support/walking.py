"""A visitor without scripts who knows one address, and goes on by the links and forms of pages alone."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import attrs
from starlette.testclient import TestClient

from support.page import Page

#: Which attribute of a tag holds an address.
_ADDRESSES = {"href", "src", "action", "formaction"}


@attrs.define
class Form:
    """A form of a page: its address, its method, and its markup."""

    action: str
    method: str
    markup: str = ""


class Links(HTMLParser):
    """The addresses of a page: all of them, those of links by their words, and its forms."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self._anchor: list[str] | None = None
        self._open = False
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.addresses += [value for name, value in values.items() if name in _ADDRESSES]
        if tag == "a" and "href" in values:
            self._anchor = [values["href"], values.get("aria-label", "")]
        elif tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get")))
            self._open = True
        if self._open:
            self.forms[-1].markup += self.get_starttag_text() or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._anchor is not None:
            self.anchors.append((self._anchor[0], " ".join(" ".join(self._anchor[1:]).split())))
            self._anchor = None
        if self._open:
            self.forms[-1].markup += f"</{tag}>"
        self._open = self._open and tag != "form"

    def handle_data(self, data: str) -> None:
        if self._anchor is not None:
            self._anchor.append(data)
        if self._open:
            self.forms[-1].markup += data.replace("<", "&lt;")


@attrs.define
class Walker:
    """A visitor of the portal at *prefix*; every page is checked for addresses that leave it."""

    client: TestClient
    prefix: str
    answer: Any = None

    def open(self, address: str = "/") -> Any:
        """The page at *address*, written as on the page where the visitor is."""
        here = str(self.answer.url) if self.answer is not None else f"http://testserver{self.prefix}/"
        return self._seen(self.client.get(urljoin(here, address)))

    def enter(self, path: str = "/") -> Any:
        """The page *path* of the portal, as typed into the browser."""
        return self._seen(self.client.get(f"http://testserver{self.prefix}{path}"))

    def click(self, words: str) -> Any:
        """Follow the first link with *words*."""
        found = [address for address, text in self.links.anchors if words in text]
        assert found, (words, [text for _, text in self.links.anchors])
        return self.open(found[0])

    def send(self, end: str, *, files: Any = None, **values: Any) -> Any:
        """Send the first form whose address ends with *end*, with *values* in place of what it shows.

        Of several forms for one address it is that of the same `action`.
        """
        forms = [(form, self.pairs(form)) for form in self.links.forms if urlsplit(form.action).path.endswith(end)]
        form, pairs = next((each for each in forms if each[1].get("action") == values.get("action")), (None, {}))
        assert form is not None, (end, values, [form.action for form in self.links.forms])
        pairs |= values
        address = urljoin(str(self.answer.url), form.action)
        if form.method == "get":
            return self._seen(self.client.get(address, params=pairs))
        return self._seen(self.client.post(address, data=pairs, files=files))

    @staticmethod
    def pairs(form: Form) -> dict[str, Any]:
        """The pairs that the browser would send of *form*."""
        pairs: dict[str, Any] = {}
        for name, value in Page(form.markup).pairs:
            before = pairs.get(name)
            pairs[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
        return pairs

    @property
    def links(self) -> Links:
        """The addresses of the page where the visitor is."""
        return Links(self.answer.text)

    def _seen(self, answer: Any) -> Any:
        self.answer = answer
        assert answer.status_code < 400, (answer.url, answer.status_code, answer.text[-2000:])
        for step in (*answer.history, answer):
            assert inside(str(step.url), self.prefix), step.url
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert leaving(answer, self.prefix) == [], answer.url
        return answer


def inside(address: str, prefix: str) -> bool:
    """Whether *address* is one of the portal."""
    parts = urlsplit(address)
    return parts.netloc == "testserver" and parts.path.startswith(f"{prefix}/")


def leaving(answer: Any, prefix: str) -> list[str]:
    """The addresses on a page that lead out of the portal."""
    return [to for to in Links(answer.text).addresses if not inside(urljoin(str(answer.url), to), prefix) and to[:5] != "data:"]


def crawled(walker: Walker, prefix: str) -> set[str]:
    """The paths of all pages that links lead to from the start; what their forms lead to is there, too."""
    todo, seen = [f"http://testserver{prefix}/"], set[str]()
    while todo:
        address = todo.pop()
        path = urlsplit(address).path
        if path in seen:
            continue
        seen.add(path)
        answer = walker.client.get(address)
        # The page that asks to sign in is a page.
        assert answer.status_code in (200, 401), (address, answer.status_code)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        assert leaving(answer, prefix) == [], address
        links = Links(answer.text)
        posted = {urljoin(str(answer.url), form.action) for form in links.forms if form.method == "post"}
        for action in posted:
            # The refusal of another site comes from a page that takes posts.
            refused = walker.client.post(action, headers={"sec-fetch-site": "cross-site"})
            assert refused.status_code == 403, (address, action)
        todo += [to for to in (urljoin(str(answer.url), to) for to in links.addresses if to[:5] != "data:") if to not in posted]
    return seen
