"""The rules of families, as tables of cases at the edges: the birthday, 29 February, the day of turning eighteen."""

from datetime import date

import pytest

from hub.families import rules
from hub.refusal import Refusal

AGES = [
    ("the day before the birthday", date(2010, 6, 15), date(2021, 6, 14), 10),
    ("the birthday", date(2010, 6, 15), date(2021, 6, 15), 11),
    ("the day after", date(2010, 6, 15), date(2021, 6, 16), 11),
    ("the day of birth", date(2010, 6, 15), date(2010, 6, 15), 0),
    ("born on 29 February, on 28 February of a common year", date(2012, 2, 29), date(2026, 2, 28), 13),
    ("born on 29 February, on 1 March of a common year", date(2012, 2, 29), date(2026, 3, 1), 14),
    ("born on 29 February, on 29 February", date(2012, 2, 29), date(2028, 2, 29), 16),
    ("born on 29 February, on 28 February of a leap year", date(2012, 2, 29), date(2028, 2, 28), 15),
    ("born on 1 March, on 29 February", date(2010, 3, 1), date(2028, 2, 29), 17),
    ("New Year's Eve and New Year", date(2008, 12, 31), date(2027, 1, 1), 18),
]


@pytest.mark.parametrize(("case", "born", "day", "years"), AGES, ids=[case[0] for case in AGES])
def test_somebody_is_a_year_older_on_their_birthday(case, born, day, years):
    assert rules.years_old(born, day) == years


TURNING = [
    ("an ordinary day", date(2008, 6, 15), date(2026, 6, 15)),
    ("29 February, eighteen years on a common year", date(2008, 2, 29), date(2026, 3, 1)),
    ("28 February", date(2008, 2, 28), date(2026, 2, 28)),
    ("the last day of the year", date(2008, 12, 31), date(2026, 12, 31)),
]


@pytest.mark.parametrize(("case", "born", "day"), TURNING, ids=[case[0] for case in TURNING])
def test_a_minor_is_one_until_the_day_of_turning_eighteen(case, born, day):
    assert rules.comes_of_age(born) == day
    before = date.fromordinal(day.toordinal() - 1)
    assert (rules.is_minor(born, before), rules.is_minor(born, day)) == (True, False)


def test_the_day_of_coming_of_age_and_the_years_agree_on_every_day_of_birth():
    """Over four years of births, with one 29 February: both say the same of the eve and of the day."""
    for number in range(date(2006, 1, 1).toordinal(), date(2010, 1, 1).toordinal()):
        born = date.fromordinal(number)
        day = rules.comes_of_age(born)
        assert rules.years_old(born, day) == 18 and rules.years_old(born, date.fromordinal(day.toordinal() - 1)) == 17, born


TODAY = date(2026, 3, 1)
CHILD, GROWN = date(2015, 3, 1), date(2008, 3, 1)
WHO_ANSWERS = [
    # born, guards, is_own -> answers
    ("a guardian of a child", CHILD, True, False, True),
    ("nobody to a child", CHILD, False, False, False),
    ("a minor for themselves", date(2009, 1, 1), False, True, False),
    ("a guardian the day before eighteen", date(2008, 3, 2), True, False, True),
    ("a guardian on the day of eighteen", GROWN, True, False, False),
    ("the young adult on the day of eighteen", GROWN, False, True, True),
    ("the young adult the day before", date(2008, 3, 2), False, True, False),
    ("a guardian of who was born on 29 February and is eighteen today", date(2008, 2, 29), True, False, False),
    ("a guardian of somebody of age with their own account", GROWN, True, True, True),
    ("an adult whose birth nobody knows, for themselves", None, False, True, True),
    ("a stranger to them", None, False, False, False),
]


@pytest.mark.parametrize(("case", "born", "guards", "is_own", "answers"), WHO_ANSWERS, ids=[case[0] for case in WHO_ANSWERS])
def test_guardians_answer_until_eighteen_and_oneself_from_then_on(case, born, guards, is_own, answers):
    assert rules.answers(born, TODAY, guards=guards, is_own=is_own) is answers


