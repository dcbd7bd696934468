"""The form engine: a JSON Schema becomes a form.  Pure, and usable without the rest of dossierkit."""

from dossierkit.forms.answers import flatten, parse
from dossierkit.forms.canonical import as_sent, canonical
from dossierkit.forms.dialect import STANDARD, Dialect, Widget
from dossierkit.forms.document import Document, load
from dossierkit.forms.effective import effective
from dossierkit.forms.form import Choice, Fault, Field, Form, Kind, Layout, Problem
from dossierkit.forms.formats import Format
from dossierkit.forms.judge import is_valid
from dossierkit.forms.messages import message
from dossierkit.forms.problems import check
from dossierkit.forms.reading import read
from dossierkit.forms.view import view

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
    "message",
    "parse",
    "read",
    "view",
]
