"""Laws of differences. They need no map."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapprior.errors import RemoteError
from mapprior.horizon.digest import MASK64
from mapprior.horizon.items import ROOT, Content, LinkPlacement, Path
from mapprior.horizon.update import PathItems, State, apply, diff, state_hash
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, PathId
from mapprior.model.provenance import ProfileGroup
from tests.horizon.states import states

EMPTY = State()
bounded = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def without_basis_loss(old: State, new: State) -> State:
    """A stream never loses its basis: no update says so."""
    return new if new.basis is not None else State(new.paths, new.contents, new.zones, old.basis)


@bounded
@given(states(), states())
def test_apply_of_diff_is_the_new_state(old: State, new: State) -> None:
    new = without_basis_loss(old, new)
    change = diff(old, new)
    after, delta = apply(old, change.removed, change.items)
    assert after == new
    assert delta == change.hash_delta
    assert (state_hash(old) + delta) & MASK64 == state_hash(new)


@bounded
@given(st.lists(states(), min_size=1, max_size=4))
def test_a_snapshot_is_the_sum_of_the_differences(steps: list[State]) -> None:
    state, total = EMPTY, 0
    for step in steps:
        change = diff(state, without_basis_loss(state, step))
        state, delta = apply(state, change.removed, change.items)
        total += delta
    snapshot = diff(EMPTY, state)
    assert not snapshot.removed
    again, delta = apply(EMPTY, (), snapshot.items)
    assert again == state
    assert delta == total & MASK64 == state_hash(state)


@bounded
@given(states())
def test_nothing_changed_is_an_empty_difference(state: State) -> None:
    assert not diff(state, state)
    rebuilt, _ = apply(EMPTY, (), diff(EMPTY, state).items)
    assert not diff(state, rebuilt)


@bounded
@given(states(), states(), st.randoms())
def test_order_of_the_items_does_not_matter(old: State, new: State, shuffler: random.Random) -> None:
    change = diff(old, new)
    items, removed = list(change.items), list(change.removed)
    shuffler.shuffle(items)
    shuffler.shuffle(removed)
    assert apply(old, removed, items) == apply(old, change.removed, change.items)


@bounded
@given(states(), states())
def test_a_difference_names_no_key_twice(old: State, new: State) -> None:
    change = diff(old, new)
    puts = [x.key for x in change.items]
    assert len(set(puts)) == len(puts)
    assert len(set(change.removed)) == len(change.removed)
    assert not set(puts) & set(change.removed)


def path(first_cm: int = 0, end_cm: int = 300) -> Path:
    return Path(PathId(1), ROOT, 0, first_cm, end_cm, 1_000_000)


def placed(*starts_cm: int) -> tuple[LinkPlacement, ...]:
    return tuple(LinkPlacement(PathId(1), x, x + 100, LinkId(x)) for x in starts_cm)


def test_erasing_behind_the_vehicle_names_nothing() -> None:
    old = State({PathId(1): PathItems(path(), placed(0, 100, 200))})
    new = State({PathId(1): PathItems(path(first_cm=200), placed(200))})
    change = diff(old, new)
    assert (change.removed, change.items) == ((), (path(first_cm=200),))
    assert apply(old, change.removed, change.items)[0] == new


def test_a_removed_path_takes_everything_on_it_along() -> None:
    old = State({PathId(1): PathItems(path(), placed(0, 100, 200))})
    change = diff(old, EMPTY)
    assert (change.removed, change.items) == (((1, 1),), ())
    assert apply(old, change.removed, change.items) == (EMPTY, (MASK64 + 1) - state_hash(old))


def test_placing_on_a_missing_path_is_refused() -> None:
    with pytest.raises(RemoteError, match="path 1"):
        apply(EMPTY, (), placed(0))


def test_removing_what_is_not_there_changes_nothing() -> None:
    state = State({PathId(1): PathItems(path(), placed(0))})
    assert apply(state, ((1, 7), (2, 1, 55), (2, 9, 0), (6, 1, 1), (7, "x"), (8,)), ()) == (state, 0)


def test_content_is_told_apart_by_digest_not_by_payload() -> None:
    sent = Content(EncodedContent(ProfileGroup.ROAD, LinkId(1), 5, b"abc"))
    held = Content(EncodedContent(ProfileGroup.ROAD, LinkId(1), 5, b""))
    other = Content(EncodedContent(ProfileGroup.ROAD, LinkId(1), 6, b"abc"))
    assert sent == held
    assert sent != other
    assert hash(sent) == hash(held)
