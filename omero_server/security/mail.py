"""Sending mail as the properties omero.mail.* say."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from omero_server.control.config import Config

__all__ = ["MailError", "send_mail"]

LONGEST_WAIT = 120.0


class MailError(Exception):
    """The mail could not be handed over; the text says why."""


def send_mail(config: Config, to: str, subject: str, text: str) -> None:
    """Hand a mail to the server of omero.mail.host. Raises MailError."""
    if not config.get_bool("omero.mail.config"):
        raise MailError("this server sends no mail: see the property omero.mail.config")
    try:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = config.get("omero.mail.from"), to, subject
        message.set_content(text)
        with _server(config) as server:
            if config.get_bool("omero.mail.smtp.starttls.enable"):
                server.starttls(context=ssl.create_default_context())
            if config.get_bool("omero.mail.smtp.auth"):
                server.login(config.get("omero.mail.username"), config.get("omero.mail.password"))
            server.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise MailError(f"the mail server did not take the mail: {type(error).__name__}") from error


def _server(config: Config) -> smtplib.SMTP:
    host, port = config.get("omero.mail.host"), config.get_int("omero.mail.port")
    wait = config.get_int("omero.mail.smtp.timeout") / 1000
    timeout = min(wait, LONGEST_WAIT) if wait > 0 else LONGEST_WAIT
    if "ssl" in config.get("omero.mail.smtp.socketFactory.class").lower() or (
        config.get("omero.mail.transport.protocol") == "smtps"
    ):
        return smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=timeout)
