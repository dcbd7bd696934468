"""The same 38 fields by hand, for the peers: WTForms and Django forms and a generic Jinja walk."""

from __future__ import annotations

from typing import Any

import wtforms
from wtforms import validators as v


class Bag(dict):  # type: ignore[type-arg]
    """What WTForms wants of a request."""

    def getlist(self, name: str) -> list[str]:
        return self.get(name, [])


class AddressForm(wtforms.Form):
    province = wtforms.StringField("Tỉnh", [v.InputRequired(), v.Regexp("^[0-9]{2}$")])
    commune = wtforms.StringField("Xã", [v.InputRequired(), v.Regexp("^[0-9]{5}$")])
    detail = wtforms.StringField("Số nhà", [v.InputRequired(), v.Length(1, 200)])


class PersonForm(wtforms.Form):
    name = wtforms.StringField("Họ tên", [v.InputRequired(), v.Length(2, 100)])
    born = wtforms.DateField("Ngày sinh", [v.Optional()])
    sex = wtforms.RadioField("Giới tính", [v.Optional()], choices=["nam", "nữ", "khác"])
    id = wtforms.StringField("Số định danh", [v.InputRequired(), v.Regexp("^[0-9]{12}$")])
    email = wtforms.StringField("Thư điện tử", [v.Optional(), v.Regexp(".+@.+")])
    phone = wtforms.StringField("Điện thoại", [v.Optional(), v.Regexp(r"^\+?[0-9]{9,12}$")])
    address = wtforms.FormField(AddressForm)


class RowForm(wtforms.Form):
    no = wtforms.IntegerField("Số thửa", [v.InputRequired(), v.NumberRange(1)])
    sheet = wtforms.StringField("Tờ", [v.InputRequired(), v.Length(max=20)])
    use = wtforms.SelectField("Loại đất", [v.Optional()], choices=["ODT", "ONT", "CLN", "LUC"])
    note = wtforms.StringField("Ghi chú", [v.Length(max=200)])


class WholeForm(wtforms.Form):
    applicant = wtforms.FormField(PersonForm)
    owner = wtforms.FormField(PersonForm)
    kind = wtforms.RadioField("Loại", [v.InputRequired()], choices=["mới", "đổi", "lại"])
    purpose = wtforms.StringField("Mục đích", [v.InputRequired(), v.Length(5, 250)])
    copies = wtforms.IntegerField("Số bản", [v.Optional(), v.NumberRange(1, 9)])
    area = wtforms.FloatField("Diện tích", [v.Optional(), v.NumberRange(0)])
    urgent = wtforms.BooleanField("Cần gấp")
    delivery = wtforms.RadioField("Nhận", [v.Optional()], choices=["quầy", "bưu chính", "mạng"])
    rows = wtforms.FieldList(wtforms.FormField(RowForm), min_entries=2, max_entries=20)
    old = wtforms.StringField("Số cũ", [v.Optional(), v.Regexp("^[A-Z]{2} [0-9]{6}$")])
    postal = wtforms.FormField(AddressForm)
    reason = wtforms.StringField("Lý do", [v.Optional(), v.Length(5)])
    agree = wtforms.BooleanField("Cam đoan", [v.InputRequired()])


def posted(value: Any, prefix: str = "") -> Bag:
    """Answers as WTForms names them."""
    bag = Bag()
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in items:
        key = f"{prefix}{name}"
        if isinstance(item, dict | list):
            bag.update(posted(item, key + "-"))
        else:
            bag[key] = [str(item)]
    return bag


def wtforms_bind():  # type: ignore[no-untyped-def]
    """Binds and validates the good answers."""
    from benchmarks.sample import GOOD

    bag = posted(GOOD)

    def bind() -> bool:
        return bool(WholeForm(bag).validate())

    return bind


def walk(form: Any) -> str:
    """Every field with label and errors."""
    out = []
    for field in form:
        if isinstance(field, wtforms.FormField):
            out.append(f"<fieldset><legend>{field.label.text}</legend>{walk(field.form)}</fieldset>")
        elif isinstance(field, wtforms.FieldList):
            out += [walk(entry.form) for entry in field.entries]
        else:
            out.append(f"<div>{field.label()}{''.join(map(str, field.errors))}{field()}</div>")
    return "".join(out)


def wtforms_render(values: dict[str, Any] | None = None):  # type: ignore[no-untyped-def]
    """Renders every field with label and errors."""
    bag = posted(values) if values else None

    def render() -> str:
        form = WholeForm(bag)
        return walk(form)

    return render


def jinja_render(values: dict[str, Any] | None = None):  # type: ignore[no-untyped-def]
    """A generic recursive macro that walks the schema, which is the naive way."""
    from jinja2 import Environment

    from benchmarks.sample import SCHEMA

    template = Environment(autoescape=True).from_string(
        """{% macro field(schema, name, value, required, defs) %}{% set s = defs[schema['$ref'].split('/')[-1]] if '$ref' in schema else schema %}
{% if s.type == 'object' %}<fieldset id="{{ name }}"><legend>{{ s.title }}{% if required %}<span class="star">*</span>{% endif %}</legend>
{% for key, below in s.properties.items() %}{{ field(below, name ~ '/' ~ key, (value or {}).get(key), key in s.required, defs) }}{% endfor %}</fieldset>
{% elif s.type == 'array' %}<fieldset><legend>{{ s.title }}</legend>{% for item in value or [{}] %}{{ field(s['items'], name ~ '/' ~ loop.index0, item, false, defs) }}{% endfor %}</fieldset>
{% elif s.enum %}<fieldset><legend>{{ s.title }}</legend>{% for option in s.enum %}<p><input type="radio" id="{{ name }}.{{ loop.index }}" name="{{ name }}" value="{{ option }}"{% if option == value %} checked{% endif %}><label for="{{ name }}.{{ loop.index }}">{{ option }}</label></p>{% endfor %}</fieldset>
{% elif s.type == 'boolean' or s.const %}<p><input type="checkbox" id="{{ name }}" name="{{ name }}"{% if value %} checked{% endif %}><label for="{{ name }}">{{ s.title }}</label></p>
{% else %}<div class="field"><label for="{{ name }}">{{ s.title }}{% if required %} <span class="star">*</span>{% endif %}</label>{% if s.description %}<p class="hint">{{ s.description }}</p>{% endif %}<input type="text" id="{{ name }}" name="{{ name }}" value="{{ value if value is not none else '' }}"{% if s.maxLength %} maxlength="{{ s.maxLength }}"{% endif %}></div>{% endif %}{% endmacro %}
{% for key, below in schema.properties.items() %}{{ field(below, '/' ~ key, values.get(key), key in schema.required, schema['$defs']) }}{% endfor %}
{% for branch in schema.allOf %}{% for key, below in branch.then.properties.items() %}{% if key in values %}{{ field(below, '/' ~ key, values.get(key), true, schema['$defs']) }}{% endif %}{% endfor %}{% endfor %}"""
    )
    return lambda: template.render(schema=SCHEMA, values=values or {})
