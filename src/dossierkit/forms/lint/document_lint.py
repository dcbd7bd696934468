"""Faults of a procedure file and advice to its author, with stable codes and pointers.

`lint` reads the file as the portal does, then looks for mistakes that JSON Schema allows: misspelt keywords,
conditions that always hold, bounds that exclude everything, missing translations, tests that fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from dossierkit.errors import RuleError, SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.answers.canonical import as_sent
from dossierkit.forms.checks.problems import check
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Form, Kind
from dossierkit.forms.lint.character_lint import character_faults
from dossierkit.forms.lint.contradictions import bad_const, choices_of, contradictions
from dossierkit.forms.lint.discriminator_lint import discriminator_faults, undiscriminated_faults
from dossierkit.forms.lint.endless_requirements import endless_faults
from dossierkit.forms.lint.keyword_lint import keyword_faults, lost_block_faults
from dossierkit.forms.lint.place_lint import place_faults
from dossierkit.forms.lint.texts import cycle_faults, rule_faults, section_faults, translation_faults
from dossierkit.forms.reader import read
from dossierkit.forms.schema.dialect import FIELD_KEYWORDS, ROOT_KEYWORDS, STANDARD, STANDARD_KEYWORDS, WIDGETS, Dialect
from dossierkit.forms.schema.document import Document, value_of
from dossierkit.forms.schema.judge import BACKTRACKING
from dossierkit.forms.schema.located_schemas import Facet, file_and_pointer
from dossierkit.forms.schema.metaschema import explanation
from dossierkit.forms.schema.subschemas import every_schema
from dossierkit.pointers import ABSENT, Json, child, join, key
from dossierkit.text import known_hint, meant
from dossierkit.translatable import Words

_OLD = frozenset(("definitions", "dependencies", "additionalItems", "id", "$recursiveRef", "$recursiveAnchor"))
#: Words that other form libraries write into schemas.
_TOOLS = {
    "react-jsonschema-form": re.compile(r"ui:.*|enumNames"),
    "JSON Forms": re.compile(r"i18n|scope|elements|uischema"),
    "ngx-formly or ngx-schema-form": re.compile(
        r"widget|options|props|templateOptions|expressions|expressionProperties|fieldset|buttons|visibleIf|order"
    ),
    "Form.io": re.compile(
        r"components|validate|conditional|customConditional|input|inputType|inputMask|tableView|placeholder|label|hidden|persistent|multiple"
    ),
    "JSON Editor": re.compile(r"propertyOrder|headerTemplate|infoText|watch|links|media|basicCategoryTitle"),
    "a documentation of an API": re.compile(
        r"example|discriminator|xml|externalDocs|nullable|x-(?:example|nullable|enum.*|go-.*)"
    ),
}
#: Keywords of texts: beside `x-file` they would apply to the id of the file, not to the file.
_NO_FILE = frozenset(("pattern", "format", "minLength", "maxLength", "enum", "const"))
_FOREIGN = ("(?P<", "(?P=", r"\A", r"\Z", "(?i)", "(?x)", "(?s)", "(?m)", r"\h", "(?>")


def lint(
    document: Document | Json,
    *,
    resources: Mapping[str, Document | Json] | None = None,
    dialect: Dialect = STANDARD,
    today: date,
) -> tuple[Fault, ...]:
    """Every fault and piece of advice about *document*, errors first.

    Args:
        today: the day by which the file's own tests are judged.
    """
    try:
        form = read(document, resources=resources, dialect=dialect)
    except SchemaError as error:
        return tuple(dict.fromkeys((*error.faults, *_every_metaschema_fault(value_of(document), error))))
    documents = {"": document, **(resources or {})}
    faults = [
        *form.advice,
        *_rounded_numbers(documents),
        *character_faults(documents),
        *_schema_faults(form),
        *lost_block_faults(form),
        *keyword_faults(form),
        *place_faults(form),
        *endless_faults(form),
        *rule_faults(form),
        *cycle_faults(form),
        *section_faults(form),
        *translation_faults(form),
        *_json_faults(form),
        *undiscriminated_faults(form),
        *_test_faults(form, today),
        *_result_faults(form, today),
    ]
    rank = {"error": 0, "warning": 1, "advice": 2}
    return tuple(sorted(dict.fromkeys(faults), key=lambda fault: rank[fault.level]))


def _rounded_numbers(documents: Mapping[str, Document | Json]) -> Iterator[Fault]:
    """Numbers that are not what their file spells once it is read."""
    for file, document in documents.items():
        for pointer, digits in document.rounded.items() if isinstance(document, Document) else ():
            message = Words(
                "{digits} has more digits than can be stored: it is read as {number!r}; write fewer digits",
                digits=digits[:40],
                number=float(digits),
            )
            yield Fault("rounded-number", pointer, message, "warning", file)


def _every_metaschema_fault(document: Json, error: SchemaError) -> Iterator[Fault]:
    """Every fault that the metaschema finds; reading stops at the first."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    known = {fault.pointer for fault in error.faults}
    if not isinstance(document, dict) or "not-a-schema" not in {fault.code for fault in error.faults}:
        return
    for violation in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(document):
        deepest = best_match([violation]) or violation
        pointer = join(deepest.absolute_path)
        if pointer not in known:
            yield Fault("not-a-schema", pointer, explanation(document, pointer, deepest.message))


