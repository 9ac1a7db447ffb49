"""Lines, indents and blocks of a page saved as text."""

import re


def lines_of(text: str) -> list[str]:
    return [line.rstrip().expandtabs(4) for line in re.split(r"\r\n|[\n\r\f\v\x85\u2028\u2029]", text)]


def next_text(lines: list[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def paragraphs_of(lines: list[str]) -> list[str]:
    """Blocks between blank lines, stripped, their own line breaks kept."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]
