"""`make run` as a whole: starts, is found, heals, stops, starts again."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from config.local.cluster import SHARED_HOME
from tests.config.site import RunningSite
from tests.waiting import until


@pytest.fixture(scope="module")
def shared_site() -> Iterator[RunningSite]:
    site = RunningSite()
    site.start()
    yield site
    if not site.ended():
        site.end(signal.SIGTERM)
    for home in SHARED_HOME.glob("*/belongs-to"):
        if home.read_text().strip() == str(site.folder):
            shutil.rmtree(home.parent)
    shutil.rmtree(site.folder)


@pytest.fixture
def site(shared_site: RunningSite) -> RunningSite:
    """Running, whatever the test before did to it."""
    if shared_site.ended():
        shared_site.start()
    until("the site is ready", shared_site.ready, 90)
    return shared_site


def test_it_says_where_everything_is(site: RunningSite) -> None:
    until("its address is printed", lambda: "Parley is ready at" in site.log.read_text(), 60)
    said = site.log.read_text().partition("Ctrl-C stops everything")[0]  # before other tests broke it on purpose
    assert f"http://localhost:{site.port}/" in said
    assert f"http://localhost:{site.port}/mailbox/" in said
    assert "Traceback" not in said
    for line in (site.folder / "demo_logins.txt").read_text().splitlines():
        assert line.rstrip() in said


def test_its_notes_are_private(site: RunningSite) -> None:
    for name in ("services.json", "secret_key", "valkey_password", "children.json"):
        assert (site.folder / name).stat().st_mode & 0o077 == 0, name


def test_commands_from_another_terminal_join_it(site: RunningSite) -> None:
    done = site.manage("shell", "-v", "0", "-c", "from django.conf import settings; print(settings.PARLEY_LOCAL)")
    assert done.stdout.strip() == "True", done.stderr
    assert site.manage("migrate", "--check").returncode == 0


def test_workers_show_celery_and_the_checkout_in_the_process_list(site: RunningSite) -> None:
    lines = site.command_lines().values()
    for queue in ("score", "ask", "mail"):
        assert any("celery" in line and f"-Q {queue}" in line and "/.venv/bin/python" in line for line in lines)


def test_the_workers_leave_their_numbers_where_the_metrics_page_looks(site: RunningSite) -> None:
    def scoring_has_written() -> bool:
        scoring = {pid for pid, line in site.command_lines().items() if "-Q score" in line}
        return bool(scoring & {int(path.stem.rsplit("_", 1)[1]) for path in (site.folder / "metrics").glob("*.db")})

    until("scoring has written", scoring_has_written, 90)
    # written when the first comment is scored
    until("scores are counted", lambda: "parley_scored_total" in site.get("/metrics")[1], 90)


@pytest.mark.parametrize("name", ["web", "score", "ask", "mail", "beat", "valkey", "postgres"])
def test_a_killed_process_comes_back_and_the_site_is_ready_again(site: RunningSite, name: str) -> None:
    begun = datetime.now(UTC).isoformat()
    site.kill(name)
    until("the site is ready", site.ready, 90)
    if name == "score":  # the new one, not the memory of the old one
        until("a worker has shown itself since", lambda: any(seen > begun for seen in site.workers_seen()), 90)


def test_a_clean_stop_leaves_no_process_and_a_second_start_is_quick_and_keeps_the_data(site: RunningSite) -> None:
    count = ["shell", "-v", "0", "-c", "from discussions.models import Comment; print(Comment.objects.count())"]
    before = int(site.manage(*count).stdout)
    assert before > 0
    everybody = site.everybody()

    assert site.end(signal.SIGINT) == 0
    assert site.left(everybody) == []
    assert not (site.folder / "services.json").exists()
    begun = time.monotonic()
    site.start()
    assert time.monotonic() - begun < 60
    assert int(site.manage(*count).stdout) == before


def test_after_the_supervisor_was_killed_nothing_is_left_and_the_next_start_works(site: RunningSite) -> None:
    everybody = site.everybody()
    site.end(signal.SIGKILL)
    site.start()  # at once: what is on its way out is waited for
    assert site.left(everybody) == []


def test_a_command_without_anything_running_says_what_to_do() -> None:
    stopped = RunningSite()
    done = stopped.manage("migrate", "--check")
    shutil.rmtree(stopped.folder)
    assert done.returncode != 0
    assert "make run" in done.stderr
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_a_database_of_ones_own_there_are_no_demo_accounts_and_no_mailbox() -> None:
    site = RunningSite()
    site.environment["DATABASE_URL"] = os.environ["DATABASE_URL"]
    try:
        site.start()
        until("it says what comes next", lambda: "manage.py createsuperuser" in site.output(), 60)
        assert site.get("/mailbox/")[0] == 404
        count = "from discussions.models import User; from django.conf import settings as s"
        done = site.manage(
            "shell", "-v", "0", "-c", f"{count}; print(User.objects.count(), s.STAFF_NEED_SECOND_FACTOR)"
        )
        assert done.stdout.split() == ["0", "True"], done.stderr
        assert not (site.folder / "demo_logins.txt").exists()
        assert not (site.folder / "postgres").exists()
        assert "database_url" not in site.facts()
    finally:
        if not site.ended():
            site.end(signal.SIGTERM)
        shutil.rmtree(site.folder)
