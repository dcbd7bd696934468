"""Problems and schema texts → words of one language that name the field and say what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from dossierkit.forms.effective import effective
from dossierkit.forms.form import Choice, Field, Form, Kind, Problem
from dossierkit.forms.pointers import Json, last
from dossierkit.forms.schemas import MAIN, Facet
from dossierkit.forms.texts import show_number
from dossierkit.forms.tree import index
from dossierkit.forms.words import word

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+|(?<=\w)-(?=\w)")


def translated(form: Form, text: str, location: str, language: str) -> str:
    """*text*, which stands at *location*, in *language*; as the author wrote it where there is no translation."""
    return form.translations.get(language, {}).get(location, text)


def schema_text(form: Form, facets: Iterable[Facet], keyword: str, language: str) -> str:
    """The first text that *facets* have under *keyword*, translated; empty where there is none."""
    for facet in facets:
        text = facet.get(keyword)
        if isinstance(text, str) and text.strip():
            return translated(form, text, f"{facet.location}/{keyword}", language)
    return ""


def label(form: Form, field: Field, language: str) -> str:
    """What *field* is called: its title, or else its name as words."""
    return schema_text(form, field.facets, "title", language) or humanized(field.name, language)


def humanized(name: str, language: str = "vi") -> str:
    """`areaM2` → `Area M2`; a number is the place in a list."""
    if name.isascii() and name.isdigit():
        return f"{word('item', language)} {int(name) + 1}"
    spaced = " ".join(_CAMEL.sub(" ", name).split())
    return spaced[:1].upper() + spaced[1:] if spaced else word("item", language)


def choice_title(form: Form, choice: Choice, language: str) -> str:
    """What *choice* is called in *language*."""
    if choice.origin.startswith("word:"):
        return word(choice.origin, language).format(title=choice.title)
    if choice.origin == "format:":
        return _kind(form, choice.title, language)
    if choice.origin:
        return translated(form, choice.title, choice.origin, language)
    if isinstance(choice.value, bool):
        return word("yes" if choice.value else "no", language)
    if choice.value is None:
        return word("null", language)
    if isinstance(choice.value, int | float):
        return show_number(choice.value, language)
    return choice.title or "“”"


def message(form: Form, problem: Problem, *, language: str = "vi", answers: Json = None) -> str:
    """*problem* as one sentence that names the field."""
    return messages(form, (problem,), language=language, answers=answers)[0]


def messages(form: Form, problems: Iterable[Problem], *, language: str = "vi", answers: Json = None) -> tuple[str, ...]:
    """*problems* as sentences, each naming its field among those that hold for *answers*."""
    fields = index(form, effective(form, {} if answers is None else answers)).fields
    return tuple(_sentence(form, problem, fields.get(problem.at), language) for problem in problems)


def _sentence(form: Form, problem: Problem, field: Field | None, language: str) -> str:
    # What is no answer, such as a document, brings its own name.
    own = problem.params.get("title")
    name = translated(form, own, problem.origin, language) if isinstance(own, str) else ""
    name = name or (word("whole", language) if not problem.at else "")
    if not name:
        name = label(form, field, language) if field is not None else humanized(last(problem.at), language)
    sentence = problem_words(form, problem, field, language)
    return f"{name}: {sentence[:1].lower()}{sentence[1:]}"


def problem_words(form: Form, problem: Problem, field: Field | None, language: str) -> str:
    """What to do about *problem*, without the field's name."""
    if problem.rule == "rule":
        text = str(problem.params.get("message", ""))
        return translated(form, text, f"{MAIN}#{problem.origin}/message", language)
    if field is not None:
        for facet in field.facets:
            own = facet.get("x-messages")
            if isinstance(own, dict) and isinstance(own.get(problem.rule), str):
                return translated(form, own[problem.rule], f"{facet.location}/x-messages/{problem.rule}", language)
    return _standard(form, problem, field, language)


def _standard(form: Form, problem: Problem, field: Field | None, language: str) -> str:
    params = {name: _shown(value, language) for name, value in problem.params.items()}
    match problem.rule:
        case "required":
            return word(_required(field), language)
        case "type":
            return word(_type(problem, field), language)
        case "maxLength" if isinstance(problem.params.get("value"), str):
            params["length"] = str(len(problem.params["value"]))
        case "multipleOf" if decimals := _decimals(problem.params.get("multiple_of")):
            return word("multipleOf-decimals", language).format(decimals=decimals)
        case "pattern" if example := _example(field):
            return word("pattern-example", language).format(example=example)
        case "format":
            return _format(form, problem, language)
        case "const":
            params["expected"] = _expected(form, problem, language)
        case "maxItems" if "limit" not in params:
            return word("maxItems-none", language)
    try:
        return word(problem.rule, language).format(**params)
    except KeyError:
        return word("other", language)


def _required(field: Field | None) -> str:
    if field is None:
        return "required"
    return {
        Kind.CHOICE: "required-choice",
        Kind.BOOLEAN: "required-choice",
        Kind.CHECKS: "required-choice",
        Kind.ACCEPT: "required-accept",
        Kind.LIST: "required-list",
        Kind.FILE: "required-file",
        Kind.GROUP: "required-group",
    }.get(field.kind, "required")


def _type(problem: Problem, field: Field | None) -> str:
    kinds = problem.params.get("types") or ["string"]
    if field is not None and field.keywords.get("type") == "integer":
        return "type-integer"
    named = next((kind for kind in kinds if kind != "null"), kinds[0])
    return f"type-{named}"


def _decimals(step: Json) -> int:
    """How many decimals `multipleOf` 0.1, 0.01 … leaves; 0 for any other step."""
    if not isinstance(step, int | float):
        return 0
    exact = Decimal(str(step)).normalize()
    sign, digits, exponent = exact.as_tuple()
    return -int(exponent) if digits == (1,) and not sign and int(exponent) < 0 else 0


def _example(field: Field | None) -> str:
    examples = field.keywords.get("examples") if field is not None else None
    return str(examples[0]) if isinstance(examples, list) and examples else ""


def _kind(form: Form, name: str, language: str) -> str:
    """What a text of the format *name* is called, at the head of a line."""
    known = form.dialect.formats.get(name)
    words = known.words.get(language, name) if known is not None else name
    return words[:1].upper() + words[1:]


def _format(form: Form, problem: Problem, language: str) -> str:
    known = form.dialect.formats.get(str(problem.params.get("format")))
    if known is None:
        return word("pattern", language)
    kind = known.words.get(language) or next(iter(known.words.values()), known.name)
    name = "format-example" if known.example else "format"
    return word(name, language).format(kind=kind, example=known.example)


def _expected(form: Form, problem: Problem, language: str) -> str:
    value = problem.params.get("expected_value")
    return choice_title(form, Choice(value, str(value)), language)


def _shown(value: Json, language: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return show_number(value, language)
    return str(value)
