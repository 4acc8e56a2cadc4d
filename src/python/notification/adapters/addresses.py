"""E-mail addresses, read strictly: what is more than one address carries headers or commands."""

from email.headerregistry import Address

from email_validator import EmailNotValidError, validate_email

from notification.service_layer.mailing import PermanentlyRefused


def parse_address(email: str) -> Address:
    """The address that `email` is, with its domain in ASCII; whether it exists is for the mail server to say.

    Raises:
        PermanentlyRefused: it is none, or more than one.
    """
    try:
        parts = validate_email(email, check_deliverability=False, globally_deliverable=False, test_environment=True)
    except EmailNotValidError as error:
        raise PermanentlyRefused(f"{email!r} is no e-mail address: {error}") from error
    return Address(username=parts.local_part, domain=parts.ascii_domain)
