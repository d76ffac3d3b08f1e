"""Several proposals become one, one becomes several: links, authors, supports that are asked for and never summed."""

import pytest
import sqlalchemy as sa
import time_machine
from flask_babel import force_locale
from sqlalchemy.exc import DBAPIError

from hub.clock import now
from hub.db import db
from hub.notices.letter import words
from hub.notices.models import Notice
from hub.participation.models import LogEntry
from hub.proposals import answers, merging, supporting, tallies
from hub.proposals.feeds import story_of
from hub.proposals.index import matching
from hub.proposals.merging import Part
from hub.proposals.models import Proposal, ProposalAuthor, ProposalLink
from hub.proposals.news import story
from hub.proposals.news_words import headline
from hub.proposals.showing import whose
from tests.hub.labs.makers import organisation, person, refused
from tests.hub.proposals.makers import DAY, by, process, proposal

SAID = Part("Un orto con il pozzo", "Coltiviamo insieme un orto, e scaviamo un pozzo per bagnarlo.")
PARTS = [
    Part("Soltanto l'orto", "Coltiviamo insieme un orto nella corte."),
    Part("Soltanto il pozzo", "Scaviamo un pozzo nella corte."),
]


class Case:
    """A process that is open to everything, and two proposals of different people, each with a supporter."""

    def __init__(self, *phases: dict, **columns: object) -> None:
        self.process = process("idee", *phases, **columns)
        self.ada, self.bea, self.fan, self.gina = person("ada"), person("bea"), person("fan"), person("gina", role="manager")
        self.orto = proposal(self.process, self.ada, title="L'orto", sdgs=[11])
        self.pozzo = proposal(self.process, self.bea, title="Il pozzo", sdgs=[6])

    def merge(self, *which: Proposal, said: Part = SAID, who=None, as_manager: bool = True) -> Proposal:
        return merging.merge(which or (self.orto, self.pozzo), said, by=by(who or self.gina), as_manager=as_manager)

    def support(self, *which: Proposal) -> None:
        for one in which:
            supporting.support(one, by=by(self.fan))


def told(kind: str) -> list[str]:
    """The given names of who got a kind of mail, in order."""
    rows = db.session.scalars(sa.select(Notice.name).filter_by(kind=f"proposals/{kind}").order_by(Notice.id))
    return [name.split()[0] for name in rows]


def authors(of: Proposal) -> set[int]:
    return set(db.session.scalars(sa.select(ProposalAuthor.voice_id).filter_by(proposal_id=of.id, left_at=None)))


def test_a_manager_merges_and_the_authors_of_the_old_ones_sign_the_new_one(session):
    case = Case()
    new = case.merge()
    assert (new.state, new.title, new.current, new.content["sdgs"]) == ("published", SAID.title, 1, [6, 11])
    assert {case.orto.state, case.pozzo.state} == {"merged"} and case.orto.closed_at == case.pozzo.closed_at
    assert authors(new) == authors(case.orto) | authors(case.pozzo)
    assert [(kind, one.id) for kind, one, _at in merging.links_of(new)] == [
        ("merged_from", case.orto.id),
        ("merged_from", case.pozzo.id),
    ]
    assert [(kind, one.id) for kind, one, _at in merging.links_of(case.orto)] == [("merged_into", new.id)]
    assert [story(one)[-1].kind for one in (case.orto, case.pozzo, new)] == ["merged", "merged", "published"]
    assert sorted(told("goes_on")) == ["Ada", "Bea"]
    assert db.session.scalars(matching(["pozzo"])).all().count(new.id) == 1
    assert db.session.scalars(sa.select(LogEntry)).all() == []  # nobody sent a new one


