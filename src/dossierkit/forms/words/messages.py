"""Sentences for problems: the fault of this answer, and how to correct it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.findings import Problem
from dossierkit.forms.answers.texts import is_ambiguous, is_amount, is_too_precise, show_number, show_text
from dossierkit.forms.fields.applicators import members, unconditional
from dossierkit.forms.fields.combined_schema import choices
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import Index, index
from dossierkit.forms.fields.form import Field, Form, Kind
from dossierkit.forms.fields.places import items
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.located_schemas import MAIN, Facet
from dossierkit.forms.words.catalogue import month, word
from dossierkit.forms.words.pattern_examples import examples
from dossierkit.forms.words.readable_answers import unit_of
from dossierkit.forms.words.titles import choice_title, full_title, humanized, schema_text, translated, uncapitalized
from dossierkit.hidden_characters import without_hidden
from dossierkit.pointers import Json

#: Characters of an answer that is quoted in a sentence; a longer one is not.
_MAX_QUOTED = 40
#: Characters before a hidden one that are quoted.
_QUOTED_BEFORE = 20
#: The keywords of the lower and of the upper bound of a number.
_LOWER = ("minimum", "exclusiveMinimum")
_UPPER = ("maximum", "exclusiveMaximum")
_REQUIRED = {
    Kind.CHOICE: "required-choice",
    Kind.BOOLEAN: "required-choice",
    Kind.CHECKS: "required-choice",
    Kind.ACCEPT: "required-accept",
    Kind.LIST: "required-list",
    Kind.FILE: "required-file",
    Kind.GROUP: "required-group",
}


def message(form: Form, problem: Problem, *, language: str = "vi", answers: Json = None) -> str:
    """*problem* as one sentence that names its field, among those that hold for *answers*."""
    return messages(form, (problem,), language=language, answers=answers)[0]


def messages(form: Form, problems: Iterable[Problem], *, language: str = "vi", answers: Json = None) -> tuple[str, ...]:
    """*problems* as sentences that name their fields, among those that hold for *answers*."""
    tree = index(form, effective(form, {} if answers is None else answers))
    return tuple(sentence(form, problem, tree, language) for problem in problems)


def sentence(form: Form, problem: Problem, tree: Index, language: str) -> str:
    """*problem* as one sentence that names its field, among those of *tree*."""
    return with_title(form, problem, tree, problem_words(form, problem, tree.fields.get(problem.at), language), language)


def with_title(form: Form, problem: Problem, tree: Index, words: str, language: str) -> str:
    """The *words* of *problem* after the title of its field in *tree*, as one sentence."""
    # A problem of another thing than an answer, such as a document, has a title in its params.
    own_title = problem.params.get("title")
    title = translated(form, own_title, problem.origin, language) if isinstance(own_title, str) else ""
    title = without_hidden(title or full_title(form, tree, problem.at, language)) or word("entry-name", language)
    return f"{title}: {uncapitalized(words)}"


def problem_words(form: Form, problem: Problem, field: Field | None, language: str) -> str:
    """How to correct *problem*, without the name of the field: the words of the author, or those of the catalogue."""
    if problem.rule == "rule":
        text = str(problem.params.get("message", ""))
        return translated(form, text, f"{MAIN}#{problem.origin}/message", language)
    if field is not None:
        for facet in field.facets:
            texts = facet.get("x-messages")
            if isinstance(texts, dict) and isinstance(texts.get(problem.rule), str):
                return translated(form, texts[problem.rule], f"{facet.location}/x-messages/{problem.rule}", language)
    return _Words(form, problem, field, language).sentence()


#: Schemas of a field → a text that they accept, made from their patterns; empty if there is none.
_EXAMPLES = CacheSpec[tuple[Facet, ...], str]("examples of patterns", 1_000)


@attrs.frozen
class _Words:
    """The sentence of the catalogue for one problem, filled in."""

    form: Form
    problem: Problem
    field: Field | None
    language: str

    def say(self, name: str, /, **params: Json) -> str:
        return word(name, self.language).format(**params)

    def sentence(self) -> str:
        params = self.problem.params
        match self.problem.rule:
            case "required":
                return self.say(_REQUIRED.get(self.field.kind, "required") if self.field is not None else "required")
            case "type":
                return self._type()
            case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
                return self._range()
            case "minLength" | "maxLength" as rule if isinstance(params.get("value"), str):
                return self.say(f"{rule}-now", limit=params.get("limit"), length=len(params["value"]))
            case "minItems" | "maxItems" as rule if params.get("count") and "limit" in params:
                return self.say(f"{rule}-now", limit=params["limit"], count=params["count"])
            case "maxItems" if "limit" not in params:
                return self.say("maxItems-none")
            case "contains":
                return self._contains()
            case "multipleOf" if decimals := _decimals(params.get("multiple_of")):
                return self.say("multipleOf-decimals", decimals=decimals)
            case "pattern":
                example = self._example()
                return self._quoting("pattern-example", example=example) if example else self._quoting("pattern")
            case "format":
                return self._format()
            case "hidden-character":
                return self._hidden()
            case "const":
                value = params.get("expected_value")
                return self.say("const", expected=choice_title(self.form, Choice(value, str(value)), self.language))
        try:
            return self.say(self.problem.rule, **{name: self._shown(value) for name, value in params.items()})
        except KeyError:
            return self.say("other")

    def _text(self) -> str:
        """The answer, if it is a text that can be quoted: not long, not secret."""
        value = self.problem.params.get("value")
        text = value.strip() if isinstance(value, str) and not self._is_secret() else ""
        return text if len(text) <= _MAX_QUOTED and text.isprintable() else ""

    def _is_secret(self) -> bool:
        return self.field is not None and self.field.write_only

    def _quoting(self, name: str, **params: Json) -> str:
        text = self._text()
        return self.say(f"{name}-not", value=text, **params) if text else self.say(name, **params)

    def _type(self) -> str:
        kinds = self.problem.params.get("types") or ["string"]
        if self.field is not None and self.field.kind is Kind.NUMBER:
            return self._number("type-integer" if self.field.keywords.get("type") == "integer" else "type-number")
        named = next((kind for kind in kinds if kind != "null"), kinds[0])
        return self.say(f"type-{named}")

    def _number(self, name: str) -> str:
        value, text = self.problem.params.get("value"), self._text()
        if isinstance(value, int | float):
            return self.say(f"{name}-not", value=self._shown(value))
        if text and is_too_precise(text, self.language):
            return self.say("number-precise", value=text)
        if text and is_ambiguous(text, self.language):
            return self.say("number-marks", value=text)
        return self._quoting(name)

    def _range(self) -> str:
        """The sentence for a number out of its range, with both bounds and the number."""
        limits = {self.problem.rule: self.problem.params.get("limit")}
        if self.field is not None:
            limits = {rule: self.field.keywords[rule] for rule in (*_LOWER, *_UPPER) if rule in self.field.keywords} | limits
        low = max((rule for rule in _LOWER if rule in limits), key=lambda rule: (limits[rule], rule != "minimum"), default="")
        high = min((rule for rule in _UPPER if rule in limits), key=lambda rule: (limits[rule], rule == "maximum"), default="")
        if (low, high) == ("minimum", "maximum"):
            words = self.say("range-closed", low=self._shown(limits[low]), high=self._amount(limits[high]))
        else:
            words = self.say("and").join(
                self.say(f"range-{rule}", limit=self._amount(limits[rule])) for rule in (low, high) if rule
            )
        value = self.problem.params.get("value")
        return self.say("range" if value is None else "range-now", limits=words, value=self._amount(value))

    def _amount(self, value: Json) -> str:
        unit = unit_of(self.field) if self.field is not None else ""
        return f"{self._shown(value)}\u00a0{unit}" if unit else self._shown(value)

    def _contains(self) -> str:
        params = self.problem.params
        name = "contains-many" if "most" in params else "contains-few"
        limit = params.get("most", params.get("least", 1))
        return self.say(name, limit=limit, count=params.get("here", 0), kind=self._contained_items())

    def _contained_items(self) -> str:
        """The items that `contains` counts, in words: their title, their values, or the answers that they must have."""
        schemas = self.form.schemas
        facet = (
            next((f for f in self.field.facets if f.location == self.problem.origin), None) if self.field is not None else None
        )
        if facet is None:
            return self.say("contains-kind")
        contained = tuple(unconditional(schemas, (schemas.below(facet, "/contains", facet.schema["contains"]),)))
        rows = tuple(unconditional(schemas, items(self.form, self.field.facets))) if self.field is not None else ()
        if title := schema_text(self.form, contained, "title", self.language) or self._titles(contained, rows):
            return self.say("contains-value", value=title)
        answers: list[str] = []
        fields = members(schemas, rows)
        for name, seeds in members(schemas, contained).items():
            below = tuple(unconditional(schemas, fields.get(name, ())))
            if titles := self._titles(tuple(unconditional(schemas, seeds)), below):
                title = schema_text(self.form, below, "title", self.language) or humanized(name, self.language)
                answers.append(self.say("contains-answer", label=uncapitalized(title), value=titles))
        return self.say("and").join(answers) or self.say("contains-kind")

    def _titles(self, contained: tuple[Facet, ...], rows: tuple[Facet, ...]) -> str:
        """The values that *contained* enumerates, by their titles in *rows*; empty if it enumerates none."""
        schemas = (facet.schema for facet in contained if isinstance(facet.schema, dict))
        if not any("const" in schema or "enum" in schema for schema in schemas):
            return ""
        values = choices(self.form.schemas, (*rows, *contained)) or ()
        return self.say("or").join(f"“{choice_title(self.form, choice, self.language)}”" for choice in values)

    def _format(self) -> str:
        text_format = self.form.dialect.formats.get(str(self.problem.params.get("format")))
        if text_format is None:
            return self._quoting("pattern")
        value = self.problem.params.get("value")
        reason = text_format.reason(value) if isinstance(value, str) else None
        if reason is not None and not self._is_secret():
            quotes = {"example": text_format.example, **reason.quotes}
            if "month" in quotes:
                quotes["month"] = month(int(quotes["month"]), self.language)
            if "wanted" in quotes:
                quotes["wanted"] = self.say("or").join(str(quotes["wanted"]).split("/"))
            return self.say(reason.name, **quotes)
        kind = text_format.words.get(self.language) or next(iter(text_format.words.values()), text_format.name)
        example = self._own_example() or text_format.example
        return self._quoting("format-example" if example else "format", kind=kind, example=example)

    def _own_example(self) -> str:
        """The first of `examples` of the field; empty if it has none."""
        field = self.field
        own_examples = field.keywords.get("examples") if field is not None else None
        if field is None or not isinstance(own_examples, list) or not own_examples:
            return ""
        return show_text(own_examples[0], field, self.form.dialect, self.language)

    def _hidden(self) -> str:
        """The kind and the position of a hidden character."""
        params = self.problem.params
        text, index = str(params["value"]), int(params["index"])
        before = without_hidden(text[:index]).rpartition("\n")[2][-_QUOTED_BEFORE:].strip()
        if index == 0:
            place = self.say("hidden-start")
        elif before and not self._is_secret():
            place = self.say("hidden-after", before=before)
        else:
            place = self.say("hidden-at", number=index + 1)
        words = self.say("hidden-character", place=place, kind=self.say(f"hidden-{params['kind']}"), code=params["code"])
        return self.say("hidden-name", words=uncapitalized(words)) if "name" in params else words

    def _example(self) -> str:
        """A text that the field accepts: an example of the author, or one made from the patterns; empty if there is none."""
        field = self.field
        if field is None:
            return ""
        if own := self._own_example():
            return own
        cache = self.form.schemas.caches[_EXAMPLES]
        example = cache.get(field.facets)
        if example is None:
            patterns = dict.fromkeys(str(facet.get("pattern")) for facet in field.facets if facet.get("pattern"))
            texts = (text for pattern in patterns for text in examples(pattern))
            accepts = self.form.schemas.accepts
            example = next((text for text in texts if all(accepts(facet, text) for facet in field.facets)), "")
            cache.keep(field.facets, example)
        return example

    def _shown(self, value: Json) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return show_number(value, self.language, grouped=self.field is not None and is_amount(self.field, value))
        return str(value)


def _decimals(step: Json) -> int:
    """The number of decimals that `multipleOf` 0.1, 0.01 … allows; 0 for any other *step*."""
    if not isinstance(step, int | float):
        return 0
    exact = Decimal(str(step)).normalize()
    sign, digits, exponent = exact.as_tuple()
    return -int(exponent) if digits == (1,) and not sign and int(exponent) < 0 else 0
