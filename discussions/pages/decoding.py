"""A saved page's bytes as text, or in which way they are none."""

import re

MAX_BYTES = 5_000_000


class PageError(ValueError):
    """A page that cannot be read. The message is for whoever tried: what is wrong, where, and what to do."""


def decode(data: bytes, name: str = "FILE") -> str:
    """UTF-8, with or without a byte-order mark, or marked UTF-16, as text. Raises `PageError`."""
    if len(data) > MAX_BYTES:
        raise PageError(
            f"{name} has {len(data):,} bytes; a page has at most {MAX_BYTES:,}. Is it a saved article page?"
        )
    encoding = "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and not data.startswith(b"\xff\xfe\0\0"):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise PageError(_not_utf8(data, name, error)) from None
    control = re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise PageError(
            f"{name} is not a text file: line {line} holds control character 0x{ord(control.group()):02X}. "
            "Open the page in a browser, save it as text and import that file."
        )
    if re.match(r"\s*<(?:!doctype|html|\?xml)", text, re.IGNORECASE):
        raise PageError(f"{name} is HTML. Open it in a browser, save the page as text and import that file.")
    return text


def _not_utf8(data: bytes, name: str, error: UnicodeDecodeError) -> str:
    if b"\0" in data[:8192]:
        where = data.index(b"\0")
        return (
            f"{name} is not a text file: byte {where:,} is NUL. Open the page in a browser, save it as text "
            "and import that file."
        )
    line = data.count(b"\n", 0, error.start) + 1
    column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
    return (
        f"{name} is not UTF-8: byte 0x{data[error.start]:02X} at line {line}, byte {column} of that line. "
        f"If it was saved as Windows-1252 or Latin-1, convert it with\n"
        f"  iconv -f WINDOWS-1252 -t UTF-8 {name} > page-utf8.txt\n"
        "and import page-utf8.txt."
    )
