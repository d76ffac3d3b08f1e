"""The search among proposals: what finds what, on both engines alike, whatever somebody types."""

import pytest
import sqlalchemy as sa

from hub.clock import now
from hub.db import db
from hub.folding import words_of
from hub.proposals.index import index, matching, similar, unindex
from hub.proposals.models import Proposal, ProposalWords
from tests.hub.labs.makers import person
from tests.hub.proposals.makers import process, proposal

SUBJECTS = (
    ("Un orto nella Corte Urbana", "Coltivare insieme verdure e fiori, con chi abita vicino."),
    ("Biblioteca di quartiere", "Scaffali, libri e una sala di lettura aperta la sera."),
    ("Laboratori di ceramica", "Un forno e un tornio per imparare a lavorare l'argilla."),
    ("Perché non una ciclofficina?", "La città ha bisogno di un posto dove riparare le biciclette."),
    ("Cinema all'aperto", "Film nel cortile, d'estate, scelti insieme: perché il cinema fa comunità."),
)


@pytest.fixture
def written(session):
    found, ada = process(), person("ada")
    rows = [proposal(found, ada, title=title, text=text) for title, text in SUBJECTS]
    for row in rows:
        index(row)
    return rows


def found(query: str) -> set[str]:
    return set(db.session.scalars(sa.select(Proposal.title).where(Proposal.id.in_(matching(words_of(query))))))


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("orti", "Un orto nella Corte Urbana"),
        ("orto", "Un orto nella Corte Urbana"),
        ("ORTO corti", "Un orto nella Corte Urbana"),
        ("verdura", "Un orto nella Corte Urbana"),
        ("biblioteche", "Biblioteca di quartiere"),
        ("biblioteca", "Biblioteca di quartiere"),
        ("bibl", "Biblioteca di quartiere"),
        ("laboratorio", "Laboratori di ceramica"),
        ("laboratori", "Laboratori di ceramica"),
        ("laboratorio argilla", "Laboratori di ceramica"),
        ("citta", "Perché non una ciclofficina?"),
        ("CITTÀ", "Perché non una ciclofficina?"),
        ("bicicletta", "Perché non una ciclofficina?"),
    ],
)
def test_a_word_finds_its_other_forms(written, query, title):
    assert found(query) == {title}


def test_all_words_must_be_there_whatever_their_accents(written):
    assert found("perche") == found("perché") == {"Perché non una ciclofficina?", "Cinema all'aperto"}
    assert found("perché cinema") == {"Cinema all'aperto"}
    assert found("cinema biblioteca") == found("piscina") == found("") == set()


@pytest.mark.parametrize(
    "typed",
    [
        *('"', 'orto"', "orto*", "-orto", "NEAR(orto, 2)", "title:orto", "orto OR biblioteca", "orto AND", "(orto", "orto)"),
        *("'orto", "orto'", "orto & !biblioteca", "orto:*", "orto:A", "o'; DROP TABLE proposal_words", "\\orto", "^orto"),
        *("%", "_", "½ ² ٣ 漢字", "x" * 3000, "1e5 3.14 a@b.it https://x.it/y", "\u0000orto"),
    ],
)
def test_what_somebody_types_is_never_a_query(written, typed):
    list(db.session.scalars(matching([typed])))
    list(db.session.scalars(matching(words_of(typed))))
    similar(typed, typed)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ProposalWords)) == len(SUBJECTS)


def test_the_operators_of_an_engine_are_words_like_others(written):
    assert found("orto OR biblioteca") == found("orto NOT biblioteca") == found("NEAR(orto)") == set()


def test_the_newest_version_is_found_and_what_is_taken_out_is_not(written):
    kept = db.session.get(ProposalWords, written[0].id)
    kept.title = kept.text = "altro"
    db.session.flush()
    assert found("orto") == set()
    index(written[0])
    assert found("orto") == {"Un orto nella Corte Urbana"}
    unindex(written[0])
    assert set(db.session.scalars(matching(["orto"]))) == set()


def test_what_is_alike_is_told_the_most_alike_first(written):
    told = similar("Orti in città", "Coltivare fiori e verdura nel cortile con i vicini")
    assert told[0].title == "Un orto nella Corte Urbana"
    assert [row.title for row in similar("Una biblioteca", "")] == ["Biblioteca di quartiere"]
    assert similar("Una piscina", "Nuotare d'inverno") == similar("", "") == similar("il di per", "") == []


def test_a_rare_word_tells_more_than_a_common_one(session):
    one, ada = process(), person("ada")
    for number in range(8):
        index(proposal(one, ada, title=f"Una piazza numero {number}", text="Una piazza per il quartiere."))
    rare = proposal(one, ada, title="La fontana", text="In piazza, per il quartiere.")
    index(rare)
    assert similar("Fontana in piazza", "Per il quartiere")[0].id == rare.id


def test_only_what_everybody_may_support_is_alike(written):
    orto = written[0]
    assert similar("Orto urbano nella corte", "")[0].id == orto.id
    assert similar("Orto urbano nella corte", "", but=orto.id) == []
    orto.hidden_at = now()
    db.session.flush()
    assert similar("Orto urbano nella corte", "") == []
    orto.hidden_at = None
    orto.state, orto.closed_at = "merged", now()
    db.session.flush()
    assert similar("Orto urbano nella corte", "") == []


def test_an_index_answers_on_postgresql(session):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite's FTS5 is an index by itself")
    one, ada = process(), person("ada")
    row = proposal(one, ada)
    index(row)
    db.session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    compiled = matching(["orto"]).compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = "\n".join(db.session.scalars(sa.text(f"EXPLAIN {compiled}")))
    assert "proposal_words_fts" in plan
