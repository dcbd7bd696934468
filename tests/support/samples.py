"""Samples that most tests begin with: the repository, its procedures, a day, and one small procedure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROCEDURES = ROOT / "schemas" / "procedures"
TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)

#: A procedure of three fields: a text, a number, a list of rows.
SMALL: dict[str, Any] = {
    "title": "Cấp bản sao",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"title": "Họ tên", "type": "string", "maxLength": 50},
        "copies": {"title": "Số bản", "type": "integer", "minimum": 1, "maximum": 9, "default": 1},
        "rows": {
            "title": "Thửa",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["no"],
                "properties": {"no": {"title": "Số", "type": "integer"}, "note": {"title": "Ghi chú", "type": "string"}},
            },
        },
    },
    "x-procedure": {"code": "1.000001", "guidance": "Nộp **đơn**.", "sections": []},
}
