"""What a proposal says, on plain values."""

from hub.proposals import content
from tests.hub.labs.makers import refused
from tests.hub.proposals.makers import CONTENT


def fields(verb, *args) -> set[str]:
    return {one.field for one in refused(verb, *args).all}


def test_what_is_missing_is_told_all_at_once():
    bare = CONTENT | {"title": "", "text": "Breve", "topic": "", "area": None}
    assert fields(content.must_be_whole, bare) == {"title", "text", "topic", "area"}
    content.must_be_whole(CONTENT)


def test_a_place_is_said_in_its_own_way():
    assert fields(content.must_be_whole, CONTENT | {"place": "hub"}) == {"space_id"}
    assert fields(content.must_be_whole, CONTENT | {"place": "city"}) == {"address"}
    city = CONTENT | {"place": "city", "address": "Piazza Mazzini"}
    assert fields(content.must_be_whole, city | {"lat": 40.35}) == {"lon"}
    assert refused(content.must_be_whole, city | {"lat": 18.17, "lon": 40.35}).rule == "near"
    content.must_be_whole(city | {"lat": 40.35, "lon": 18.17})


def test_a_number_of_people_says_how_it_was_estimated():
    assert fields(content.must_be_whole, CONTENT | {"target_n": 40}) == {"target_method"}
    content.must_be_whole(CONTENT | {"target_n": 40, "target_method": "Le famiglie della via"})


def test_a_canonical_content_has_one_digest_however_it_was_said():
    one = content.canonical(CONTENT | {"sdgs": [13, 11, 11], "address": "tolto", "lat": 40.3}, [7, 3])
    other = content.canonical(CONTENT | {"sdgs": [11, 13], "space_id": 9}, [3, 7])
    assert one == other and content.digest(one) == content.digest(other)
    assert (one["address"], one["lat"], one["space_id"], one["files"]) == ("", None, None, [3, 7])
    assert content.digest(one) != content.digest(one | {"title": "Un altro"})


def test_a_content_is_typed_again_in_italian():
    typed = content.as_typed(CONTENT | {"needs_cents": 25050, "lat": 40.3529, "target_n": 40, "sdgs": [4, 11]})
    told = ("needs_cents", "lat", "target_n", "sdgs", "area", "needs_hours")
    assert [typed[name] for name in told] == ["250,50", "40,3529", "40", "4 11", "community", ""]
    assert set(typed) == set(content.FIELDS)


def test_two_versions_are_compared_word_by_word_and_field_by_field():
    new = CONTENT | {"title": "Un grande orto nella Corte", "needs_cents": 100, "files": [3]}
    title, cents, files = content.difference(CONTENT, new)
    assert (title.field, cents.field, files.field) == ("title", "needs_cents", "files")
    assert (cents.old, cents.new, cents.pieces) == (None, 100, ())
    assert [(piece.kind, piece.words.strip()) for piece in title.pieces] == [
        ("same", "Un"), ("new", "grande"), ("same", "orto nella Corte"), ("out", "Urbana"),
    ]  # fmt: skip
    assert content.difference(CONTENT, dict(CONTENT)) == []


def test_a_comparison_loses_no_word_however_long_the_texts():
    old, new = "a b " * 2000, "b a c " * 1300
    for before, after in ((old, new), ("uno\n\ndue ", "uno due\n"), ("", "solo"), ("tutto", "")):
        pieces = content.compare(before, after)
        assert "".join(words for kind, words in pieces if kind != "new") == before
        assert "".join(words for kind, words in pieces if kind != "out") == after
