"""The state folder: what a running site writes down so that others find it, and its secrets.

Standard library only; settings.py reads this in every process.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def default_folder() -> Path:
    """PARLEY_STATE_DIR, or `.parley` in the checkout."""
    return Path(os.environ.get("PARLEY_STATE_DIR") or CHECKOUT / ".parley").expanduser().absolute()


class AlreadyRunningError(Exception):
    """Another process holds this state folder."""


class State:
    """One state folder. Reading never creates anything; `take()` is for the one process that runs."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()
        self.lock_file = self.folder / "run.lock"
        self.services_file = self.folder / "services.json"
        self.children_file = self.folder / "children.json"
        self.logs = self.folder / "log"
        self._lock: int | None = None

    def make(self) -> None:
        """Create the folder with a place for logs."""
        self._make_folder()
        self.logs.mkdir(mode=0o700, exist_ok=True)

    def _make_folder(self) -> None:
        """As root others may pass through it, because PostgreSQL runs under its own account."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)

    # --- who runs -----------------------------------------------------------------------------------

    def take(self) -> None:
        """Hold the folder until this process ends, however it ends. Raises AlreadyRunningError."""
        self.make()
        descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        # Tried for a second: held() in another process has the lock for an instant, a running site for good. Waiting
        # for the lock itself would be waiting for the running site, and flock knows no time limit.
        for _attempt in range(20):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                self._lock = descriptor
                return
        os.close(descriptor)
        raise AlreadyRunningError

    def release(self) -> None:
        """Give the folder back; what it announced is withdrawn first."""
        self.services_file.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def held(self) -> bool:
        """Does a living process hold this folder? The kernel drops the lock with its holder."""
        try:
            descriptor = os.open(self.lock_file, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    # --- what is known of the running site ----------------------------------------------------------

    def announce(self, **facts: Any) -> None:
        """Write services.json for `addresses()` and for people; mode 600 because addresses hold passwords."""
        write_private(self.services_file, json.dumps(facts, indent=2) + "\n")

    def announced(self) -> dict[str, Any]:
        """What was announced last, whether it still runs or not; empty when unreadable."""
        return _read_json(self.services_file)

    def addresses(self) -> dict[str, str]:
        """The announced addresses while the announcing process lives."""
        found = self.announced()
        if not found or not self.held():
            return {}
        return {key: str(found[key]) for key in ("base_url", "database_url", "redis_url") if found.get(key)}

    def remember_children(self, children: Mapping[str, tuple[int, float]]) -> None:
        """Note (pid, start time) of each child, so that the next start can clear what a SIGKILL left."""
        write_private(self.children_file, json.dumps(children))

    def children(self) -> dict[str, tuple[int, float]]:
        """The children noted last; empty when none or unreadable."""
        noted = _read_json(self.children_file)
        return {
            name: (int(entry[0]), float(entry[1]))
            for name, entry in noted.items()
            if isinstance(entry, list) and len(entry) == 2
        }

    # --- secrets ------------------------------------------------------------------------------------

    def secret(self, name: str) -> str:
        """A random secret of 384 bits, made once under `name` with mode 600.

        Raises ImproperlyConfigured where it can be neither read nor made.
        """
        path = self.folder / name
        try:
            if not (path.is_file() and path.stat().st_size):
                self._make_folder()
                _create_once(path, secrets.token_urlsafe(48))
            return path.read_text().strip()
        except OSError as error:
            from django.core.exceptions import ImproperlyConfigured

            raise ImproperlyConfigured(
                f"The secret in {path} can be neither read nor made ({error.strerror}). "
                "Set SECRET_KEY in the environment, or PARLEY_STATE_DIR to a folder of this user."
            ) from None


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    fresh.replace(path)


def _create_once(path: Path, text: str) -> None:
    """Create with its content in place, or leave what another process made a moment earlier."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text + "\n")
        if path.exists() and not path.stat().st_size:  # an interrupted first attempt of another kind
            path.unlink()
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
