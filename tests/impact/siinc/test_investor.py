"""The investor's rate and the internal rate of return, against a root that scipy finds."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from impact.siinc.investor import InvestorError, Terms, cash_flows, rate, xirr

D = Decimal


def second_opinion(flows) -> float:
    """The rate at which sum of amount / (1 + rate)^(days/365) is 0, by scipy's brentq."""
    first = min(day for day, _ in flows)
    years = [((day - first).days / 365, float(amount)) for day, amount in flows]
    return brentq(lambda r: sum(amount / (1 + r) ** year for year, amount in years), -0.999, 50, xtol=1e-14, rtol=1e-14)


def test_the_rate_of_the_worked_example():
    # 37,518.29 / 45,000 = 0.833740 of the pool; 1 % + 3 % x 0.833740 = 3.5012 %.
    paid = D("37518.29")
    assert round(paid / 45000, 6) == D("0.833740")
    assert round(rate(paid, D(45000), D("0.01"), D("0.04")) * 100, 4) == D("3.5012")


def test_the_rate_stays_in_its_range():
    assert rate(D(0), D(45000), D("0.01"), D("0.04")) == D("0.01")
    assert rate(D(54000), D(45000), D("0.01"), D("0.04")) == D("0.04")


@settings(deadline=None)
@given(st.decimals("-0.5", "1", places=4), st.integers(30, 4000), st.decimals("1000", "1000000", places=2))
def test_what_comes_back_has_the_rate_that_was_agreed(yearly, days, principal):
    start = date(2026, 1, 15)
    flows = cash_flows(Terms(principal, start, date.fromordinal(start.toordinal() + days), D("-0.5"), D(1)), yearly)
    assert abs(xirr(flows) - yearly) < D("0.0005")  # what rounding to the cent moves in 30 days on 1,000


def test_a_year_of_365_days_is_a_year():
    terms = Terms(D(300000), date(2026, 1, 1), date(2027, 1, 1), D("0.01"), D("0.04"))
    flows = cash_flows(terms, D("0.035"))
    assert flows == [(date(2026, 1, 1), D(-300000)), (date(2027, 1, 1), D("310500.00"))]
    assert xirr(flows) == D("0.03500000")


@pytest.mark.parametrize(
    "flows",
    [
        [(date(2026, 1, 1), D(-270000)), (date(2029, 7, 1), D(422000))],
        [(date(2026, 1, 1), D(-1000)), (date(2026, 7, 1), D(400)), (date(2027, 3, 1), D("700.55"))],
        [(date(2026, 1, 1), D(-1000)), (date(2028, 2, 29), D(100))],
        [(date(2026, 1, 1), D(-500)), (date(2026, 2, 1), D(-500)), (date(2026, 12, 31), D(1080)), (date(2027, 1, 31), D(40))],
    ],
)
def test_two_implementations_agree(flows):
    assert float(xirr(flows)) == pytest.approx(second_opinion(flows), abs=1e-7)
    assert xirr(list(reversed(flows))) == xirr(flows)


def test_flows_without_a_rate_are_refused():
    for flows in ([], [(date(2026, 1, 1), D(-10)), (date(2026, 1, 1), D(11))]):
        with pytest.raises(InvestorError, match="two days or more"):
            xirr(flows)
    with pytest.raises(InvestorError, match="goes out and money that comes back"):
        xirr([(date(2026, 1, 1), D(10)), (date(2027, 1, 1), D(11))])


@pytest.mark.parametrize(
    "terms",
    [
        (D(0), date(2026, 1, 1), date(2027, 1, 1), D("0.01"), D("0.04")),
        (D(10), date(2026, 1, 1), date(2026, 1, 1), D("0.01"), D("0.04")),
        (D(10), date(2026, 1, 1), date(2027, 1, 1), D("0.04"), D("0.01")),
        (D(10), date(2026, 1, 1), date(2027, 1, 1), D("-1"), D("0.01")),
    ],
)
def test_terms_that_are_none_are_refused(terms):
    with pytest.raises(InvestorError):
        Terms(*terms)
