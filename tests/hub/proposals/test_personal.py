"""What stays of somebody who took part in proposals when they are erased: what others read, or write with them."""

from dataclasses import replace

import sqlalchemy as sa

from hub.accounts import personal_data
from hub.db import db
from hub.proposals import authors, drafts, files
from hub.proposals.models import Proposal
from hub.proposals.showing import proposal_by, whose
from tests.hub.labs.makers import organisation, person
from tests.hub.proposals.makers import by, process
from tests.hub.proposals.test_authors import join
from tests.hub.proposals.test_drafts import SAID
from tests.hub.proposals.test_files import image

TITLE = {"title": "Un orto nella corte"}


def test_a_draft_of_others_too_outlives_who_began_it(app, session):
    ada, bea = person("ada"), person("bea")
    ours, where = organisation("Orti Leccesi", bea, ada), process()
    alone, shared = (drafts.begin(where, by=by(ada)) for _ in range(2))
    joint = drafts.begin(where, by=replace(by(ada), organisation=ours))
    published = drafts.begin(where, by=by(ada))
    for row in (alone, shared, joint, published):
        files.attach(row, files.made_anew(image()), name="a.jpg", words="Un orto", by=by(ada))
        drafts.keep(row, TITLE, was=drafts.seen(row), by=by(ada))
    drafts.name_me(published, True, by=by(ada))
    drafts.publish(published, SAID, by=by(ada))
    join(shared, ada, bea)
    authors.invite(alone, "nuova@posta.example", by=ada)
    personal_data.erase(ada, app.extensions["personal_data"])
    db.session.expire_all()
    left = db.session.scalars(sa.select(Proposal.id).order_by(Proposal.id)).all()
    assert left == [shared.id, joint.id, published.id]
    for row in (shared, joint):
        assert drafts.typed(row)["title"] == TITLE["title"] and len(drafts.live_files(row)) == 1
        assert drafts.written_by(proposal_by(row.code), bea) is not None
    with app.test_request_context():
        assert whose(proposal_by(published.code)) == "Una persona"
