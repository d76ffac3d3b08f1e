"""The theory of change and the catalogue say the same of each other, and the theory hangs together."""

import json
from collections import Counter

import pytest

from impact.indicators import CATALOGUE
from impact.toc import ALL, AREAS, LEVELS, LINKS, PURPOSE, document, link_of

BY_CODE = {link.code: link for link in LINKS}


def test_every_indicator_of_the_catalogue_stands_at_exactly_one_link_and_no_other_code_does():
    used = Counter(code for link in LINKS for code in link.indicators)
    assert sorted(used) == sorted(CATALOGUE) == [f"OM{number:02}" for number in range(1, 38)]
    assert set(used.values()) == {1}


@pytest.mark.parametrize("code", [f"OM{number:02}" for number in range(1, 38)])
def test_an_indicator_has_the_level_and_the_directness_of_its_link(code):
    link, indicator = link_of(code), CATALOGUE[code]
    assert (link.level, link.direct) == (indicator.level, indicator.direct)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.code)
def test_the_goals_of_a_link_are_those_of_its_indicators(link):
    goals = {int(target.split(".")[0]) for code in link.indicators for target in CATALOGUE[code].sdg}
    assert link.sdgs == tuple(sorted(goals))


def test_arrows_only_lead_to_a_later_level_and_everything_leads_to_an_impact():
    for link in LINKS:
        for code in link.leads_to:
            assert LEVELS.index(BY_CODE[code].level) > LEVELS.index(link.level)
        assert (link.leads_to == ()) == (link.level == "impact")
    reached = {code for link in LINKS for code in link.leads_to}
    assert {link.code for link in LINKS if link.level not in ("input", "activity")} <= reached


def test_codes_are_unique_areas_are_known_and_each_has_something_done_in_it():
    assert len(BY_CODE) == len(LINKS)
    assert {area for link in LINKS for area in link.areas} == set(ALL)
    assert len(set(ALL)) == len(AREAS) == 4
    for area in ALL:
        assert any(link.level == "activity" and link.areas == (area,) for link in LINKS)


def test_every_text_is_in_both_languages():
    texts = [PURPOSE, *(link.what for link in LINKS), *(words for area in AREAS for words in (area.name, area.what, area.whom))]
    for words in texts:
        assert set(words) == {"it", "en"}
        assert words["it"].strip() and words["en"].strip() and words["it"] != words["en"]


def test_the_theory_is_plain_data():
    assert json.loads(json.dumps(document())) == document()
    assert len(document()["links"]) == len(LINKS)


def test_a_code_that_no_link_shows_is_an_error():
    with pytest.raises(KeyError):
        link_of("OM38")
