"""The mails that the local mail server received."""

import json
import urllib.parse
import urllib.request
from typing import Any

_SHOWN = 50


def read(mailpit: str, mail: str | None) -> str:
    """A list of the newest mails, or where `mail` is an id (or ``latest``) the text of that one.

    Raises:
        OSError: the mail server does not answer, or has no such mail.
    """
    if mail:
        found = _get(f"{mailpit}/api/v1/message/{urllib.parse.quote(mail)}")
        recipients = ", ".join(recipient["Address"] for recipient in found["To"])
        return f"Subject: {found['Subject']}\nTo: {recipients}\nDate: {found['Date']}\n\n{found['Text']}"
    mails = _get(f"{mailpit}/api/v1/messages?limit={_SHOWN}")
    if not mails["messages"]:
        return "no mail yet"
    lines = [
        f"{item['ID']:24}  {item['Created'][:19].replace('T', ' ')}  {item['To'][0]['Address']:32}  {item['Subject']}"
        for item in mails["messages"]
    ]
    more = [f"… and {mails['total'] - _SHOWN} older ones"] if mails["total"] > _SHOWN else []
    return "\n".join([*lines, *more, "", "make inbox MAIL=latest, or an id of the first column, shows a mail's text."])


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
        return json.load(answer)
