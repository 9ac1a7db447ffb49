"""Names that look like others' are the same name."""

from __future__ import annotations

import pytest

from discussions import names


@pytest.mark.parametrize(
    "name",
    [
        "moderator", "rnoderator", "m0d3rator", "M0DERAT0R", "moclerator", "mod.er.ator", "Moderators",
        "ＭＯＤ３ＲＡＴＯＲ", "Parley Moderator", "The Editor", "AdminTeam", "admin_team", "@dmin", "ADM!N", "adrnin",
        "Site Adm1n", "$taff", "5taff", "5t4ff", "edit0r", "ed1t0r", "Parley", "ParIey", "P4rley", "Раrlеу",
        "ᎪᎠᎷᎥᏁ", "ꭺꭰꮇꭵꮑ", "ꮇꭳꭰꭼꭱꭺꭲꭳꭱ", "ᎷᎾᎠᎬᏒᎪᎢᎾᏒ", "ᎬᎠᎥᎢᎾᏒ", "SᎢᎪFF", "🅼oderator",
    ],
)  # fmt: skip
def test_no_look_alike_of_an_office_passes(name: str) -> None:
    assert names.is_reserved(name)


@pytest.mark.parametrize(
    "name",
    [
        "Staffan Lund", "Edith Orr", "Arnie", "Clint Admire", "Modesty Blaise", "Driver on the 14", "Cindy",
        "Barley", "ᏣᎳᎩ", "Мария", "Αθηνά", "يوسف النجار", "Hal Brandt, ironmonger", "zed_77", "Ed It Orwell",
    ],
)  # fmt: skip
def test_ordinary_names_pass(name: str) -> None:
    assert not names.is_reserved(name)


@pytest.mark.parametrize(
    ("name", "other"),
    [("Rnaria", "Maria"), ("Bernard", "Bemard"), ("Bemard", "Bernard"), ("VVilliam", "William"), ("ᎷᎪᏒᎥᎪ", "Maria")],
)
def test_a_new_name_is_taken_for_the_one_it_looks_like(name: str, other: str) -> None:
    assert names.key(other) in names.keys(name)


def test_different_names_stay_different() -> None:
    assert names.key("Anna") not in names.keys("Hanna")
    assert names.key("Marie") not in names.keys("Maria")
