"""Letters by SMTP, or into a folder where no server is configured, so that a demo shows what would have been sent."""

import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tenants.events import KINDS


def letter(
    *, key: str, to: list[str], kind: str, facts: dict[str, Any], link: str, public_url: str, sender: str
) -> EmailMessage:
    """One letter, header-safe: line breaks in a fact cannot make a header. The key becomes the Message-ID, so that a second copy is known."""
    message = EmailMessage()
    sentence = KINDS[kind].says % facts
    message["Subject"] = " ".join(sentence.split())[:200]
    message["From"], message["To"] = sender, sender
    message["Bcc"] = ", ".join(to)
    message["Message-ID"] = f"<{key}@bailee>"
    message.set_content(f"{sentence}\n\n{public_url}{link}\n")
    return message


class SmtpMailRoom:
    """Sends by `smtp://user:password@host:port` (STARTTLS where offered) or `smtps://`."""

    def __init__(self, url: str, *, public_url: str) -> None:
        self.address, self.public_url = urlsplit(url), public_url
        self.sender = f"bailee@{urlsplit(public_url).hostname or 'localhost'}"

    def send(self, *, key: str, to: list[str], kind: str, facts: dict[str, Any], link: str) -> None:
        message = letter(
            key=key, to=to, kind=kind, facts=facts, link=link, public_url=self.public_url, sender=self.sender
        )
        secure = self.address.scheme == "smtps"
        connect = smtplib.SMTP_SSL if secure else smtplib.SMTP
        with connect(
            self.address.hostname or "localhost", self.address.port or (465 if secure else 25), timeout=30
        ) as server:
            if not secure and server.has_extn("starttls"):
                server.starttls()
            if self.address.username:
                server.login(unquote(self.address.username), unquote(self.address.password or ""))
            server.send_message(message)


class FolderMailRoom:
    """Writes each letter into a folder, under its key: a second copy replaces the first."""

    def __init__(self, folder: Path, *, public_url: str) -> None:
        self.folder, self.public_url = folder, public_url

    def send(self, *, key: str, to: list[str], kind: str, facts: dict[str, Any], link: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        message = letter(
            key=key, to=to, kind=kind, facts=facts, link=link, public_url=self.public_url, sender="bailee@localhost"
        )
        (self.folder / f"{key}.eml").write_bytes(message.as_bytes())
