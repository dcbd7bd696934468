"""The office's day."""

from __future__ import annotations

from zoneinfo import ZoneInfo

#: The office's day, whatever the server's clock says.
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
