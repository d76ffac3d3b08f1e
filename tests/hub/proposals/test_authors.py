"""Who writes a proposal together: invited by mail, answered once by whoever has the link, left by one's own will."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import DBAPIError

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.notices.models import Notice
from hub.proposals import authors
from hub.proposals.models import AuthorInvitation, Proposal, ProposalAuthor
from hub.proposals.news import story
from hub.proposals.rules import LONGEST_TITLE
from hub.proposals.showing import is_author, proposal_by
from tests.hub.labs.makers import person, refused
from tests.hub.proposals.makers import by, process, proposal

ADDRESS = "nuova@posta.example"


@pytest.fixture
def ada(session):
    return person("ada")


@pytest.fixture
def draft(ada) -> Proposal:
    row = proposal(process(), ada, state="draft")
    row.draft = {"title": "Un orto", "text": "Un orto nel cortile."}
    db.session.flush()
    return row


def link() -> str:
    """The token of the link that was mailed last."""
    sent = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/invited").order_by(Notice.id.desc())).first()
    return sent.payload["link"].removeprefix(authors.LINK_PATH)


def told(kind: str) -> list[Notice]:
    return list(db.session.scalars(sa.select(Notice).filter_by(kind=f"proposals/{kind}").order_by(Notice.created_at)))


def join(row: Proposal, inviter, who, *, named: bool = True) -> None:
    authors.invite(row, f"{who.given_name}@altro.example", by=inviter)
    authors.accept(link(), named=named, by=by(who))


def test_an_invitation_goes_by_mail_and_whoever_has_the_link_joins(draft, ada):
    made = authors.invite(draft, " Nuova@Posta.Example ", by=ada)
    assert (made.email, authors.standing(made)) == (ADDRESS, "open")
    (sent,) = told("invited")
    assert (sent.address, sent.private, sent.payload["title"]) == (ADDRESS, True, "Un orto")
    bea = person("bea")
    authors.accept(link(), named=True, by=by(bea))
    assert is_author(proposal_by(draft.code), bea)
    assert [(one.voice.full_name, one.named) for one in authors.authors(draft)] == [("Ada Greco", True), ("Bea Greco", True)]
    assert [one.subject for one in told("author_joined")] == [ada.subject]
    authors.accept(link(), named=True, by=by(bea))  # pressed twice
    assert len(authors.authors(draft)) == 2 and story(draft) == []


def test_the_mail_to_who_has_not_asked_for_it_is_short_and_leads_only_here(draft, ada):
    draft.draft = {"title": "Un orto\n" * 900}
    authors.invite(draft, ADDRESS, by=ada)
    draft.draft = {"title": "Vinci su HTTPS://male.example"}
    authors.invite(draft, "altra@posta.example", by=ada)
    long, leading = (one.payload["title"] for one in told("invited"))
    assert long.startswith("Un orto Un orto") and len(long) == LONGEST_TITLE and leading == ""


def test_a_published_proposal_tells_that_it_has_another_author_and_no_name(ada):
    row = proposal(process(), ada)
    join(row, ada, person("bea"), named=False)
    (news,) = story(row)
    assert (news.kind, news.data) == ("co_author", {})


def test_one_asked_already_is_asked_again_only_by_sending_it_again(draft, ada):
    authors.invite(draft, ADDRESS, by=ada)
    assert refused(authors.invite, draft, ADDRESS, by=ada).rule == "invited"
    before = link()
    authors.resend(authors.unanswered(draft)[0], by=ada)
    assert authors.invitation_with(before) is None and authors.standing(authors.invitation_with(link())) == "open"
    with time_machine.travel(now() + timedelta(days=15), tick=False):
        assert authors.standing(authors.unanswered(draft)[0]) == "expired"
        assert refused(authors.accept, link(), named=False, by=by(person("bea"))).rule == "invitation"
        authors.invite(draft, ADDRESS, by=ada)
        assert len(authors.unanswered(draft)) == 1 and authors.standing(authors.unanswered(draft)[0]) == "open"


def test_an_answer_is_given_once(draft, ada):
    authors.invite(draft, ADDRESS, by=ada)
    token = link()
    authors.decline(token)
    authors.decline(token)
    assert len(told("author_declined")) == 1
    assert refused(authors.accept, token, named=False, by=by(person("bea"))).rule == "invitation"
    authors.invite(draft, ADDRESS, by=ada)
    made = authors.unanswered(draft)[0]
    authors.revoke(made)
    authors.revoke(made)
    assert authors.standing(authors.invitation_with(link())) == "revoked"
    assert refused(authors.decline, link()).rule == refused(authors.resend, made, by=ada).rule == "invitation"
    assert refused(authors.accept, "nessuno", named=False, by=by(ada)).rule == "invitation"


def test_who_is_an_author_already_hears_it_and_the_link_stays_for_another(draft, ada):
    authors.invite(draft, ADDRESS, by=ada)
    assert refused(authors.accept, link(), named=True, by=by(ada)).rule == "author"
    assert authors.standing(authors.invitation_with(link())) == "open"


def test_nobody_joins_what_is_answered_closed_or_hidden(ada):
    row = proposal(process(), ada)
    authors.invite(row, ADDRESS, by=ada)
    row.hidden_at = now()
    db.session.flush()
    assert authors.standing(authors.invitation_with(link())) == "revoked"
    assert refused(authors.accept, link(), named=False, by=by(person("bea"))).rule == "invitation"
    row.hidden_at, row.state = None, "answered"
    db.session.flush()
    assert refused(authors.invite, row, "b@posta.example", by=ada).rule == "closed"


def test_there_are_so_many_authors_at_most(draft, ada):
    for number in range(authors.MOST_AUTHORS - 1):
        authors.invite(draft, f"a{number}@posta.example", by=ada)
    assert refused(authors.invite, draft, ADDRESS, by=ada).rule == "most-authors"


def test_an_author_leaves_and_the_last_one_cannot(ada):
    row, bea = proposal(process(), ada), person("bea")
    assert refused(authors.leave, row, by=by(ada)).rule == "last-author"
    join(row, ada, bea)
    authors.leave(row, by=by(ada))
    assert not is_author(proposal_by(row.code), ada) and is_author(proposal_by(row.code), bea)
    assert [(one.kind, one.data) for one in story(row)] == [("co_author", {}), ("co_author", {"left": True})]
    assert refused(authors.leave, row, by=by(ada)).rule == "author"
    assert refused(authors.leave, row, by=by(bea)).rule == "last-author"
    join(row, bea, ada)  # who left may come back
    assert is_author(proposal_by(row.code), ada)


def test_the_database_keeps_the_last_author_of_what_is_published(ada):
    row, draft = proposal(process(), ada), proposal(process("b"), ada, state="draft")
    gone = sa.update(ProposalAuthor).values(left_at=now())
    with pytest.raises(DBAPIError, match="proposal_has_an_author"), db.session.begin_nested():
        db.session.execute(gone.filter_by(proposal_id=row.id))
    db.session.execute(gone.filter_by(proposal_id=draft.id))


def test_an_address_has_one_open_invitation_and_is_an_author_once(draft, ada):
    authors.invite(draft, ADDRESS, by=ada)
    again = AuthorInvitation(proposal_id=draft.id, email=ADDRESS, token_hash="x", invited_by_id=ada.id)
    again.created_at = again.expires_at = now()
    with pytest.raises(DBAPIError, match=r"author_invitation"), db.session.begin_nested():
        db.session.add(again)
        db.session.flush()
    twice = ProposalAuthor(proposal_id=draft.id, voice_id=draft.author_id, since=now())
    with pytest.raises(DBAPIError, match=r"proposal_author"), db.session.begin_nested():
        db.session.add(twice)
        db.session.flush()


def test_invitations_are_thrown_away_in_time(draft, ada):
    authors.invite(draft, ADDRESS, by=ada)
    authors.invite(draft, "b@posta.example", by=ada)
    authors.decline(link())
    assert authors.purge_author_invitations(now() + timedelta(days=29)) == 0
    assert authors.purge_author_invitations(now() + timedelta(days=31)) == 1
    assert authors.purge_author_invitations(now() + timedelta(days=45)) == 1


# --- the pages


@pytest.fixture
def code(app) -> str:
    with app.app_context():
        row = proposal(process(), person("ada"), state="draft")
        row.draft = {"title": "Un orto", "text": "Un orto nel cortile."}
        person("bea")
        db.session.commit()
        return row.code


def mailed(app) -> str:
    with app.app_context():
        return authors.LINK_PATH + link()


def test_from_the_invitation_to_the_draft(app, client, code):
    client.known_as("ada@posta.example")
    page = client.page(f"/proposte/{code}/autori")
    page = page.form("autori").submit(email=ADDRESS)
    assert f"Invito inviato a {ADDRESS}" in page.text and "scadenza:" in page.text
    address = mailed(app)
    guest = app.test_client()
    page = guest.page(address)
    assert page.status == 200 and "Ada Greco ti invita" in page.text and "Per accettare serve un account" in page.text
    guest.known_as("bea@posta.example")
    page = guest.page(address).form("accetta").submit(named="y")
    assert page.path == f"/proposte/{code}/scrivi" and "ora sei tra gli autori" in page.text
    assert "Sei già tra gli autori" in guest.page(address).text
    assert "Bea Greco" in client.page(f"/proposte/{code}/autori").text
    assert app.test_client().page(address).status == 410


def test_a_guest_says_no_without_an_account(app, client, code):
    client.known_as("ada@posta.example")
    client.page(f"/proposte/{code}/autori").form("autori").submit(email=ADDRESS)
    address = mailed(app)
    guest = app.test_client()
    assert "Invito rifiutato" in guest.page(address).form("rifiuta").submit().text
    assert guest.page(address).status == 410
    assert app.test_client().page(authors.LINK_PATH + "nessuno").status == 410


def test_an_invitation_is_sent_again_and_taken_back(app, client, code):
    client.known_as("ada@posta.example")
    page = client.page(f"/proposte/{code}/autori")
    assert "Questo indirizzo" in page.form("autori").submit(email=ADDRESS).form("autori").submit(email=ADDRESS).text
    first = mailed(app)
    page = client.page(f"/proposte/{code}/autori").form("rinvia").submit()
    assert "di nuovo" in page.text and mailed(app) != first
    assert "revocato" in page.form("revoca").submit().text
    assert app.test_client().page(mailed(app)).status == 410


def test_one_person_sends_so_many_mails_an_hour(app, client, code):
    client.known_as("ada@posta.example")
    page = client.page(f"/proposte/{code}/autori").form("autori").submit(email=ADDRESS)
    for _ in range(authors.TO_MAILBOX.times - 1):
        page = page.form("rinvia").submit()
        assert page.status == 200
    page = page.form("rinvia").submit()
    assert page.status == 429 and "Troppi tentativi" in page.text


def test_leaving_is_said_twice_and_the_last_one_hears_what_to_do(app, client, code):
    client.known_as("ada@posta.example")
    page = client.page(f"/proposte/{code}/autori/lascia")
    assert "spunta la casella" in page.form().submit().text
    assert "elimina la bozza" in page.form().submit(sure="y").text
    with app.app_context():
        authors.invite(proposal_by(code), ADDRESS, by=db.session.scalars(sa.select(Person).filter_by(given_name="Ada")).one())
        db.session.commit()
    guest = app.test_client().known_as("bea@posta.example")
    guest.page(mailed(app)).form("accetta").submit()
    page = client.page(f"/proposte/{code}/autori/lascia").form().submit(sure="y")
    assert "Non sei più tra gli autori" in page.text
    assert client.get(f"/proposte/{code}/autori").status_code == 404


def test_to_others_its_authors_do_not_exist(app, client, code):
    client.known_as("bea@posta.example")
    for path in ("autori", "autori/lascia"):
        assert client.get(f"/proposte/{code}/{path}").status_code == 404
        assert client.get(f"/proposte/PR-2026-999999/{path}").status_code == 404
