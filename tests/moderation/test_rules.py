"""The policy page: a change is a new version, nothing is lost to two editors at once, going back is one click."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from discussions.models import User
from moderation import reasons, rules
from moderation.models import Policy, Staff
from moderation.policy import DEFAULT_RULES
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(db: None) -> User:
    return staff("eda@example.org", Staff.Role.EDITOR)


@pytest.fixture
def editors_desk(editor: User) -> Client:
    client = Client()
    client.force_login(editor)
    return client


def form(**changed: str) -> dict[str, str]:
    """The page's form as it stands for the first policy, with changes."""
    fields = {
        f"{outcome}-{label}": str(value)
        for label, limits in DEFAULT_RULES["thresholds"].items()
        for outcome, value in limits.items()
    }
    fields |= {"hold_links_above": "2", "hold_newcomers": "0", "hold_unknown_language": "on", "hold_duplicates": "on"}
    fields |= {"trust_publishes": "on", "trust_after": "0"}
    return fields | {"seen": "1", "do": "save"} | changed


def test_saving_puts_the_next_version_in_force(editors_desk: Client) -> None:
    answer = editors_desk.post("/desk/policy/", form(suspect_words="idiot*\n\nidiot*\n fool ", note="After last week"))
    assert answer.status_code == 302
    policy = Policy.objects.in_force()
    assert (policy.version, policy.note, policy.by_name) == (2, "After last week", "eda@example.org")
    assert policy.rules["suspect_words"] == ["idiot*", "fool"]
    assert policy.rules["thresholds"] == DEFAULT_RULES["thresholds"]
    page = editors_desk.get("/desk/policy/").content.decode()
    assert "suspect words: + fool, idiot*" in page


def test_the_new_rules_hold_the_next_comment(editors_desk: Client, settled: Say) -> None:
    editors_desk.post("/desk/policy/", form(suspect_words="tramway"))
    assert settled("The tramway is fine by me and by my dog.").state == "held"


def test_unchanged_rules_make_no_version_and_say_so(editors_desk: Client) -> None:
    page = editors_desk.post("/desk/policy/", form(), follow=True).content.decode()
    assert "Nothing was changed: version 1 stays in force." in page
    assert Policy.objects.in_force().version == 1


def test_what_an_older_version_leaves_out_is_no_change(editors_desk: Client, editor: User) -> None:
    Policy.objects.create(version=2, rules={"thresholds": {"insult": {"hold": 0.5}}, "hold_links_above": None})
    page = editors_desk.post(
        "/desk/policy/", {"hold-insult": "0.5", "hold_links_above": "0", "seen": "2", "do": "save"}, follow=True
    ).content.decode()
    assert "Nothing was changed" in page
    assert Policy.objects.in_force().version == 2


def test_going_back_to_the_same_rules_makes_no_version(editors_desk: Client, editor: User) -> None:
    for n in (3, 0):
        rules.change({"hold_newcomers": n}, by=editor, note="", seen_version=Policy.objects.in_force().version)
    page = editors_desk.post("/desk/policy/1/back/", {"seen": "3"}, follow=True).content.decode()
    assert "Nothing was changed: version 3 stays in force." in page
    assert Policy.objects.in_force().version == 3


def test_trying_shows_the_effect_and_saves_nothing(editors_desk: Client, settled: Say) -> None:
    settled("A calm word about the tram and its timetable.")
    page = editors_desk.post("/desk/policy/", form(do="try", **{"hold-toxicity": "0,0001"})).content.decode()
    assert "What this would do" in page
    assert "toxicity, held from: 0.6 → 0.0001" in page
    assert Policy.objects.in_force().version == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"hold-insult": "1.5"}, "insult: “1.5” is not a number"),
        ({"hold-insult": "much"}, "insult: “much” is not a number"),
        ({"hold-threat": "0.9", "reject-threat": "0.5"}, "threat: held from 0.9 comes after refused from 0.5"),
        ({"hold_newcomers": "three"}, "“three” is not a whole number"),
        ({"banned_words": "x" * 200}, "too long for a word list"),
    ],
)
def test_what_cannot_work_is_said_and_not_saved(editors_desk: Client, changed: dict[str, str], says: str) -> None:
    answer = editors_desk.post("/desk/policy/", form(**changed))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert Policy.objects.in_force().version == 1


