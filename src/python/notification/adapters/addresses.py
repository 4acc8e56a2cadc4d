"""E-mail addresses, read strictly: what is more than one address carries headers or commands."""

from email.errors import HeaderParseError
from email.headerregistry import Address

from notification.service_layer.mailing import PermanentlyRefused


def parse_address(email: str) -> Address:
    """The address that `email` is.

    Raises:
        PermanentlyRefused: it is none, or more than one.
    """
    try:
        return Address(addr_spec=email)
    except (ValueError, HeaderParseError, IndexError) as error:  # the parser's own ways of giving up
        raise PermanentlyRefused(f"{email!r} is no e-mail address: {error}") from error
