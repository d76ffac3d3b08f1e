"""The rules of organisations on plain values: codes, ages, roles, states, invitations."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hub.organisations import rules
from hub.organisations.codes import tax_code, vat_number
from hub.refusal import Refusal

TODAY = date(2026, 11, 23)
GOOD = "00000019992"


def refused(call, *args, **values) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*args, **values)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("association", GOOD, GOOD),
        ("association", " 0000 001 9992 ", GOOD),
        ("association", "IT00000019992", GOOD),
        ("third_sector", "00743110157", "00743110157"),
        ("public_body", "80008510754", "80008510754"),
        ("company", "RSSMRA85T10A562S", "RSSMRA85T10A562S"),
        ("company", "rssmra85t10a562s", "RSSMRA85T10A562S"),
        ("startup", "RSS MRA 85T10 A562S", "RSSMRA85T10A562S"),
        ("company", "RSSMRA85T10A56NH", "RSSMRA85T10A56NH"),  # two people with one code: a digit becomes a letter
        ("informal_group", "", None),
        ("informal_group", None, None),
        ("informal_group", "  ", None),
    ],
)
def test_a_codice_fiscale_that_is_right_is_kept_bare(kind, text, kept):
    assert tax_code(kind, text) == kept


@pytest.mark.parametrize(
    ("kind", "text", "rule"),
    [
        ("association", "", "code-missing"),
        ("association", None, "code-missing"),
        ("company", " - ", "code-missing"),
        ("informal_group", GOOD, "code-of-a-group"),
        ("association", "RSSMRA85T10A562S", "code-of-a-person"),
        ("public_body", "RSSMRA85T10A562S", "code-of-a-person"),
        ("association", "0000001999", "code-length"),
        ("association", "000000199922", "code-length"),
        ("company", "RSSMRA85T10A562", "code-length"),
        ("company", "RSSMRA85T10A562SS", "code-length"),
        ("association", "0000001999O", "code-signs"),
        ("association", "0000001999٢", "code-signs"),
        ("association", "<b>", "code-signs"),
        ("company", "1SSMRA85T10A562S", "code-signs"),
        ("company", "RSSMRA85Z10A562S", "code-signs"),
        ("company", "RSSMRA85B31A562F", "code-signs"),
        ("association", "00000019993", "code-check"),
        ("association", "00000029992", "code-check"),
        ("company", "RSSMRA85T10A562T", "code-check"),
        ("association", "00000011511", "code-office"),
        ("association", "00000000000", "code-zeros"),
    ],
)
def test_a_codice_fiscale_that_is_wrong_is_told_why_beside_its_field(kind, text, rule):
    refusal = refused(tax_code, kind, text)
    assert (refusal.rule, refusal.field) == (rule, "tax_code")
    assert refusal.words % refusal.values


def test_the_words_name_what_is_wrong():
    assert refused(tax_code, "association", "0000001999O").values["wrong"] == "O"
    assert refused(tax_code, "association", "0000001999").values["count"] == 10
    assert refused(tax_code, "association", "00000011511").values["office"] == "151"


@pytest.mark.parametrize(("text", "kept"), [("", None), (None, None), (GOOD, GOOD), ("IT 00743110157", "00743110157")])
def test_a_partita_iva_is_eleven_digits_or_nothing(text, kept):
    assert vat_number(text) == kept


@pytest.mark.parametrize(
    ("text", "rule"), [("1", "code-length"), ("RSSMRA85T10A562S", "code-signs"), ("00743110158", "code-check")]
)
def test_a_partita_iva_that_is_wrong_is_told_beside_its_own_field(text, rule):
    refusal = refused(vat_number, text)
    assert (refusal.rule, refusal.field) == (rule, "vat_number")


@pytest.mark.parametrize("name", ["Vinci su www.evil.example", "https://evil.example", "Premio HTTP://x"])
def test_a_name_leads_nowhere(name):
    assert refused(rules.must_be_a_name, name).field == "name"
    rules.must_be_a_name("Amici di D'Andrea & C. (Lecce)")


@pytest.mark.parametrize(
    ("born", "adult"),
    [
        (date(2008, 11, 23), True),
        (date(2008, 11, 24), False),
        (date(2008, 11, 22), True),
        (date(2009, 1, 1), False),
        (date(1950, 1, 1), True),
        (None, False),
    ],
)
def test_one_is_of_age_from_the_eighteenth_birthday(born, adult):
    assert rules.is_adult(born, TODAY) is adult


def test_whoever_was_born_on_a_leap_day_is_of_age_the_day_after_it_would_come():
    assert not rules.is_adult(date(2008, 2, 29), date(2026, 2, 28))
    assert rules.is_adult(date(2008, 2, 29), date(2026, 3, 1))


def test_who_stands_for_an_organisation_is_of_age_where_that_is_known():
    rules.must_be_adult(None, TODAY)
    rules.must_be_adult(date(1990, 1, 1), TODAY, surely=True)
    assert refused(rules.must_be_adult, date(2010, 1, 1), TODAY, field="birth_date").field == "birth_date"
    assert refused(rules.must_be_adult, None, TODAY, surely=True).rule == "adult"


@pytest.mark.parametrize("born", [date(2026, 11, 24), date(1900, 1, 1), date(1, 1, 1)])
def test_a_day_of_birth_is_one_that_can_be(born):
    assert refused(rules.must_be_born, born, TODAY).rule == "birth"
    rules.must_be_born(TODAY, TODAY)


def test_a_group_has_two_adults_and_the_words_say_what_is_missing():
    old, young = date(1990, 1, 1), date(2012, 1, 1)
    rules.must_have_two_adults([old, old], TODAY)
    rules.must_have_two_adults([old, old, young, None], TODAY)
    alone = refused(rules.must_have_two_adults, [old, young], TODAY)
    assert alone.values == {"adults": 1}
    unknown = refused(rules.must_have_two_adults, [old, None, None], TODAY)
    assert unknown.values == {"adults": 1, "unknown": 2}
    assert refused(rules.must_have_two_adults, [], TODAY).values == {"adults": 0}


@pytest.mark.parametrize(
    ("before", "after"),
    [("pending", "verified"), ("pending", "refused"), ("verified", "pending"), ("refused", "pending"), ("verified", "closed")],
)
def test_the_ways_from_a_state_to_another(before, after):
    rules.must_go(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [("verified", "refused"), ("verified", "verified"), ("refused", "verified"), ("closed", "pending"), ("closed", "closed")],
)
def test_there_is_no_other_way(before, after):
    assert refused(rules.must_go, before, after).rule == "state"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"name": "Orto", "tax_code": None}, {"name": " orto ", "tax_code": None}, True),
        ({"name": "Orto", "tax_code": None}, {"name": "Orto bis", "tax_code": None}, False),
        ({"name": "Orto", "tax_code": "1"}, {"name": "Giardino", "tax_code": "1"}, True),
        ({"name": "Orto", "tax_code": "1"}, {"name": "Giardino", "tax_code": "2"}, False),
    ],
)
def test_an_organisation_is_the_same_by_its_code_or_its_name(one, other, same):
    assert rules.is_the_same(one, other) is same


def test_a_group_that_becomes_an_association_is_another_organisation():
    rules.must_stay_of_its_kind("association", "third_sector")
    rules.must_stay_of_its_kind("informal_group", "informal_group")
    assert refused(rules.must_stay_of_its_kind, "informal_group", "association").field == "kind"
    assert refused(rules.must_stay_of_its_kind, "association", "informal_group").field == "kind"


@pytest.mark.parametrize(("role", "offered"), [("legal_rep", "editor"), ("legal_rep", "member"), ("editor", "member")])
def test_who_may_invite_as_what(role, offered):
    rules.must_invite_below(role, offered)


@pytest.mark.parametrize(("role", "offered"), [("editor", "editor"), ("member", "member"), ("member", "editor")])
def test_nobody_gives_others_what_is_not_theirs_to_give(role, offered):
    assert refused(rules.must_invite_below, role, offered).rule == "role"


@pytest.mark.parametrize(
    ("role", "state", "rule"),
    [
        (None, None, "acting-role"),
        ("member", "verified", "acting-role"),
        ("editor", "pending", "acting-state"),
        ("legal_rep", "refused", "acting-state"),
        ("legal_rep", "closed", "acting-state"),
    ],
)
def test_who_may_not_act_is_told_why(role, state, rule):
    assert refused(rules.must_be_able_to_act, role, state).rule == rule
    rules.must_be_able_to_act("editor", "verified")


def test_an_invitation_is_open_until_it_is_answered_or_expires():
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert rules.standing(None, at + timedelta(seconds=1), at) == "open"
    assert rules.standing(None, at, at) == "expired"
    assert rules.standing("declined", at + timedelta(days=1), at) == "declined"