def test_one_wrong_figure_costs_nothing_else_that_was_typed(editors_desk: Client) -> None:
    sent = form(
        **{"hold-insult": "0,7x", "hold-threat": "0.9", "reject-threat": "0.5", "hold-toxicity": "0.55"},
        suspect_words="idiot*\nfool", hold_newcomers="4", confirm_addresses="on", note="After last week",
    )  # fmt: skip
    del sent["hold_duplicates"]
    page = editors_desk.post("/desk/policy/", sent).content.decode()
    fields = dict(re.findall(r'<input name="([^"]+)"[^>]* value="([^"]*)"', page))
    assert {name: fields[name] for name in sent if name in fields} == {n: v for n, v in sent.items() if n in fields}
    assert "idiot*\nfool</textarea>" in page
    assert {name: f'name="{name}" checked' in page for name in ("confirm_addresses", "hold_duplicates")} == {
        "confirm_addresses": True, "hold_duplicates": False,
    }  # fmt: skip
    marked = re.findall(r'name="([^"]+)"[^>]*aria-invalid="true"', page)
    assert marked == ["hold-threat", "reject-threat", "hold-insult"]
    assert "“0.7x” is not a number" in page
    assert "threat: held from 0.9 comes after refused from 0.5" in page


def test_each_threshold_is_named_where_the_tables_head_is_not_shown(editors_desk: Client) -> None:
    page = editors_desk.get("/desk/policy/").content.decode()
    named = re.findall(r'<td data-of="([^"]+)"><input name="(hold|reject)-', page)
    assert set(named) == {("held from", "hold"), ("refused from", "reject")}
    assert len(named) == 2 * len(reasons.LABELS)


def test_a_label_may_be_refused_without_being_held_before(editors_desk: Client) -> None:
    editors_desk.post("/desk/policy/", form(**{"hold-threat": "", "reject-threat": "0.9"}))
    assert Policy.objects.in_force().rules["thresholds"]["threat"] == {"reject": 0.9}


def test_the_second_of_two_editors_is_told_about_the_first(editors_desk: Client, editor: User) -> None:
    rules.change({"hold_newcomers": 3}, by=editor, note="", seen_version=1)
    page = editors_desk.post("/desk/policy/", form(hold_newcomers="1"), follow=True).content.decode()
    assert "eda has put version 2 in force meanwhile" in page
    assert Policy.objects.in_force().rules["hold_newcomers"] == 3
    assert '<input name="hold_newcomers" type="number" min="0" max="999" value="1">' in page
    assert 'name="seen" value="2"' in page


def test_going_back_is_a_version_of_its_own(editors_desk: Client, editor: User) -> None:
    rules.change({"hold_newcomers": 3}, by=editor, note="", seen_version=1)
    editors_desk.post("/desk/policy/1/back/", {"seen": "2"})
    latest = Policy.objects.in_force()
    assert (latest.version, latest.rules["hold_newcomers"]) == (3, 0)
    assert editors_desk.post("/desk/policy/77/back/", {"seen": "3"}).status_code == 404


def test_moderators_read_the_policy_and_do_not_change_it(desk: Client) -> None:
    assert "Editors change the policy." in desk.get("/desk/policy/").content.decode()
    assert desk.post("/desk/policy/", form(hold_newcomers="5")).status_code == 403
    assert Policy.objects.in_force().version == 1


def test_a_form_with_several_mistakes_names_them_all() -> None:
    with pytest.raises(ValidationError) as wrong:
        rules.read({"hold-insult": "a", "reject-threat": "2"})
    assert len(wrong.value.messages) == 2