ENROLS = [
    # born, guards, is_own, is_guarded -> how
    ("a guardian of a child", CHILD, True, False, True, "enrolled"),
    ("the child of thirteen themselves", date(2012, 3, 2), False, True, True, ""),
    ("on their fourteenth birthday", date(2012, 3, 1), False, True, True, "pending"),
    ("born on 29 February, fourteen today", date(2012, 2, 29), False, True, True, "pending"),
    ("at fourteen with nobody who answers for them", date(2012, 3, 1), False, True, False, ""),
    ("the day before eighteen", date(2008, 3, 2), False, True, True, "pending"),
    ("on the day of eighteen", GROWN, False, True, False, "enrolled"),
    ("a guardian on that day", GROWN, True, False, True, ""),
    ("an adult", date(1980, 1, 1), False, True, False, "enrolled"),
    ("somebody else", date(1980, 1, 1), False, False, False, ""),
]


@pytest.mark.parametrize(("case", "born", "guards", "is_own", "is_guarded", "how"), ENROLS, ids=[case[0] for case in ENROLS])
def test_a_minor_enrols_by_themselves_from_fourteen_on_and_a_guardian_confirms(case, born, guards, is_own, is_guarded, how):
    assert rules.enrols(born, TODAY, guards=guards, is_own=is_own, is_guarded=is_guarded) == how


def refused(rule, *values) -> str | None:
    """The name of the rule that says no, None where it lets pass."""
    try:
        rule(*values)
    except Refusal as refusal:
        return refusal.rule
    return None


BIRTHS = [
    ("today", TODAY, None),
    ("tomorrow", date(2026, 3, 2), "born"),
    ("none", None, "born"),
    ("120 years ago", date(1906, 3, 1), None),
    ("nearly 121 years ago", date(1905, 3, 2), None),
    ("121 years ago", date(1905, 3, 1), "born"),
]


@pytest.mark.parametrize(("case", "born", "rule"), BIRTHS, ids=[case[0] for case in BIRTHS])
def test_a_day_of_birth_is_one_that_somebody_alive_may_have(case, born, rule):
    assert refused(rules.must_be_born, born, TODAY) == rule


GATES = [
    ("a child of seventeen is added", rules.must_be_a_child, (date(2008, 3, 2), TODAY), None),
    ("one of eighteen is not", rules.must_be_a_child, (GROWN, TODAY), "of-age"),
    ("a guardian of eighteen answers", rules.must_be_grown_up, (GROWN, TODAY), None),
    ("one the day before does not", rules.must_be_grown_up, (date(2008, 3, 2), TODAY), "adult"),
    ("one whose birth nobody knows does", rules.must_be_grown_up, (None, TODAY), None),
    ("an account at fourteen", rules.must_be_old_enough, (date(2012, 3, 1), TODAY), None),
    ("none the day before", rules.must_be_old_enough, (date(2012, 3, 2), TODAY), "young"),
    ("the hub hands over at eighteen", rules.must_have_come_of_age, (GROWN, TODAY), None),
    ("and not the day before", rules.must_have_come_of_age, (date(2008, 3, 2), TODAY), "minor"),
    ("the eleventh child", rules.must_not_hoard, (rules.MOST_CHILDREN - 1,), None),
    ("one too many", rules.must_not_hoard, (rules.MOST_CHILDREN,), "many"),
    ("the last guardian of a child who is enrolled nowhere", rules.must_not_be_left_alone, (True, False), None),
    ("the last one of an enrolled child", rules.must_not_be_left_alone, (True, True), "last-guardian"),
    ("one of two", rules.must_not_be_left_alone, (False, True), None),
    ("a birth date that stays", rules.must_keep_its_birth, (False, True), None),
    ("one that changes while an age counts", rules.must_keep_its_birth, (True, True), "birth-counted"),
    ("one that changes before", rules.must_keep_its_birth, (True, False), None),
    ("the same birth", rules.must_be_born_alike, (CHILD, CHILD), None),
    ("another birth", rules.must_be_born_alike, (CHILD, GROWN), "birth-other"),
    ("a birth that the account does not say", rules.must_be_born_alike, (CHILD, None), None),
]


@pytest.mark.parametrize(("case", "rule", "values", "told"), GATES, ids=[case[0] for case in GATES])
def test_each_rule_lets_pass_or_says_no(case, rule, values, told):
    assert refused(rule, *values) == told
