"""Fetch a large file over HTTP: with progress, resumed where it broke off, and only believed after its digest."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from moderation.scoring.checkpoints import CheckpointError

Progress = Callable[[int, int | None], None]
"""Called with (bytes so far, bytes in all or None)."""

TRIES = 4
PATIENCE = 30
"""Seconds without a byte after which a try is given up."""
BLOCK = 1 << 18


def download(url: str, path: Path, *, progress: Progress, most: int) -> None:
    """Fetch ``url`` to ``path`` through ``path.part``, resuming it; at most ``most`` bytes.

    Raises CheckpointError with advice where the network or the server does not play along. What has arrived stays
    in the ``.part`` file for the next call.
    """
    try:
        is_web = urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)
    except ValueError:
        is_web = False
    if not is_web:
        raise CheckpointError(f"{url} is not an http or https address.")
    part = path.with_name(path.name + ".part")
    problem = ""
    for _ in range(TRIES):
        try:
            if _fetch(url, part, progress, most):
                part.replace(path)
                return
            problem = "the connection closed early"
        except urllib.error.HTTPError as error:
            if error.code == 416:  # the part is as long as the file or longer: start over
                part.unlink(missing_ok=True)
            elif error.code < 500:
                raise CheckpointError(f"{url} answers {error.code} {error.reason}. {_advice(url)}") from error
            problem = f"{error.code} {error.reason}"
        except (OSError, HTTPException) as error:
            problem = str(getattr(error, "reason", error))
    raise CheckpointError(f"{url} could not be fetched: {problem}. {_advice(url)}")


def _fetch(url: str, part: Path, progress: Progress, most: int) -> bool:
    """One try; True when everything has arrived."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "parley"})  # noqa: S310 - the scheme was checked
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        resumed = answer.status == 206
        have = have if resumed else 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        if (total or 0) > most:
            raise CheckpointError(f"{url} is {total:,} bytes; at most {most:,} are accepted.")
        with part.open("ab" if resumed else "wb") as file:
            while block := answer.read(BLOCK):
                file.write(block)
                have += len(block)
                if have > most:
                    raise CheckpointError(f"{url} is longer than the {most:,} bytes that are accepted.")
                progress(have, total)
    return total is None or have == total


def _advice(url: str) -> str:
    return (
        "What has arrived is kept, and the same command goes on from there. On a machine without internet, fetch "
        f"{url} elsewhere, pack it with config.json and tokenizer.json of its body into one .zip, and run "
        "`manage.py model install FILE.zip --name NAME`. Until then the bundled `compact` works without any download."
    )
