"""The 63 trial values of conditional limits, and what is expected of each clause.

A row: the key, the value, and per clause `(value, condition, outcome)`. `condition` is the canonical text, or None
where it is refused; then `outcome` is the reason. Else `outcome` is the truth at each of MOMENTS for a CAR of which
nothing more is known, in Bavaria near Munich, while nothing is sensed: Y, N or ? (unknown).
"""

import datetime as dt

from mapprior.market.circumstances import Place
from mapprior.market.condition import Truth

HERE = Place("DE", "DE-BY", "Europe/Berlin", 48.1, 11.6)
MOMENTS = (
    dt.datetime.fromisoformat("2026-03-02T08:15:00+01:00"),  # a Monday in winter, schools may be open
    dt.datetime.fromisoformat("2026-07-05T23:30:00+02:00"),  # a Sunday night in summer
    dt.datetime.fromisoformat("2026-12-25T15:00:00+01:00"),  # Christmas, a Friday
)
TRUTHS = {"Y": Truth.YES, "N": Truth.NO, "?": Truth.UNKNOWN}
UNREAD = "neither times, nor a comparison, nor a known word"

Clause = tuple[str, str | None, str]
VALUES: tuple[tuple[str, str, tuple[Clause, ...]], ...] = (
    # Hours of the day.
    ("", "130 @ 19:00-06:00", (("130", "19:00-06:00", "NYN"),)),
    ("", "130 @ (19:00-06:00)", (("130", "19:00-06:00", "NYN"),)),
    ("", "120 @ (06:00-20:00); 100 @ (22:00-06:00)", (("120", "06:00-20:00", "YNY"), ("100", "22:00-06:00", "NYN"))),
    ("", "none @ 20:00-22:00; 100 @ 22:00-06:00", (("none", "20:00-22:00", "NNN"), ("100", "22:00-06:00", "NYN"))),
    ("", "30 @ (22:00-06:00)", (("30", "22:00-06:00", "NYN"),)),
    ("hgv", "60 @ (22:00-05:00)", (("60", "22:00-05:00", "NYN"),)),
    ("", "110 @ (22:00-05:00)", (("110", "22:00-05:00", "NYN"),)),
    ("", "signals @ (06:00-22:00)", (("signals", "06:00-22:00", "YNY"),)),
    ("", "120@(06:00-19:00)", (("120", "06:00-19:00", "YNY"),)),
    # Days of the week.
    ("", "100 @ (Mo-Sa 05:00-22:00)", (("100", "Mo-Sa 05:00-22:00", "YNY"),)),
    ("forward", "30 @ (Mo-Fr 06:30-17:00)", (("30", "Mo-Fr 06:30-17:00", "YNY"),)),
    ("", "30 @ (Mo-Fr 07:00-18:00; Sa 07:00-14:00)", (("30", "Mo-Fr 07:00-18:00; Sa 07:00-14:00", "YNY"),)),
    ("", "30 @ (Mo-Th 07:00-17:00, Fr 07:00-15:00)", (("30", "Mo-Th 07:00-17:00, Fr 07:00-15:00", "YNN"),)),
    ("", "30 @ (Mo[1] 08:00-12:00)", (("30", "Mo[1] 08:00-12:00", "YNN"),)),
    ("", "80 @ (mo-fr 7:00-19:00)", (("80", "Mo-Fr 07:00-19:00", "YNY"),)),
    ("", "30 @ Mo-Fr 07:00-17:00", (("30", "Mo-Fr 07:00-17:00", "YNY"),)),
    ("", '40 @ (Mo-Fr 07:30-17:30 "construction")', (("40", 'Mo-Fr 07:30-17:30 "construction"', "?N?"),)),
    # Holidays: those of the country are known, those of schools never.
    (
        *("", "40 @ (Mo-Fr 08:00-09:30,14:30-16:00; PH off; SH off)"),
        (("40", "Mo-Fr 08:00-09:30,14:30-16:00; PH closed; SH closed", "?NN"),),
    ),
    ("", "30 @ (Mo-Fr 07:00-17:00; PH off)", (("30", "Mo-Fr 07:00-17:00; PH closed", "YNN"),)),
    ("", "30 @ (Mo-Fr 07:00-17:00; PH,SH off)", (("30", "Mo-Fr 07:00-17:00; PH,SH closed", "?NN"),)),
    (
        *("", "20 mph @ (Mo-Fr 08:15-09:15,15:00-16:00; PH off; SH off)"),
        (("20 mph", "Mo-Fr 08:15-09:15,15:00-16:00; PH closed; SH closed", "?NN"),),
    ),
    ("", "70 @ (PH)", (("70", "PH", "NNY"),)),
    ("", "30 @ (Sa,Su,PH 10:00-18:00)", (("30", "Sa,Su,PH 10:00-18:00", "NNY"),)),
    ("", "30 @ (SD Mo-Fr 07:30-16:30)", (("30", None, "school days: no calendar knows them"),)),
    ("", "30 @ (Schulzeit)", (("30", None, UNREAD),)),
    # Seasons and dates.
    ("", "80 @ (Nov-Mar)", (("80", "Nov-Mar", "YNY"),)),
    ("", "90 @ (Nov 1-Mar 31)", (("90", "Nov 1-Mar 31", "YNY"),)),
    ("", "50 @ (Apr 26-Oct 24)", (("50", "Apr 26-Oct 24", "NYN"),)),
    ("", "80 @ (Oct 15-Apr 15)", (("80", "Oct 15-Apr 15", "YNY"),)),
    ("", "50 @ (Easter-Oct 31)", (("50", "easter-Oct 31", "NYN"),)),
    ("", "60 @ (2026 May 04-2026 Nov 30)", (("60", "2026 May 4-2026 Nov 30", "NYN"),)),
    ("", "80 @ (2026 May 04 00:00-2026 Nov 30 24:00)", (("80", None, UNREAD),)),
    (
        *("", "20 mph @ (Sep-Jun Mo-Fr 07:00-08:30,14:00-15:30)"),
        (("20 mph", "Sep-Jun Mo-Fr 07:00-08:30,14:00-15:30", "YNY"),),
    ),
    ("", "100 @ winter", (("100", "winter", "???"),)),
    # The sun.
    ("bus", "80 @ (sunset-sunrise)", (("80", "sunset-sunrise", "NYN"),)),
    ("", "80 @ (sunset-sunrise)", (("80", "sunset-sunrise", "NYN"),)),
    ("", "55 mph @ (sunset-sunrise)", (("55 mph", "sunset-sunrise", "NYN"),)),
    ("", "80 @ (sunset+00:30-sunrise-00:30)", (("80", None, UNREAD),)),
    # What a driver sees.
    ("", "60 @ wet", (("60", "wet", "???"),)),
    ("", "80 @ (wet)", (("80", "wet", "???"),)),
    ("", "60 @ snow", (("60", "snow", "???"),)),
    ("", "50 @ (fog)", (("50", "fog", "???"),)),
    ("", "20 mph @ flashing", (("20 mph", "flashing", "???"),)),
    ("", "25 mph @ (children_present)", (("25 mph", "children_present", "???"),)),
    ("", "30 @ (work)", (("30", "work", "???"),)),
    # Several at once: what does not hold decides, whatever is unknown beside it.
    (
        *("", "20 mph @ (Mo-Fr 07:00-09:00,14:00-16:00 AND flashing)"),
        (("20 mph", "Mo-Fr 07:00-09:00,14:00-16:00 AND flashing", "?N?"),),
    ),
    (
        *("", "80 @ (22:00-06:00); 60 @ (22:00-06:00 AND wet)"),
        (("80", "22:00-06:00", "NYN"), ("60", "22:00-06:00 AND wet", "N?N")),
    ),
    ("", "100 @ (06:00-10:00,15:00-19:00 AND wet)", (("100", "06:00-10:00,15:00-19:00 AND wet", "?N?"),)),
    ("", "80 @ (Mo-Fr 06:00-19:00 AND weightrating>3.5)", (("80", "Mo-Fr 06:00-19:00 AND weightrating>3.5", "NNN"),)),
    ("", "80 @ (22:00-06:00);100 @ (wet)", (("80", "22:00-06:00", "NYN"), ("100", "wet", "???"))),
    # The vehicle.
    ("", "60 @ (weight>7.5)", (("60", "weight>7.5", "NNN"),)),
    ("hgv", "60 @ (weight>7.5)", (("60", "weight>7.5", "NNN"),)),
    ("", "80 @ (weightrating>3.5)", (("80", "weightrating>3.5", "NNN"),)),
    ("", "50 @ (maxweightrating>3)", (("50", "weightrating>3", "???"),)),
    (
        *("", "80 @ (trailer); 80 @ (weightrating>3.5); 60 @ (weightrating>7.5)"),
        (("80", "trailer", "NNN"), ("80", "weightrating>3.5", "NNN"), ("60", "weightrating>7.5", "NNN")),
    ),
    (
        *("", "80 @ (wet); 60 @ (trailer AND weightrating>12); 60 @ (articulated AND weightrating>12)"),
        (
            ("80", "wet", "???"),
            ("60", "trailer AND weightrating>12", "NNN"),
            ("60", "articulated AND weightrating>12", "NNN"),
        ),
    ),
    ("hgv", "60 @ (trailers>=2)", (("60", "trailers>=2", "NNN"),)),
    (
        *("goods", "80 @ (axles>=3); 70 @ (axles>=3 AND sunset-sunrise)"),
        (("80", "axles>=3", "NNN"), ("70", "axles>=3 AND sunset-sunrise", "NNN")),
    ),
    # Lanes: the whole list stands before the condition.
    ("lanes", "||100 @ (06:00-20:00)", (("||100", "06:00-20:00", "YNY"),)),
    ("lanes", "120|120|80 @ (06:00-19:00)", (("120|120|80", "06:00-19:00", "YNY"),)),
    ("lanes", "120 @ (06:00-19:00)|120 @ (06:00-19:00)|80 @ (06:00-19:00)", ()),
    # Slips.
    ("", "30 @ (Mo-Fr 07.00-17.00)", (("30", None, UNREAD),)),
    ("variable", "yes", ()),
)