def test_supports_are_asked_for_and_never_summed(session):
    case = Case({"submits": True, "supports": True, "supports_most": 2})
    case.support(case.orto, case.pozzo)
    new = case.merge()
    assert tallies.tally(new).supports == 0 and told("carry_on") == ["Fan"]
    assert merging.is_asked(new, case.fan) and not merging.is_asked(new, case.ada)
    merging.carry_on(new, by=by(case.fan))
    assert [tallies.tally(one).supports for one in (case.orto, case.pozzo, new)] == [0, 0, 1]
    assert not merging.is_asked(new, case.fan)
    assert refused(merging.carry_on, new, by=by(case.fan)).rule == "twice"


def test_the_mails_say_what_goes_on_in_what_and_where_to_press(session):
    case = Case()
    case.support(case.orto)
    new = case.merge()
    told = {one.kind: words(one, "it") for one in db.session.scalars(sa.select(Notice).order_by(Notice.id))}
    for kind, meant in (("goes_on", "togliere la firma"), ("carry_on", "con un clic")):
        subject, body = told[f"proposals/{kind}"]
        assert "insieme" in body and "- L'orto\n- Il pozzo\n" in body and f"/proposte/{new.code}" in body and meant in body
    split = merging.split(new, PARTS, by=by(case.gina), as_manager=True)
    last = db.session.scalars(sa.select(Notice).order_by(Notice.id.desc()).limit(1)).one()
    subject, body = words(last, "it")
    assert "divisa" in subject and all(one.code in body for one in split)


def test_a_support_of_a_phase_that_is_over_stays_where_it_was(session):
    case = Case({"submits": True, "supports": True}, {"submits": True, "supports": True})
    case.support(case.orto)
    phase = case.process.phases[0]
    new = case.merge()
    shift = phase.closes_at - now() + DAY
    with time_machine.travel(now() + shift, tick=False):
        merging.carry_on(new, by=by(case.fan))
    assert [tallies.tally(one).supports for one in (case.orto, new)] == [1, 1]


def test_nobody_closes_a_proposal_of_others_but_managers(session):
    case = Case()
    assert refused(case.merge, who=case.ada, as_manager=False).rule == "authors"
    own = proposal(case.process, case.ada, title="La siepe")
    new = case.merge(case.orto, own, who=case.ada, as_manager=False)
    assert new.state == "published" and told("goes_on") == []  # who did it need not be told
    assert refused(merging.split, case.pozzo, PARTS, by=by(case.ada)).rule == "authors"


def test_a_manager_who_is_an_author_leaves_it_to_another(session):
    """Who proposes would close the proposal of somebody else, or go round the limit of the process."""
    case = Case()
    own = proposal(case.process, case.gina, title="La siepe")
    assert refused(case.merge, own, case.orto).rule == "own"
    assert refused(merging.split, own, PARTS, by=by(case.gina), as_manager=True).rule == "own"
    assert (own.state, case.orto.state) == ("published", "published")


def test_of_people_who_are_gone_something_goes_on_and_nobody_is_named(session):
    case = Case()
    for one in (case.orto, case.pozzo):
        one.author.person_id, one.author.erased_at = None, now()
    db.session.flush()
    new = case.merge()
    assert [author.voice_id for author in new.authors] == [case.orto.author_id, case.pozzo.author_id]
    with force_locale("it"):
        assert whose(new) == "2 persone"


def test_the_feed_of_an_old_one_does_not_say_the_title_of_a_new_one_that_is_hidden(session):
    case = Case()
    new = case.merge()
    with force_locale("it"):
        assert SAID.title in story_of(case.orto, headline)[0].title
        new.hidden_at = now()
        db.session.flush()
        assert story_of(case.orto, headline)[0].title == "È stata unita ad altre."


def test_what_cannot_go_on_is_said_and_nothing_is_half_done(session):
    case = Case()
    count = sa.select(sa.func.count()).select_from(Proposal)
    before = db.session.scalar(count)
    assert refused(case.merge, case.orto).rule == "several"
    assert refused(case.merge, case.orto, case.orto).rule == "several"
    other = proposal(process("altro"), case.ada)
    assert refused(case.merge, case.orto, other).rule == "one-process"
    answers.answer(case.pozzo, "rejected", "No.", by=case.gina)
    assert refused(case.merge).rule == "answered"
    case.orto.hidden_at = now()
    db.session.flush()
    assert [one.rule for one in refused(case.merge, case.orto, proposal(case.process, case.ada)).all] == ["not-live"]
    assert db.session.scalar(count) == before + 2 and case.orto.state == "published"


