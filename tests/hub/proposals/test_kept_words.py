"""What the database keeps of what was published, whoever asks it for something else."""

import pytest
import sqlalchemy as sa

from hub.clock import now
from hub.proposals import drafts, files
from hub.proposals.models import Proposal, ProposalFile, ProposalVersion
from tests.hub.labs.makers import person
from tests.hub.proposals.makers import DAY, by, process
from tests.hub.proposals.test_drafts import SAID
from tests.hub.proposals.test_files import image
from tests.hub.proposals.test_kept import refused


@pytest.fixture
def published(session):
    ada = by(person("ada"))
    row = drafts.begin(process(), by=ada)
    files.attach(row, files.made_anew(image()), name="a.jpg", words="Un orto", by=ada)
    drafts.publish(row, SAID, by=ada)
    return row


def test_a_version_stays_as_it_was_published(published):
    version = sa.update(ProposalVersion).filter_by(proposal_id=published.id)
    refused("proposal_version_kept_update", version.values(reason="Altro"))
    refused("proposal_version_kept_delete", sa.delete(ProposalVersion).filter_by(proposal_id=published.id))


def test_what_was_published_stays_so_and_is_its_newest_version(published):
    mine = sa.update(Proposal).filter_by(id=published.id)
    refused("proposal_published_for_good", mine.values(published_at=now() + DAY))
    refused("proposal_published_for_good|ck_proposal_published", mine.values(state="draft", published_at=None, current=None))
    refused("proposal_kept_delete", sa.delete(Proposal).filter_by(id=published.id))
    refused("proposal_is_its_version", mine.values(current=2))
    new = {"process_id": published.process_id, "author_id": published.author_id, "created_at": now(), "updated_at": now()}
    whole = {"state": "published", "published_at": now(), "current": 1, "draft": {}, "version": 1}
    refused("proposal_begins_as_draft", sa.insert(Proposal).values(**new, **whole))


def test_what_was_withdrawn_has_a_reason_and_stays_so(published):
    mine = sa.update(Proposal).filter_by(id=published.id)
    refused("reason", mine.values(state="withdrawn", closed_at=now()))
    drafts.withdraw(published, "Basta", by=by(published.author.person))
    refused("proposal_closed_for_good", mine.values(state="published", closed_at=None))


def test_a_file_that_was_published_is_never_exchanged_nor_taken_away(published):
    theirs = sa.update(ProposalFile).filter_by(proposal_id=published.id)
    refused("proposal_file_kept_update", theirs.values(sha256="altro"))
    refused("proposal_file_kept_delete", sa.delete(ProposalFile).filter_by(proposal_id=published.id))
    refused("words", theirs.values(words=""))
