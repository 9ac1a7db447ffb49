"""What can be told before anything is installed. Runs as a plain script under any Python 3."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

ENV_FILE = Path(__file__).resolve().parent.parent.parent / ".env"


def busy_port_message(host: str, port: str) -> str | None:
    """Why the site could not listen there, and what to do; None when it can."""
    if not port.isdigit() or not 0 < int(port) < 65536:
        return f"PORT={port} is not a port number. Use one from 1 to 65535, for instance: make run PORT=8001"
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except PermissionError:
            return f"Port {port} is reserved for root. Choose another one: make run PORT=8001"
        except OSError as error:
            if error.errno != 98 and "in use" not in str(error):
                return f"Parley cannot listen on {host}:{port}: {error.strerror}."
            other = int(port) + 1 if int(port) < 65535 else 8000
            return f"Port {port} is in use by another program. Choose another one: make run PORT={other}"
    return None


def wanted(name: str, env_file: Path = ENV_FILE) -> str:
    """A setting from the environment, else from the first plain line of `.env` with it; empty when neither names it."""
    try:
        lines = env_file.read_text(encoding="utf-8")
    except OSError:
        lines = ""
    found = re.findall(rf"^(?:export\s+)?{name}\s*=\s*['\"]?([^'\"\s]*)", lines, re.MULTILINE)
    return os.environ[name] if name in os.environ else found[0] if found else ""


if __name__ == "__main__":
    problem = busy_port_message(wanted("BIND") or "127.0.0.1", wanted("PORT") or "8000")
    if problem:
        sys.exit(problem)