def test_merging_has_its_time(session):
    case = Case({"submits": True, "closes_at": now() - DAY / 2, "opens_at": now() - DAY}, {"answers": True})
    assert refused(case.merge).rule == "in-time"
    answers.take_up(case.orto, by=case.gina)
    answers.take_up(case.pozzo, by=case.gina)
    assert refused(case.merge, who=case.ada, as_manager=False).rule == "in-time"
    assert case.merge().state == "published"


def test_what_an_author_had_typed_and_not_published_is_not_lost(session):
    case = Case()
    case.pozzo.draft = {"title": "Un pozzo più profondo"}
    db.session.flush()
    case.merge()
    assert case.pozzo.draft == {"title": "Un pozzo più profondo"}


def test_a_proposal_that_is_too_short_is_refused_as_any_other(session):
    case = Case()
    assert {one.field for one in refused(case.merge, said=Part("Orto", "Breve")).all} == {"title", "text"}


def test_the_organisation_stays_where_it_is_the_same_of_all(session):
    case = Case()
    ours = organisation("Amici dell'orto", case.ada)
    for one in (case.orto, case.pozzo):
        one.organisation_id = ours.id
    db.session.flush()
    assert case.merge().organisation_id == ours.id
    third = proposal(case.process, case.bea)
    fourth = proposal(case.process, case.ada)
    fourth.organisation_id = ours.id
    db.session.flush()
    assert case.merge(third, fourth).organisation_id is None


def test_one_becomes_several_and_each_says_where_it_comes_from(session):
    case = Case()
    case.support(case.orto)
    north, south = merging.split(case.orto, PARTS, by=by(case.ada))
    assert (case.orto.state, north.state, south.title) == ("split", "published", PARTS[1].title)
    assert [(kind, one.id) for kind, one, _at in merging.links_of(case.orto)] == [
        ("split_into", north.id),
        ("split_into", south.id),
    ]
    assert [(kind, one.id) for kind, one, _at in merging.links_of(south)] == [("split_from", case.orto.id)]
    assert authors(north) == authors(south) == authors(case.orto)
    assert tallies.tally(north).supports == 0 and told("carry_on") == ["Fan"]
    assert merging.is_asked(north, case.fan) and merging.is_asked(south, case.fan)


def test_splitting_is_no_way_around_the_limit_of_a_process(session):
    case = Case(proposals_most=1)
    assert refused(merging.split, case.orto, PARTS, by=by(case.ada)).rule == "room"
    assert len(merging.split(case.orto, PARTS, by=by(case.gina), as_manager=True)) == 2


def test_what_goes_on_elsewhere_stays_closed_and_its_links_stand(session):
    case = Case()
    new = case.merge()
    assert refused(case.merge, new, case.orto).rule == "not-live"
    assert refused(merging.split, case.orto, PARTS, by=by(case.ada)).rule == "not-live"
    with pytest.raises(DBAPIError, match="proposal_closed_for_good"), db.session.begin_nested():
        db.session.execute(sa.update(Proposal).filter_by(id=case.orto.id).values(state="published", closed_at=None))
    with pytest.raises(DBAPIError, match="proposal_link_kept_delete"), db.session.begin_nested():
        db.session.execute(sa.delete(ProposalLink))
    other = proposal(process("altro"), case.ada)
    with pytest.raises(DBAPIError, match="proposal_link_in_its_process"), db.session.begin_nested():
        link = {"from_id": other.id, "to_id": new.id, "kind": "merged_into", "by_id": case.gina.id, "at": now()}
        db.session.execute(sa.insert(ProposalLink).values(**link))