def _schema_faults(form: Form) -> Iterator[Fault]:
    for uri, document in form.schemas.documents.items():
        base = Facet(document, uri + "#", form.schemas.root(uri).resolver)
        for pointer, schema in every_schema(document):
            if isinstance(schema, dict):
                facet = form.schemas.below(base, pointer, schema)
                yield from _keyword_faults(form, facet, root=not pointer)
                yield from _value_faults(form, facet)
                yield from discriminator_faults(form, facet)
                yield from _pattern_faults(facet)
                yield from _file_faults(facet)


def _fault(facet: Facet, code: str, suffix: str, message: Words, level: str = "error") -> Fault:
    file, pointer = file_and_pointer(facet, suffix)
    return Fault(code, pointer, message, level, file)


def _keyword_faults(form: Form, facet: Facet, *, root: bool) -> Iterator[Fault]:
    known = STANDARD_KEYWORDS | FIELD_KEYWORDS | form.dialect.keywords | (ROOT_KEYWORDS if root else frozenset())
    for keyword in facet.schema:
        if keyword in known or keyword in _OLD:
            continue
        level, message = "advice", Words("{keyword!r} means nothing here; other tools may know it", keyword=keyword)
        tool = next((tool for tool, knows in _TOOLS.items() if knows.fullmatch(keyword)), "")
        if keyword in ROOT_KEYWORDS:
            yield _fault(
                facet,
                "misplaced-keyword",
                child("", keyword),
                Words("{keyword!r} only means something at the root of a file", keyword=keyword),
                "warning",
            )
            continue
        if tool:
            message = Words("{keyword!r} means nothing here; it is a word of {tool}", keyword=keyword, tool=tool)
        elif hint := meant(keyword, known):
            level, message = "warning", Words("{keyword!r} means nothing here{hint}", keyword=keyword, hint=hint)
        yield _fault(facet, "unknown-keyword", child("", keyword), message, level)
    format_ = facet.get("format")
    if isinstance(format_, str) and format_ not in form.dialect.formats:
        hint = meant(format_, form.dialect.formats)
        yield _fault(
            facet,
            "unknown-format",
            "/format",
            Words("there is no format {format!r}, so it is not checked{hint}", format=format_, hint=hint),
            "warning",
        )
    widget = facet.get("x-widget")
    if widget is not None and widget not in WIDGETS and widget not in form.dialect.widgets:
        hint = meant(str(widget), WIDGETS | form.dialect.widgets.keys())
        yield _fault(facet, "unknown-widget", "/x-widget", Words("there is no widget {widget!r}{hint}", widget=widget, hint=hint))
    yield from _list_faults(form, facet)


