"""Laws of the content ledger: what it sends and evicts keeps the client within its budget, and nothing placed goes."""

from dataclasses import replace
from itertools import zip_longest

from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.horizon.content import HeldContents
from mapprior.horizon.digest import MASK64
from mapprior.horizon.items import Content
from mapprior.horizon.update import State, apply, state_hash
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, TileId, tile_of
from mapprior.model.provenance import ProfileGroup


def contents_of(link_id: LinkId) -> list[EncodedContent]:
    """Links 2n and 2n + 1 are twins that share a geometry; sizes differ by link."""
    twin = LinkId(link_id & ~1)
    return [
        EncodedContent(ProfileGroup.GEOMETRY, twin, 7 * twin + 1, b"g" * (10 + twin % 5)),
        EncodedContent(ProfileGroup.ROAD, link_id, 7 * link_id + 2, b"r" * (5 + link_id % 7)),
    ]


def find(link_id: LinkId, group: ProfileGroup) -> EncodedContent | None:
    """Where it lies in the tiles."""
    return next((x for x in contents_of(link_id) if x.group is group), None)


steps = st.lists(st.lists(st.integers(0, 15).map(LinkId), unique=True, max_size=6), max_size=12)


@settings(max_examples=100, deadline=None)
@given(steps, st.sampled_from((0, 20, 60, 120, 10_000)), st.sampled_from((0, 2, 100)))
def test_ledger_and_client_agree_within_the_budget(
    placements: list[list[LinkId]], bytes_max: int, unplaced_count_max: int
) -> None:
    ledger = HeldContents(bytes_max, find, unplaced_count_max=unplaced_count_max)
    client, total = State(), 0
    for links in placements:
        step = ledger.place(links, contents_of)
        client, delta = apply(client, step.evicted, step.sent)
        total = (total + step.hash_delta) & MASK64
        assert delta == step.hash_delta
        assert total == state_hash(client)
        assert {x.key: x for x in ledger.contents()} == client.contents
        assert ledger.held_bytes == sum(len(x.encoded.payload) for x in client.contents.values()) <= bytes_max
        wanted = {Content(c).key for link in links for c in contents_of(link)}
        assert len(client.contents.keys() - wanted) <= unplaced_count_max
        assert (step.withheld_count == 0) == (wanted <= client.contents.keys())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.lists(st.integers(0, 7).map(LinkId), unique=True, max_size=4), st.booleans()), max_size=12)
)
def test_a_link_that_needs_less_of_its_twin_leaves_nothing_behind(placements: list[tuple[list[LinkId], bool]]) -> None:
    """Geometry is wanted or not, as with subscriptions that reach less far, while the link stays placed."""
    ledger, client = HeldContents(10_000, find), State()
    for links, with_geometry in [*placements, ([], True)]:
        ledger.refresh(links)
        step = ledger.place(links, lambda x, first=not with_geometry: contents_of(x)[first:])  # type: ignore[misc]
        client, _ = apply(client, step.evicted, step.sent)
        assert {x.key: x for x in ledger.contents()} == client.contents
    assert not ledger._lent


@settings(max_examples=50, deadline=None)
@given(steps)
def test_with_room_everything_is_sent_exactly_once(placements: list[list[LinkId]]) -> None:
    ledger = HeldContents(1 << 20, find)
    sent = [x.key for links in placements for x in ledger.place(links, contents_of).sent]
    assert len(sent) == len(set(sent))
    assert set(sent) == {Content(c).key for links in placements for link in links for c in contents_of(link)}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 15).map(LinkId), unique=True),
    steps,
    st.sampled_from((0, 3000, 1 << 20)),
    st.sampled_from((0, 2, 100)),
)
def test_after_a_reset_the_hash_is_of_all_that_is_held(
    named: list[LinkId], placements: list[list[LinkId]], bytes_max: int, unplaced_count_max: int
) -> None:
    held = [c for x in named for c in contents_of(x)]
    held = [replace(c, digest=c.digest + (c.link_id % 3 == 0)) for c in held]  # some of it is not what the tile says
    ledger = HeldContents(bytes_max, find, unplaced_count_max=unplaced_count_max)
    ledger.place([LinkId(1), LinkId(2)], contents_of)
    ledger.reset(held)
    client, total = State(contents={Content(c).key: Content(c) for c in held}), 0
    for links in [*placements, []]:
        step = ledger.place(links, contents_of)
        client, _ = apply(client, step.evicted, step.sent)
        total = (total + step.hash_delta) & MASK64
        assert total == state_hash(client)
        assert {x.key: x.encoded.digest for x in ledger.contents()} == {
            k: x.encoded.digest for k, x in client.contents.items()
        }


def test_the_oldest_by_last_placement_goes_first() -> None:
    def one(link_id: LinkId) -> list[EncodedContent]:
        return [EncodedContent(ProfileGroup.ROAD, link_id, link_id, b"x" * 10)]

    ledger = HeldContents(30, lambda link_id, _: one(link_id)[0])
    for links in ([1], [2], [1], [3]):
        ledger.place([LinkId(x) for x in links], one)
    assert ledger.place([LinkId(4)], one).evicted == ((6, ProfileGroup.ROAD, 2),)
    assert ledger.place([LinkId(5)], one).evicted == ((6, ProfileGroup.ROAD, 1),)


