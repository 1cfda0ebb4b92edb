"""Sends mail through the SMTP server that the properties ``omero.mail.*`` name.

Stands beside the rooms of the server: services and requests may use it, it needs nothing but the configuration.
"""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from collections.abc import Iterable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cached_property

import omero
import omero._generated
from omero_server.control.config import Config

__all__ = ["Mailer", "is_address"]

log = logging.getLogger(__name__)

ADDRESS = re.compile(r"[^@\s,;<>\"()\[\]\\:]+@[^@\s,;<>\"()\[\]\\:]+")


def is_address(text: str | None) -> bool:
    """Whether a text is one plain mail address, such as ann@example.org."""
    return bool(text and text.isascii() and ADDRESS.fullmatch(text))


class Mailer:
    """Mail by the rules of one configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @property
    def enabled(self) -> bool:
        """Whether this server is to send mail at all (``omero.mail.config``)."""
        return self._config.get_bool("omero.mail.config")

    @property
    def sender(self) -> str:
        """The address that mail comes from."""
        return self._config.get("omero.mail.from").strip()

    def send(self, recipients: Iterable[str], subject: str, body: str, html: bool = False) -> list[str]:
        """Send a message to each address, so that nobody sees the others'; the addresses that were refused.

        Raises ResourceError when mail is switched off or the SMTP server cannot be used, ApiUsageException for a
        subject of several lines.
        """
        if not self.enabled:
            raise omero.ResourceError(message="This server sends no mail. Set omero.mail.config to true.")
        addresses = list(dict.fromkeys(recipients))
        wanted = [address for address in addresses if is_address(address)]
        refused = [address for address in addresses if not is_address(address)]
        if not wanted:
            return refused
        messages = [self._message(address, subject, body, html) for address in wanted]
        try:
            with self._connect() as server:
                refused += [str(message["To"]) for message in messages if not _accepted(server, message)]
        except (OSError, smtplib.SMTPException) as error:
            # The reply of a server that refuses a login may hold what was sent: only its kind is told.
            log.warning("mail could not be sent through %s: %s", self._host, type(error).__name__)
            raise omero.ResourceError(
                message=f"Mail could not be sent through {self._host} ({type(error).__name__}). "
                "Check the properties omero.mail.*."
            ) from None
        return refused

    def _message(self, address: str, subject: str, body: str, html: bool) -> EmailMessage:
        message = EmailMessage()
        try:
            message["From"], message["To"], message["Subject"] = self.sender, address, subject
        except ValueError as error:
            raise omero.ApiUsageException(message=f"The mail has a wrong header: {error}.") from None
        message["Date"], message["Message-ID"] = formatdate(localtime=True), make_msgid(domain=self._domain)
        message.set_content(body, subtype="html" if html else "plain")
        return message

    @cached_property
    def _host(self) -> str:
        return self._config.get("omero.mail.host").strip()

    @property
    def _domain(self) -> str:
        return self.sender.rpartition("@")[2].strip("> ") or "localhost"

    @property
    def _tls_from_start(self) -> bool:
        factory = self._config.get("omero.mail.smtp.socketFactory.class")
        return self._config.get("omero.mail.transport.protocol") == "smtps" or factory.endswith("SSLSocketFactory")

    def _connect(self) -> smtplib.SMTP:
        seconds = self._config.get_int("omero.mail.smtp.connectiontimeout") / 1000
        if self._tls_from_start:
            port = self._config.get_int("omero.mail.smtp.socketFactory.port")
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, port, timeout=seconds, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(self._host, self._config.get_int("omero.mail.port"), timeout=seconds)
        try:
            self._prepare(server)
        except BaseException:
            server.close()
            raise
        return server

    def _prepare(self, server: smtplib.SMTP) -> None:
        if server.sock is not None:
            server.sock.settimeout(self._config.get_int("omero.mail.smtp.timeout") / 1000)
        if self._config.get_bool("omero.mail.smtp.starttls.enable") and not self._tls_from_start:
            server.starttls(context=ssl.create_default_context())
        if self._config.get_bool("omero.mail.smtp.auth"):
            server.login(self._config.get("omero.mail.username"), self._config.get("omero.mail.password"))


def _accepted(server: smtplib.SMTP, message: EmailMessage) -> bool:
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused:
        return False
    return True