def _list_faults(form: Form, facet: Facet) -> Iterator[Fault]:
    """A list that the installation does not have, and columns that the list does not have."""
    options = facet.get("x-options")
    if options is None:
        return
    name = options.get("list") if isinstance(options, dict) else options
    listed = form.dialect.options.get(name) if isinstance(name, str) else None
    if listed is None:
        message = Words("the installation has no list {name!r}{hint}", name=name, hint=meant(str(name), form.dialect.options))
        yield _fault(facet, "unknown-list", "/x-options", message)
        return
    where = options.get("where") if isinstance(options, dict) else None
    for column in where if isinstance(where, dict) else ():
        if listed.columns and column not in listed.columns:
            message = Words(
                "the list {name!r} has no column {column!r}, so it never offers a choice{hint}",
                name=name,
                column=column,
                hint=known_hint(column, listed.columns),
            )
            yield _fault(facet, "unknown-column", child("/x-options/where", column), message)


def _value_faults(form: Form, facet: Facet) -> Iterator[Fault]:
    schema = facet.schema
    yield from contradictions(form.schemas, facet)
    if "const" in schema and not form.schemas.accepts(facet, schema["const"]):
        yield bad_const(facet)
    if "default" in schema and not form.schemas.accepts(facet, schema["default"]):
        yield _fault(facet, "bad-default", "/default", Words("the schema refuses its own default; change one of them"))
    yield from _choice_faults(form, facet)
    examples = schema.get("examples")
    for index, example in enumerate(examples if isinstance(examples, list) else ()):
        if not form.schemas.accepts(facet, example):
            yield _fault(
                facet,
                "bad-example",
                f"/examples/{index}",
                Words("the schema refuses its own example; change one of them"),
                "warning",
            )
    condition = schema.get("if")
    if isinstance(condition, dict) and ("then" in schema or "else" in schema):
        loose = [name for name in condition.get("properties", {}) if name not in condition.get("required", ())]
        if loose:
            message = Words("this holds while {name!r} is not answered yet; add it to the condition's 'required'", name=loose[0])
            yield _fault(facet, "vacuous-if", "/if", message, "warning")
    elif "if" in schema:
        yield _fault(facet, "idle-if", "/if", Words("an 'if' without 'then' or 'else' changes nothing"), "warning")
    for keyword in ("then", "else"):
        if keyword in schema and "if" not in schema:
            yield _fault(
                facet, "idle-if", f"/{keyword}", Words("{keyword!r} without 'if' never holds", keyword=keyword), "warning"
            )


def _choice_faults(form: Form, facet: Facet) -> Iterator[Fault]:
    """Choices that are listed twice, or that the schema itself refuses."""
    choices = choices_of(facet.schema)
    accepted = {at: form.schemas.accepts(facet, choice) for at, choice in choices.items()}
    first: dict[str, str] = {}
    for at, choice in choices.items():
        if (before := first.setdefault(key(choice), at)) != at:
            if at.startswith("/enum/"):
                message = Words(
                    "{choice!r} is in the list already, at position {before}; remove one",
                    choice=choice,
                    before=before.removeprefix("/enum/"),
                )
                yield _fault(facet, "same-choice", at, message, "warning")
        elif any(accepted.values()) and not accepted[at]:
            message = Words("the schema refuses its own choice {choice!r}; change one of them", choice=choice)
            yield _fault(facet, "bad-choice", at, message, "warning")


