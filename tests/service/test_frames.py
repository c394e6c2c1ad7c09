"""Overlays as they travel to a worker: differences that lead to the same overlay."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.model.ids import LinkId
from mapprior.model.work_zone import EMPTY_OVERLAY, Overlay, PlacedZone, WorkZone, ZoneOnLink
from mapprior.service.frames import overlay_change


def overlay(number: int, places: dict[str, tuple[int, ...]], known: Overlay = EMPTY_OVERLAY) -> Overlay:
    """Zones by id, each on some links; what stays as it was is the same object, as the overlay book makes it."""
    zones: dict[str, PlacedZone] = {}
    for zone_id, links in sorted(places.items()):
        spans = tuple(ZoneOnLink(zone_id, LinkId(x), 0, 100, 900, lanes_apply=False) for x in sorted(set(links)))
        was = known.zones.get(zone_id)
        if was is not None and was.spans == spans:
            zones[zone_id] = was
        else:
            zone = WorkZone(zone_id, "test", 1, 2, (0, 1), (0, 1), confidence_permille=900, place_sigma_cm=0)
            zones[zone_id] = PlacedZone(zone, spans, b"", 0)
    by_link: dict[LinkId, tuple[ZoneOnLink, ...]] = {}
    for placed in zones.values():
        for span in placed.spans:
            by_link[span.link_id] = (*by_link.get(span.link_id, ()), span)
    return Overlay(number, zones, by_link)


PLACES = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.integers(1, 5), max_size=3).map(tuple), max_size=5)


@settings(max_examples=100)
@given(PLACES, PLACES)
def test_a_difference_leads_to_the_next_overlay(
    first: dict[str, tuple[int, ...]], then: dict[str, tuple[int, ...]]
) -> None:
    before = overlay(1, first)
    after = overlay(2, then, before)
    change = overlay_change(before, after)
    found = change.applied_to(before)
    assert found == after
    assert list(found.zones) == list(after.zones), "zones lie in the order of their ids"
    assert before == overlay(1, first, before), "the overlay that others still read is as it was"


def test_what_stays_does_not_travel() -> None:
    before = overlay(1, {"a": (1, 2), "b": (3,)})
    after = overlay(2, {"a": (1, 2), "b": (3,), "c": (2,)}, before)
    change = overlay_change(before, after)
    assert [x.zone.id for x in change.put] == ["c"] and change.links.keys() == {2}
