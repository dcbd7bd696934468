"""The form engine: a JSON Schema becomes a form.  Pure, and usable without the rest of dossierkit."""

from dossierkit.findings import Fault, Problem
from dossierkit.forms.answers.canonical import as_sent, canonical
from dossierkit.forms.answers.form_data import flatten, parse
from dossierkit.forms.checks.problems import check
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.reader import read
from dossierkit.forms.schema.dialect import STANDARD, Choice, Dialect, Widget
from dossierkit.forms.schema.document import Document, load, load_answers
from dossierkit.forms.schema.formats import Format
from dossierkit.forms.schema.judge import is_valid
from dossierkit.forms.views.view import view
from dossierkit.forms.words.messages import message

__all__ = [
    "STANDARD",
    "Choice",
    "Dialect",
    "Document",
    "Fault",
    "Field",
    "Form",
    "Format",
    "Kind",
    "Layout",
    "Problem",
    "Widget",
    "as_sent",
    "canonical",
    "check",
    "effective",
    "flatten",
    "is_valid",
    "load",
    "load_answers",
    "message",
    "parse",
    "read",
    "view",
]
