"""The form that everything is measured with: 38 fields, references, rows, conditions, and answers with nine errors."""

from __future__ import annotations

from typing import Any

ADDRESS = {
    "type": "object",
    "title": "Địa chỉ",
    "required": ["province", "commune", "detail"],
    "additionalProperties": False,
    "properties": {
        "province": {"type": "string", "title": "Tỉnh", "pattern": "^[0-9]{2}$"},
        "commune": {"type": "string", "title": "Xã", "pattern": "^[0-9]{5}$"},
        "detail": {"type": "string", "title": "Số nhà", "minLength": 1, "maxLength": 200},
    },
}
PERSON = {
    "type": "object",
    "title": "Người",
    "required": ["name", "id", "address"],
    "unevaluatedProperties": False,
    "properties": {
        "name": {"type": "string", "title": "Họ tên", "minLength": 2, "maxLength": 100},
        "born": {"type": "string", "title": "Ngày sinh", "format": "date"},
        "sex": {"enum": ["nam", "nữ", "khác"], "title": "Giới tính"},
        "id": {"type": "string", "title": "Số định danh", "pattern": "^[0-9]{12}$"},
        "email": {"type": "string", "title": "Thư điện tử", "format": "email"},
        "phone": {"type": "string", "title": "Điện thoại", "pattern": r"^\+?[0-9]{9,12}$"},
        "address": {"$ref": "#/$defs/address"},
    },
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Đăng ký",
    "type": "object",
    "required": ["applicant", "kind", "purpose", "agree"],
    "properties": {
        "applicant": {"$ref": "#/$defs/person"},
        "owner": {"$ref": "#/$defs/person"},
        "kind": {"title": "Loại", "enum": ["mới", "đổi", "lại"]},
        "purpose": {"type": "string", "title": "Mục đích", "minLength": 5, "maxLength": 250},
        "copies": {"type": "integer", "title": "Số bản", "minimum": 1, "maximum": 9},
        "area": {"type": "number", "title": "Diện tích", "minimum": 0, "multipleOf": 0.1},
        "urgent": {"type": "boolean", "title": "Cần gấp"},
        "delivery": {"title": "Nhận", "enum": ["quầy", "bưu chính", "mạng"]},
        "rows": {
            "type": "array",
            "title": "Thửa",
            "maxItems": 20,
            "items": {
                "type": "object",
                "required": ["no", "sheet"],
                "properties": {
                    "no": {"type": "integer", "title": "Số thửa", "minimum": 1},
                    "sheet": {"type": "string", "title": "Tờ", "maxLength": 20},
                    "use": {"enum": ["ODT", "ONT", "CLN", "LUC"], "title": "Loại đất"},
                    "note": {"type": "string", "title": "Ghi chú", "maxLength": 200},
                },
            },
        },
        "agree": {"const": True, "title": "Cam đoan"},
    },
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": "đổi"}}, "required": ["kind"]},
            "then": {
                "required": ["old"],
                "properties": {"old": {"type": "string", "title": "Số cũ", "pattern": "^[A-Z]{2} [0-9]{6}$"}},
            },
        },
        {
            "if": {"properties": {"delivery": {"const": "bưu chính"}}, "required": ["delivery"]},
            "then": {"required": ["postal"], "properties": {"postal": {"$ref": "#/$defs/address"}}},
        },
        {
            "if": {"properties": {"urgent": {"const": True}}, "required": ["urgent"]},
            "then": {"required": ["reason"], "properties": {"reason": {"type": "string", "title": "Lý do", "minLength": 5}}},
        },
    ],
    "unevaluatedProperties": False,
    "$defs": {"address": ADDRESS, "person": PERSON},
}


def _person(name: str) -> dict[str, Any]:
    return {
        "name": name, "born": "1985-02-03", "sex": "nam", "id": "079085012345", "email": "ten@example.vn", "phone": "0912345678",
        "address": {"province": "79", "commune": "26506", "detail": "12 đường Mẫu"},
    }  # fmt: skip


GOOD: dict[str, Any] = {
    "applicant": _person("Nguyễn Văn A"),
    "owner": _person("Trần Thị B"),
    "kind": "đổi",
    "old": "AB 123456",
    "purpose": "đổi giấy chứng nhận cũ",
    "copies": 2,
    "area": 120.5,
    "urgent": True,
    "reason": "cần nộp ngân hàng",
    "delivery": "bưu chính",
    "postal": {"province": "79", "commune": "26506", "detail": "12 đường Mẫu"},
    "rows": [{"no": 1, "sheet": "12", "use": "ODT", "note": "x"}, {"no": 2, "sheet": "13", "use": "CLN"}],
    "agree": True,
}
BAD: dict[str, Any] = {
    **GOOD,
    "applicant": {**GOOD["applicant"], "name": "A", "born": "1985-02-33", "id": "12", "email": "x"},
    "old": "1",
    "purpose": "x",
    "copies": 99,
    "rows": [{"no": 0, "sheet": "12"}, {"sheet": "13"}],
}
