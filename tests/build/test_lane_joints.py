"""Where the lanes of a road end: beside one another, whatever else meets at the node."""

import math
from itertools import pairwise

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.build.osm_text import Built, osm_xml

ARM_M = 60.0
HAIRPIN_DEG = 120.0
CLEAR_M = 0.04  # places have a unit of 11 mm

# A road from the node: its direction, whether it leaves, arrives or does both, and its lanes each way.
arms = st.lists(
    st.tuples(st.integers(0, 359), st.sampled_from(["leaves", "arrives", "both"]), st.integers(1, 3)),
    min_size=1,
    max_size=3,
)


def built_of(directory, arms):
    nodes, ways = {1: (0.0, 0.0)}, {}
    for i, (bearing_deg, use, count) in enumerate(arms):
        angle = math.radians(bearing_deg)
        nodes[2 + i] = (ARM_M * math.cos(angle), ARM_M * math.sin(angle))
        tags = {"highway": "primary", "lanes": str(2 * count if use == "both" else count)}
        refs = [2 + i, 1] if use == "arrives" else [1, 2 + i]
        ways[10 + i] = (refs, tags if use == "both" else {**tags, "oneway": "yes"})
    return Built(directory, osm_xml(nodes, ways))


def turn_deg(arms):
    """Of the road that two roads are together; 0 where none of them goes on as the other."""
    if len(arms) != 2:
        return 0.0
    uses = {arms[0][1], arms[1][1]}
    if "both" not in uses and len(uses) == 1:
        return 0.0  # both only leave, or only arrive
    return abs((arms[1][0] - arms[0][0] + 180 + 180) % 360 - 180)


@settings(max_examples=60, deadline=None)
@given(arms)
@example([(90, "leaves", 2), (74, "leaves", 1)])  # the edge of a map: none arrives
@example([(90, "arrives", 2), (74, "arrives", 1)])
@example([(90, "both", 2), (90, "both", 2)])
@example([(0, "arrives", 3), (90, "leaves", 3)])
def test_the_lanes_of_a_road_end_abreast(tmp_path_factory, arms):
    """As far as the corner asks that they meet those of the one road it goes on as, and otherwise straight across.

    Not at hairpins, where lanes meet on a corner that is cut, nor where a road may become two carriageways: these
    begin square to the road, not to themselves.
    """
    assume(turn_deg(arms) <= HAIRPIN_DEG)
    assume(sorted(use for _, use, _ in arms) != ["arrives", "both", "leaves"])
    built = built_of(tmp_path_factory.mktemp("node"), arms)
    turn = turn_deg(arms)
    bevel = math.tan(math.radians(turn) / 2)
    for name, lanes in built.lanes.items():
        line, own = built.links[name].line, lanes.sections[0].lanes
        at_node = 0 if name.split(":")[1].startswith("1-") == name.endswith("+") else -1
        for end, bevelled in ((at_node, bevel), (-1 - at_node, 0.0)):
            heading = line.heading_rad[end]
            ends_m = []
            for lane in own:
                centre = lane.centre_line
                x, y = line.frame.xy_m(lat_e7=centre.lat_e7[end], lon_e7=centre.lon_e7[end])
                ends_m.append(
                    (x * math.cos(heading) + y * math.sin(heading), y * math.cos(heading) - x * math.sin(heading))
                )
            for (along_a, left_a), (along_b, left_b) in pairwise(ends_m):
                assert abs(left_a - left_b - 3.5) < CLEAR_M  # as wide as lanes are, and from the left
                assert abs(along_a - along_b) <= bevelled * 3.5 + CLEAR_M
