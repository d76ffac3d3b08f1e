"""The Merkle tree of RFC 6962 against the test vectors of another implementation, and a log's roots day by day."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact import seal
from impact.merkle import EMPTY, Frontier, Tree, continues, daily_roots, includes, leaf_hash, leaf_of, node_hash
from tests.impact.samples import sealed, unsealed

VECTORS = json.loads(Path(__file__).with_name("merkle_vectors.json").read_text("utf-8"))
LEAVES = [leaf_hash(bytes.fromhex(data)) for data in VECTORS["leaves"]]


def hashes(proof: list[str]) -> list[bytes]:
    return [bytes.fromhex(part) for part in proof]


def test_the_roots_of_the_vectors():
    for size in range(9):
        assert Tree(LEAVES[:size]).root.hex() == VECTORS["roots"][size]
    assert Tree([]).root == EMPTY


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=lambda vector: vector[0])
def test_inclusion_is_judged_as_the_vectors_do(vector):
    _, index, size, leaf, proof, root, holds = vector
    assert includes(bytes.fromhex(leaf), index, size, hashes(proof), bytes.fromhex(root)) == holds


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=lambda vector: vector[0])
def test_consistency_is_judged_as_the_vectors_do(vector):
    _, size, larger, root, new_root, proof, holds = vector
    assert continues(size, bytes.fromhex(root), larger, bytes.fromhex(new_root), hashes(proof)) == holds


def test_our_proofs_are_those_of_the_vectors():
    happy = [vector for vector in VECTORS["inclusion"] if "happy-path" in vector[0] and vector[2] <= 8]
    assert len(happy) >= 5
    for _, index, size, _, proof, _, _ in happy:
        assert [part.hex() for part in Tree(LEAVES[:size]).inclusion(index)] == proof
    happy = [vector for vector in VECTORS["consistency"] if "happy-path" in vector[0]]
    assert len(happy) >= 5
    for _, size, larger, _, _, proof, _ in happy:
        assert [part.hex() for part in Tree(LEAVES[:larger]).consistency(size)] == proof


@settings(deadline=None)
@given(st.integers(1, 70), st.data())
def test_every_proof_holds_and_any_change_breaks_it(size, data):
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    tree = Tree(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion(index)
    assert includes(leaves[index], index, size, proof, tree.root)
    assert not includes(leaf_hash(b"another"), index, size, proof, tree.root)
    assert not includes(leaves[index], index, size, [*proof, EMPTY], tree.root)
    old = data.draw(st.integers(1, size))
    grown = tree.consistency(old)
    assert continues(old, Tree(leaves[:old]).root, size, tree.root, grown)
    assert not continues(old, EMPTY, size, tree.root, grown)


@given(st.integers(0, 130))
def test_leaves_added_one_by_one_give_the_same_root(size):
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    assert (frontier.root, frontier.size) == (Tree(leaves).root, size)


def test_a_leaf_is_never_a_node():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_what_is_not_in_the_tree_has_no_proof():
    tree = Tree(LEAVES[:3])
    for index in (-1, 3):
        with pytest.raises(IndexError):
            tree.inclusion(index)
    for size in (0, 4):
        with pytest.raises(IndexError):
            tree.consistency(size)


def test_each_day_has_the_root_of_what_was_recorded_by_then():
    start = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)  # 23:30 in Rome
    moments = [
        start,
        start + timedelta(hours=1),
        start + timedelta(days=2),
        start + timedelta(hours=1),
        start + timedelta(days=3),
    ]
    rows = list(seal(row._replace(ts_recorded=moment) for row, moment in zip(unsealed(5), moments, strict=True)))
    roots = list(daily_roots(rows))
    assert [(root.day, root.size) for root in roots] == [
        (date(2026, 3, 2), 1),
        (date(2026, 3, 3), 2),
        (date(2026, 3, 4), 4),  # the fourth row came late, with those of the 4th
        (date(2026, 3, 5), 5),
    ]
    tree = Tree(map(leaf_of, rows))
    assert roots[-1].root == tree.root.hex()
    for earlier in roots:
        assert continues(earlier.size, bytes.fromhex(earlier.root), 5, tree.root, tree.consistency(earlier.size))


def test_a_log_without_rows_has_no_days_and_an_unsealed_one_no_tree():
    assert list(daily_roots([])) == []
    with pytest.raises(ValueError, match="is not sealed"):
        list(daily_roots(unsealed(2)))
    assert leaf_of(sealed(1)[0]) == leaf_hash(bytes.fromhex(sealed(1)[0].hash))
