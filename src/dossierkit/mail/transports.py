"""Mailers: over SMTP, or as files if no server is configured."""

from __future__ import annotations

import logging
import os
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path

import attrs

from dossierkit.dossiers.mails import SendMail
from dossierkit.errors import MailError
from dossierkit.private_files import make_private_folder, write_private

_log = logging.getLogger(__name__)


def message(mail: SendMail, sender: str) -> EmailMessage:
    """*mail* as a MIME message with plain text and HTML.  A line break in a header is an error, never a new header."""
    mime = EmailMessage(policy=SMTP)
    mime["From"] = sender
    mime["To"] = mail.to
    mime["Subject"] = mail.subject
    mime["Date"] = formatdate()
    # The same on every try, so that servers can recognise a mail that was sent twice.
    mime["Message-ID"] = f"<{mail.key.replace(':', '.')}@{sender.rpartition('@')[2] or 'dossierkit.invalid'}>"
    mime["Auto-Submitted"] = "auto-generated"
    mime.set_content(mail.text)
    if mail.html:
        mime.add_alternative(mail.html, subtype="html")
    return mime


@attrs.frozen
class FileMailer:
    """Writes each mail as an `.eml` file into *folder*, for tests and for machines without a mail server."""

    folder: Path
    sender: str = "portal@example.invalid"

    def send(self, mail: SendMail) -> None:
        """See `Mailer.send`."""
        try:
            make_private_folder(self.folder)
            path = self.folder / f"{mail.key.replace(':', '-')}.eml"
            part = path.with_suffix(f".{os.getpid()}.part")
            write_private(part, bytes(message(mail, self.sender)))
            part.replace(path)
        except OSError as error:
            raise MailError(f"cannot write into {self.folder}: {error.strerror}") from error
        _log.info("wrote a mail to %s", path)


@attrs.frozen
class SmtpMailer:
    """Hands mails to an SMTP server.

    Args:
        security: `starttls`, `tls` or `none`.
    """

    host: str
    port: int = 587
    sender: str = "portal@example.invalid"
    user: str = ""
    password: str = attrs.field(default="", repr=False)
    security: str = "starttls"
    timeout: float = 20.0

    def send(self, mail: SendMail) -> None:
        """See `Mailer.send`."""
        try:
            with self._connected() as server:
                server.send_message(message(mail, self.sender))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise MailError(f"the address is refused ({codes[0]})", final=all(500 <= code < 600 for code in codes)) from error
        except smtplib.SMTPResponseException as error:
            raise MailError(f"the server answers {error.smtp_code}", final=self._is_final(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(f"{self.host}:{self.port} does not accept the mail ({type(error).__name__})") from error

    @staticmethod
    def _is_final(error: smtplib.SMTPResponseException) -> bool:
        """Whether retrying is useless; a refused login is not final, as the operator can correct it."""
        return 500 <= error.smtp_code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError)

    def _connected(self) -> smtplib.SMTP:
        secure = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=secure)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.security == "starttls":
                server.starttls(context=secure)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server