def _pattern_faults(facet: Facet) -> Iterator[Fault]:
    patterns = [("/pattern", facet.get("pattern"))] if isinstance(facet.get("pattern"), str) else []
    patterns += [(child("/patternProperties", pattern), pattern) for pattern in facet.get("patternProperties") or {}]
    for suffix, pattern in patterns:
        foreign = next((piece for piece in _FOREIGN if piece in pattern), None)
        if foreign is not None:
            yield _fault(
                facet,
                "not-ecma",
                suffix,
                Words("{foreign!r} is not part of ECMA regular expressions; write it as JavaScript does", foreign=foreign),
                "warning",
            )
        if BACKTRACKING.search(pattern):
            message = Words("lookaround and back-references may need many steps; after a limit the answer is refused")
            yield _fault(facet, "slow-pattern", suffix, message, "warning")
        if r"\w" in pattern or "[A-Za-z]" in pattern or "[a-zA-Z]" in pattern:
            yield _fault(
                facet, "ascii-letters", suffix, Words("this refuses «Nguyễn»: for letters of any language write \\p{L}"), "advice"
            )


def _file_faults(facet: Facet) -> Iterator[Fault]:
    if "x-file" not in facet.schema:
        return
    items = facet.get("items")
    for place, schema in (("", facet.schema), ("/items", items if isinstance(items, dict) else {})):
        for keyword in sorted(_NO_FILE & schema.keys()):
            message = Words(
                "the answer is the id of the file that is kept, which no {keyword!r} fits; say in 'x-file' what is taken",
                keyword=keyword,
            )
            yield _fault(facet, "limited-file", child(place, keyword), message)


def _json_faults(form: Form) -> Iterator[Fault]:
    for field in walk(effective(form, {})):
        if field.kind is Kind.JSON and field.facets and field.keywords.get("x-widget") != "json":
            yield _fault(
                field.facets[0],
                "json-field",
                "",
                Words("no better widget fits, so people have to write JSON; say more about its type"),
                "advice",
            )


def _result_faults(form: Form, today: date) -> Iterator[Fault]:
    """Rules with a result that is neither true nor false, without answers or for those of a test of the file."""
    tests = form.schema.get("x-tests") if isinstance(form.schema, dict) else None
    samples = (
        [test["answers"] for test in tests if isinstance(test, dict) and "answers" in test] if isinstance(tests, list) else []
    )
    sent = [as_sent(form, answers, today=today) for answers in ({}, *samples)]
    for rule in form.rules:
        for answers in sent:
            try:
                result = rule.expression.value(answers, today)
            except RuleError:
                continue  # a problem of these answers, which their test reports
            if result is not ABSENT and not isinstance(result, bool):
                message = Words("the result is {result!r}, so the rule never holds; write a comparison", result=result)
                yield Fault("not-boolean", f"{rule.origin}/rule", message)
                break


def _test_faults(form: Form, today: date) -> Iterator[Fault]:
    tests = form.schema.get("x-tests") if isinstance(form.schema, dict) else None
    for index, test in enumerate(tests if isinstance(tests, list) else ()):
        at = f"/x-tests/{index}"
        if not isinstance(test, dict) or "answers" not in test or not isinstance(test.get("problems", []), list):
            yield Fault("bad-test", at, Words('a test is {"name": …, "answers": {…}, "problems": ["/pointer rule"]}'))
            continue
        try:
            day = date.fromisoformat(str(test.get("today", today)))
        except ValueError:
            yield Fault("bad-test", at + "/today", Words("the day of a test is written 2026-11-22"))
            continue
        answers = as_sent(form, test["answers"], today=day)
        problems = [f"{problem.at} {problem.rule}" for problem in check(form, answers, today=day)]
        if sorted(problems) != sorted(test.get("problems", [])):
            yield Fault(
                "failed-test",
                at,
                Words(
                    "{test!r} found {found}; expected {expected}",
                    test=test.get("name", at),
                    found=", ".join(problems) or Words("no problem"),
                    expected=", ".join(test.get("problems", [])) or Words("none"),
                ),
            )
