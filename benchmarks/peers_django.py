"""The same 38 fields as Django forms."""

from __future__ import annotations

from typing import Any

import django
from django import forms
from django.conf import settings

if not settings.configured:
    settings.configure(
        DEBUG=False, SECRET_KEY="bench", ALLOWED_HOSTS=["*"], USE_I18N=False,
        DATABASES={}, MIDDLEWARE=[], TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )  # fmt: skip
    django.setup()


class AddressForm(forms.Form):
    province = forms.RegexField("^[0-9]{2}$")
    commune = forms.RegexField("^[0-9]{5}$")
    detail = forms.CharField(max_length=200)


class PersonForm(forms.Form):
    name = forms.CharField(min_length=2, max_length=100)
    born = forms.DateField(required=False)
    sex = forms.ChoiceField(choices=[(v, v) for v in ("nam", "nữ", "khác")], required=False, widget=forms.RadioSelect)
    id = forms.RegexField("^[0-9]{12}$")
    email = forms.EmailField(required=False)
    phone = forms.RegexField(r"^\+?[0-9]{9,12}$", required=False)


class RowForm(forms.Form):
    no = forms.IntegerField(min_value=1)
    sheet = forms.CharField(max_length=20)
    use = forms.ChoiceField(choices=[(v, v) for v in ("ODT", "ONT", "CLN", "LUC")], required=False)
    note = forms.CharField(max_length=200, required=False)


class MainForm(forms.Form):
    kind = forms.ChoiceField(choices=[(v, v) for v in ("mới", "đổi", "lại")], widget=forms.RadioSelect)
    purpose = forms.CharField(min_length=5, max_length=250)
    copies = forms.IntegerField(min_value=1, max_value=9, required=False)
    area = forms.FloatField(min_value=0, required=False)
    urgent = forms.BooleanField(required=False)
    delivery = forms.ChoiceField(
        choices=[(v, v) for v in ("quầy", "bưu chính", "mạng")], required=False, widget=forms.RadioSelect
    )
    old = forms.RegexField("^[A-Z]{2} [0-9]{6}$", required=False)
    reason = forms.CharField(min_length=5, required=False)
    agree = forms.BooleanField()


Rows = forms.formset_factory(RowForm, extra=2)


def whole(data: Any = None) -> list[Any]:
    """Every form of the page."""
    return [
        MainForm(data), PersonForm(data, prefix="applicant"), AddressForm(data, prefix="applicant-address"), PersonForm(data, prefix="owner"),
        AddressForm(data, prefix="owner-address"), AddressForm(data, prefix="postal"), Rows(data, prefix="rows"),
    ]  # fmt: skip


def posted(answers: dict[str, Any]) -> dict[str, str]:
    """Answers as Django names them."""
    from benchmarks.peers import posted as flat

    data = {name: values[0] for name, values in flat(answers).items()}
    return {**data, "rows-TOTAL_FORMS": "2", "rows-INITIAL_FORMS": "0", "urgent": "on", "agree": "on"}


def bind(answers: dict[str, Any]):  # type: ignore[no-untyped-def]
    data = posted(answers)
    return lambda: [form.is_valid() for form in whole(data)]


def render(answers: dict[str, Any] | None = None):  # type: ignore[no-untyped-def]
    data = posted(answers) if answers else None

    def page() -> str:
        forms_ = whole(data)
        if data:
            for form in forms_:
                form.is_valid()
        return "".join(form.as_div() for form in forms_)

    return page
