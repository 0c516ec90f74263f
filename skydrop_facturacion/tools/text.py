"""What people type, made fit for a mail and for PostgreSQL."""

import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def clean_line(text):
    """One line: control characters and line breaks become a single space.

    :param text: as somebody typed it; None and False stand for nothing
    :rtype: str
    """
    return " ".join(CONTROL.sub(" ", text or "").split())


def clean_text(text, length=2000):
    """Several lines without other control characters.

    :param text: as somebody typed it; None and False stand for nothing
    :param int length: how many characters are kept
    :rtype: str
    """
    lines = re.split(r"\r\n|\r|\n", text or "")
    return "\n".join(CONTROL.sub(" ", line).rstrip() for line in lines).strip()[:length]
