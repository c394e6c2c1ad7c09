"""Does a source lie in the market it is built for? Two signs that it may not, each with its counts.

A wrong code is no error: borders are drawn more or less exactly, and a market may cite its neighbour's law. But the
law of another country would be applied to all of it, so whoever builds is told.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mapprior.build.limits import ORIGIN_KEYS
from mapprior.build.source import SourceMap
from mapprior.geo.units import E7
from mapprior.market.countries import Country, countries_in_zone, country, is_market

PLACES_COUNT_MAX: Final = 200  # that are looked up, evenly over the ways
REFERENCES_COUNT_MIN: Final = 3  # one or two may be a slip of a hand
NAMED_COUNT_MAX: Final = 3  # values that are given as examples
_KEYS: Final = ("maxspeed", "maxspeed:forward", "maxspeed:backward", *ORIGIN_KEYS)
_RULE: Final = re.compile(r"([A-Za-z]{2})(?:-[A-Za-z0-9]{1,3})?:[A-Za-z]", re.ASCII)  # `DE:urban`, `US-CA:rural`


def elsewhere_notes(source: SourceMap, row: Country) -> tuple[str, ...]:
    """What speaks for another country than `row`; nothing for a made-up market."""
    if row.synthetic:
        return ()
    ways = [source.ways[way_id] for way_id in sorted(source.ways)]
    step = max(1, len(ways) // PLACES_COUNT_MAX)
    nodes = (next((n for n in way.node_ids if n in source.lat_lon_e7), 0) for way in ways[::step])
    places_e7 = [source.lat_lon_e7[n] for n in nodes if n in source.lat_lon_e7]
    return (*_of_places(places_e7, row), *_of_tags((way.tags for way in ways), row))


def _of_places(places_e7: Iterable[tuple[int, int]], row: Country) -> Iterator[str]:
    """A note where fewer than half of the places lie in a time zone of the market."""
    try:
        from tzfpy import get_tzs
    except ImportError:
        return
    count = own_count = 0
    others: Counter[str] = Counter()
    for lat_e7, lon_e7 in places_e7:
        found = {code for zone in get_tzs(lon_e7 / E7, lat_e7 / E7) for code in countries_in_zone(zone)}
        count += 1
        own_count += row.code in found
        others.update(sorted(found - {row.code}) if row.code not in found else ())
    if own_count * 2 < count and others:
        (code, other_count), *_ = _largest(others)
        yield (
            f"of {count} places on the roads {other_count} lie in a time zone of {code} ({country(code).name}), "
            f"{own_count} in one of {row.code} ({row.name}): was --market {code} meant? The law and the driving side "
            f"of {row.code} are in the tiles"
        )


def _of_tags(tags: Iterable[Mapping[str, str]], row: Country) -> Iterator[str]:
    """A note where the limits refer to another country's law more often than to that of the market."""
    by_country: Counter[str] = Counter()
    values: Counter[tuple[str, str]] = Counter()
    for of_way in tags:
        for key in _KEYS:
            rule = _RULE.match(of_way.get(key, ""))
            code = "" if rule is None else rule[1].upper()
            if is_market(code) and not country(code).synthetic:
                by_country[code] += 1
                values[code, f"{key}={of_way[key]}"] += 1
    own_count = by_country.pop(row.code, 0)
    if not by_country:
        return
    (code, other_count), *_ = _largest(by_country)
    if other_count > own_count and other_count >= REFERENCES_COUNT_MIN:
        of_code = Counter({text: n for (named, text), n in values.items() if named == code})
        examples = ", ".join(f"{text} {n}" for text, n in _largest(of_code)[:NAMED_COUNT_MAX])
        yield (
            f"limits refer to the law of {code} ({country(code).name}) {other_count} times ({examples}), to that of "
            f"{row.code} ({row.name}) {own_count} times: what refers to another country's law stays unknown"
        )


def _largest(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda x: (-x[1], x[0]))
