"""What mails say, in Vietnamese and English: plain text, and the same as simple HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

import attrs

from dossierkit.dossiers.effects import SendMail

_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_LINK = re.compile(r"https?://[^\s<>\"]+")


@attrs.frozen
class Office:
    """Who writes, and where its portal is; links are built from *address* alone, never from a request."""

    name: str = "Cổng dịch vụ công trực tuyến"
    address: str = "http://127.0.0.1:8000"


#: Name → language → (subject, paragraphs).
LETTERS: Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "registered": {
        "vi": (
            "Tài khoản của bạn đã được tạo",
            (
                "Chào {person},",
                "Mật khẩu lần đầu của bạn: {secret}",
                "Mật khẩu này dùng được một lần trong 24 giờ. Đăng nhập tại {link}, sau đó đặt mật khẩu của riêng bạn.",
                "Nếu bạn không tạo tài khoản, hãy bỏ qua thư này.",
            ),
        ),
        "en": (
            "Your account has been created",
            (
                "Dear {person},",
                "Your first password: {secret}",
                "It works once, within 24 hours. Sign in at {link}, then choose a password of your own.",
                "If you did not create an account, ignore this message.",
            ),
        ),
    },
    "taken": {
        "vi": (
            "Có người vừa đăng ký bằng địa chỉ của bạn",
            (
                "Địa chỉ này đã có tài khoản, nên không có gì thay đổi.",
                "Nếu đó là bạn: hãy đăng nhập tại {link}, hoặc chọn Quên mật khẩu ở đó.",
                "Nếu không phải bạn, bạn không cần làm gì.",
            ),
        ),
        "en": (
            "Somebody has just registered with your address",
            (
                "This address has an account already, so nothing has changed.",
                "If it was you: sign in at {link}, or choose Forgotten password there.",
                "If it was not you, there is nothing you need to do.",
            ),
        ),
    },
    "reset": {
        "vi": (
            "Đặt lại mật khẩu",
            (
                "Mở đường dẫn này trong vòng một giờ để đặt mật khẩu mới: {link}",
                "Đường dẫn chỉ dùng được một lần. Nếu bạn không yêu cầu, hãy bỏ qua thư này; mật khẩu cũ vẫn dùng được.",
            ),
        ),
        "en": (
            "Choose a new password",
            (
                "Open this link within an hour to choose a new password: {link}",
                "It works once. If you did not ask for it, ignore this message; your password still works.",
            ),
        ),
    },
    "no-account": {
        "vi": (
            "Không có tài khoản với địa chỉ này",
            (
                "Có người vừa yêu cầu đặt lại mật khẩu bằng địa chỉ của bạn, nhưng địa chỉ này chưa có tài khoản.",
                "Nếu đó là bạn, bạn có thể tạo tài khoản tại {link}.",
            ),
        ),
        "en": (
            "There is no account with this address",
            (
                "Somebody asked for a new password with your address, but there is no account with it.",
                "If it was you, you can create one at {link}.",
            ),
        ),
    },
    "password-changed": {
        "vi": (
            "Mật khẩu của bạn vừa được đổi",
            ("Nếu không phải bạn đổi, hãy đặt lại mật khẩu ngay tại {link}.",),
        ),
        "en": ("Your password has just been changed", ("If it was not you, choose a new one at once at {link}.",)),
    },
    "mail-changed": {
        "vi": (
            "Địa chỉ thư điện tử của bạn vừa được đổi",
            (
                "Từ nay tài khoản đăng nhập bằng một địa chỉ khác.",
                "Nếu không phải bạn đổi, hãy báo ngay cho chúng tôi: {link}.",
            ),
        ),
        "en": (
            "Your mail address has just been changed",
            ("From now on the account signs in with another address.", "If it was not you, contact us at once: {link}."),
        ),
    },
    "erased": {
        "vi": (
            "Tài khoản của bạn đã được xóa",
            ("Tài khoản và mọi bản nháp đã được xóa. Hồ sơ đã nộp được cơ quan lưu theo quy định.", "Cổng dịch vụ: {link}"),
        ),
        "en": (
            "Your account has been deleted",
            (
                "The account and every draft are gone. Dossiers you submitted are kept by the office as the law asks.",
                "The portal: {link}",
            ),
        ),
    },
    "submitted": {
        "vi": (
            "Đã nhận hồ sơ {code}",
            (
                "Mã hồ sơ: {code}",
                "Thủ tục: {procedure}",
                "Cơ quan sẽ xem hồ sơ và báo cho bạn qua thư. Xem tình trạng tại {link}.",
            ),
        ),
        "en": (
            "Dossier {code} has been received",
            (
                "Dossier code: {code}",
                "Procedure: {procedure}",
                "The office will look at it and write to you. See where it stands at {link}.",
            ),
        ),
    },
}


def letter(name: str, language: str, office: Office, *, key: str, to: str, path: str, **values: str) -> SendMail:
    """The letter *name* to the address *to*.

    Args:
        key: what makes a repeat the same mail.
        path: where its link leads, below the address of the office.
        values: texts that the letter quotes; line breaks in them become spaces.
    """
    subject, paragraphs = LETTERS[name].get(language) or LETTERS[name]["vi"]
    known = {"link": office.address.rstrip("/") + path, **{k: _BREAKS.sub(" ", v) for k, v in values.items()}}
    texts = [paragraph.format(**known) for paragraph in paragraphs]
    shown = "".join(f"<p>{_linked(text)}</p>" for text in texts)
    page = f'<!doctype html><html lang="{language}"><body>{shown}<p>{escape(office.name)}</p></body></html>'
    return SendMail(key, to, subject.format(**known)[:200], "\n\n".join([*texts, office.name]) + "\n", page)


def _linked(text: str) -> str:
    """*text* as HTML, its addresses as links."""
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(".,;")
        parts += [escape(text[end : match.start()]), f'<a href="{escape(address)}">{escape(address)}</a>']
        end = match.start() + len(address)
    return "".join([*parts, escape(text[end:])])