def test_what_found_no_room_is_sent_when_there_is_some() -> None:
    ledger = HeldContents(30, find)
    a, b = LinkId(0), LinkId(4)
    assert len(ledger.place([a, b], contents_of).sent) == 3  # 10 + 5 + 14; the last 9 do not fit
    assert ledger.place([a, b], contents_of).sent == ()
    assert len(ledger.place([b], contents_of).sent) == 1


def test_content_that_becomes_known_later_is_sent_after_refresh() -> None:
    ledger = HeldContents(1000, find)
    link = LinkId(1)
    ledger.place([link], lambda _: contents_of(link)[:1])
    assert ledger.place([link], contents_of).sent == ()
    ledger.refresh([link])
    assert [x.encoded.group for x in ledger.place([link], contents_of).sent] == [ProfileGroup.ROAD]


def test_resumed_content_is_not_sent_but_what_differs_is() -> None:
    ledger = HeldContents(10_000, find)
    geometry, road = contents_of(LinkId(0))
    other = EncodedContent(road.group, road.link_id, road.digest + 1, b"")
    ledger.reset([EncodedContent(geometry.group, geometry.link_id, geometry.digest, b""), other])
    client = State(contents={x.key: x for x in ledger.contents()})
    step = ledger.place([LinkId(0)], contents_of)
    assert [x.encoded for x in step.sent] == [road]
    after, _ = apply(client, step.evicted, step.sent)
    assert state_hash(after) == step.hash_delta
    assert after.contents == {x.key: x for x in ledger.contents()}
    assert ledger.held_bytes == len(geometry.payload) + len(road.payload)


def test_what_waits_is_sent_once_its_group_is_open() -> None:
    ledger = HeldContents(1000, find)
    links = [LinkId(0), LinkId(4)]
    first = ledger.place(links, contents_of, closed={ProfileGroup.ROAD})
    assert {x.encoded.group for x in first.sent} == {ProfileGroup.GEOMETRY}
    assert (first.waiting, first.withheld_count) == ({ProfileGroup.ROAD}, 0)
    second = ledger.place(links, contents_of)
    assert {x.encoded.group for x in second.sent} == {ProfileGroup.ROAD}
    assert not second.waiting
    third = ledger.place(links, contents_of, closed={ProfileGroup.ROAD})  # what is held already waits for nothing
    assert (third.sent, third.waiting) == ((), frozenset())


def test_wrong_content_is_evicted_at_once_though_the_right_one_waits() -> None:
    geometry, road = contents_of(LinkId(0))
    ledger = HeldContents(1000, find)
    ledger.reset([replace(road, digest=road.digest + 1, payload=b"")])
    step = ledger.place([LinkId(0)], contents_of, closed={ProfileGroup.ROAD})
    assert step.evicted == ((6, ProfileGroup.ROAD, 0),)
    assert [x.encoded for x in step.sent] == [geometry]
    assert step.waiting == {ProfileGroup.ROAD}


@given(steps, st.sampled_from((0, 2, 100)))
def test_what_changed_leads_where_all_that_is_placed_leads(
    placements: list[list[LinkId]], unplaced_count_max: int
) -> None:
    whole = HeldContents(100, find, unplaced_count_max=unplaced_count_max)
    moved = HeldContents(100, find, unplaced_count_max=unplaced_count_max)
    before: list[LinkId] = []
    for links in placements:
        new = [x for x in links if x not in before or not moved.is_settled]
        step = moved.move([x for x in before if x not in links], new, contents_of)
        assert step == whole.place(links, contents_of)
        before = links


@given(steps, st.lists(st.integers(0, 7)), st.sampled_from((0, 2, 100)))
def test_a_tile_that_goes_changes_nothing(
    placements: list[list[LinkId]], tiles: list[int], unplaced_count_max: int
) -> None:
    """Twins lie in one tile. The first links of a step must be at hand when it is made, and go before the next."""
    gone: set[TileId] = set()

    def at_hand(link_id: LinkId, group: ProfileGroup) -> EncodedContent | None:
        return None if tile_of(link_id) in gone else find(link_id, group)

    def apart(links: list[LinkId]) -> list[LinkId]:
        return [LinkId((x >> 1) << 20 | x & 1) for x in links]

    whole = HeldContents(100, find, unplaced_count_max=unplaced_count_max)
    torn = HeldContents(100, at_hand, unplaced_count_max=unplaced_count_max)
    for links, tile in zip_longest(map(apart, placements), map(TileId, tiles[: len(placements)])):
        gone -= {tile_of(x) for x in links}
        assert torn.place(links, contents_of) == whole.place(links, contents_of)
        assert [*torn.contents()] == [*whole.contents()]
        if tile is not None and tile not in gone:
            torn.tile_goes(tile)
            gone.add(tile)
