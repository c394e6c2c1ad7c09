"""Why packs and the public default-speeds table differ: every difference, with its reason.

(regions, road types of the table, questions, reason). A line in SILENT is about all questions of a road type on which
the law as we have it says nothing at all; one road type `*` stands for all.
"""

from typing import Final

Explained = tuple[str, tuple[str, ...], tuple[str, ...], str]

HEAVY: Final = ("hgv 5 t", "hgv 10 t", "hgv 18 t", "hgv 40 t articulated", "hazmat 18 t")
BUSES: Final = ("bus 12 t", "coach 18 t")
LIGHT: Final = ("maxspeed", "wet", "motorcycle", "goods 3 t")
ALL: Final = (*LIGHT, "trailer", *HEAVY, *BUSES)

_ABOVE: Final = (
    "inside built-up areas the table puts the vehicle's highest speed above the base; here it is a ceiling only"
)
_COACH: Final = "the table's clause for all above 3.5 t would lower coaches too, for which it has a number of its own"
_COACH_ELSEWHERE: Final = "the table has no number for coaches; the statute allows those with further equipment more"
_ABLE: Final = "what a vehicle must be able to drive to be admitted; no minimum speed"
_SINGLE: Final = "rural single carriageway with 2 or more lanes in each direction"

CONTRADICTIONS: Final[tuple[Explained, ...]] = (
    ("AT", ("urban",), ("trailer", *HEAVY, *BUSES), _ABOVE),
    ("AT", ("rural", "motorroad", "motorway"), BUSES, "KDV §58: the clause for all above 3.5 t excepts buses"),
    ("AU-NT", ("urban",), ALL, "the Territory's page says 60; many towns are gazetted 50, the table's number"),
    ("BE-VLG BE-WAL BE-BRU", ("rural", _SINGLE), HEAVY[1:], "art. 11.3: above 7.5 t 60; not in the table"),
    ("BE-WAL", ("rural", _SINGLE), BUSES, "art. 11.3: buses 75; not in the table"),
    ("BE-VLG BE-WAL BE-BRU", ("motorway",), ("minspeed",), "70 on motorways; not in the table"),
    ("BE-VLG BE-WAL BE-BRU", ("motorway",), ("coach 18 t",), _COACH),
    ("CH", ("urban",), ("trailer", "hgv 40 t articulated"), _ABOVE),
    ("CH", ("motorroad", "motorway"), ("trailer",), "VRV art. 5 since 2021-01-01: 100 with light trailers"),
    (
        "CH",
        ("motorroad", "motorway"),
        ("bus 12 t",),
        "VRV art. 5 (2) a: not for buses with standing room; those have 80",
    ),
    ("CZ", ("rural", "rural motorroad", "rural motorway"), BUSES, "§ 18(3): buses have the limits of cars"),
    (
        "CZ",
        ("rural motorroad with single carriageway",),
        HEAVY,
        "§ 18(3): every vehicle above 3.5 t that is no bus 80; the table leaves it out on this road type",
    ),
    (
        "DE",
        ("rural", "rural dual carriageway", "rural road with 2 or more lanes in each direction"),
        BUSES,
        "StVO §3(3) 2a dd names buses with 80, whatever they weigh; the table applies the 60 above 7.5 t to them",
    ),
    ("DE", ("motorway",), ("coach 18 t",), _COACH),
    ("DK", ("urban",), ("trailer", *HEAVY, *BUSES), _ABOVE),
    ("DK", ("motorway",), ("coach 18 t",), _COACH_ELSEWHERE),
    ("ES", ("rural", "motorway"), ("goods 3 t",), "art. 48: vans for goods have the limits of trucks"),
    ("ES", ("rural", "motorway"), BUSES, "art. 48 since 2019: 90 and 100; the table has the older 80"),
    ("FI", ("urban",), ("trailer", "hgv 40 t articulated"), _ABOVE),
    (
        "FI",
        ("rural",),
        (*LIGHT, "coach 18 t"),
        "the traffic act (729/2018) § 9: 80 outside built-up areas; the table has 100",
    ),
    (
        "FR",
        ("rural road with 2 or more lanes in each direction",),
        ("hgv 5 t", "hgv 10 t"),
        "R413-8: 90 only where carriageways are separated",
    ),
    (
        "FR",
        ("rural road with 2 or more lanes in each direction",),
        BUSES,
        "R413-10 I: 90 where the limit for all is not 80",
    ),
    ("FR", ("rural dual carriageway", "motorway"), ("coach 18 t",), _COACH),
    ("GB GB-SCT", ("United Kingdom: restricted road",), ("trailer", "hgv 40 t articulated"), _ABOVE),
    (
        "GB GB-SCT",
        ("rural", "dual carriageway"),
        ("goods 3 t",),
        "Highway Code rule 124: vans have the limits of goods vehicles up to 7.5 t",
    ),
    ("HU", ("motorway",), ("coach 18 t",), _COACH),
    ("IE", ("urban",), ("trailer", *HEAVY, *BUSES), _ABOVE),
    (
        "IE",
        ("motorway",),
        ("hgv 5 t", "hgv 10 t", "hgv 18 t", "hazmat 18 t", *BUSES),
        "the table's clause for all above 3.5 t stands beside its own 90 for trucks and 100 for buses",
    ),
    (
        "IT",
        (
            "(any)",
            "Italy: Strada extraurbana local",
            "Italy: Strada extraurbana secondaria",
            "Italy: Strada extraurbana principale",
            "Italy: Autostrada",
        ),
        ("trailer",),
        "art. 142 (3): any vehicle with a trailer 70, 80 on motorways; the table has it for trucks only",
    ),
    (
        "IT",
        (
            "(any)",
            "Italy: Strada extraurbana local",
            "Italy: Strada extraurbana secondaria",
            "Italy: Strada extraurbana principale",
        ),
        ("coach 18 t",),
        "art. 142 (3): the 70 above 12 t is for goods; buses above 8 t have 80",
    ),
    (
        "KR",
        (
            "urban",
            "rural",
            "rural road with 2 or more lanes in each direction",
            "motorroad",
            "motorroad with 2 lanes in each direction",
            "motorway with 2 lanes in each direction",
        ),
        ("wet",),
        "four fifths of the limit on wet roads; not in the table",
    ),
    (
        "KR",
        ("motorroad", "motorroad with 2 lanes in each direction"),
        ("maxspeed", "motorcycle", "goods 3 t", "trailer", *HEAVY[:4], *BUSES, "minspeed"),
        "enforcement rule art. 19: motor roads 90 and at least 30; the table takes them for expressways",
    ),
    ("KR", ("motorroad",), ("hazmat 18 t",), "enforcement rule art. 19: motor roads 90"),
    ("KR", ("motorway with 2 lanes in each direction",), HEAVY, "art. 19: 80 for trucks, except on designated roads"),
    (
        "LU",
        ("motorway",),
        ("hgv 18 t", "hgv 40 t articulated", "hazmat 18 t", "coach 18 t"),
        "above 12 t 75 when wet, or always: sources differ",
    ),
    (
        "MX",
        ("motorway",),
        (*LIGHT, "trailer", "hgv 5 t", "hgv 10 t", "hgv 18 t", "hazmat 18 t"),
        "the general law of 2022: 110, 80 for goods; the table's 115 is older",
    ),
    ("NL", ("rural motorway",), LIGHT, "by day 100 since 2020-03-16, as posted; the table has the 130 of art. 21"),
    ("NO", ("urban",), ("trailer", *HEAVY[1:], *BUSES), _ABOVE),
    ("NO", ("motorway",), LIGHT, "§ 6 knows no motorway: 80 unless signed, and signed they are"),
    (
        "PL",
        ("motorroad with single carriageway", "motorroad with dual carriageway", "motorway"),
        ("coach 18 t",),
        _COACH,
    ),
    ("SA", ("urban",), HEAVY, "the table's 30 for trucks in towns looks wrong and is left out"),
    ("SA", ("rural",), BUSES, "buses 100 on the roads signed anew in 2018; not in the table"),
    (
        "TH",
        ("Thailand: motorway that is not a ทํางพิเศษ",),
        ("motorcycle",),
        "80 for small motorcycles, 110 from 35 kW or 400 cc: the table has only the latter",
    ),
    (
        "US-CA",
        ("rural road with 1 lane in each direction",),
        (*LIGHT, "hgv 5 t", "hgv 10 t", "hgv 18 t", *BUSES),
        "vehicle code 22349(b): 55 on undivided two-lane roads",
    ),
    ("US-FL", ("rural dual carriageway with 2 or more lanes in each direction",), ALL, "316.183: 55; 65 where posted"),
)

_LANES: Final = "law has a number by the number of lanes, and the table one for roads of which that is not known"
_DISTRICT: Final = "the statute's number is for districts, or for what is posted; no words of a map tell those"
_SCHOOL: Final = "a school zone's limit holds at hours, by lamps or with children there: no base value"
_STATES_WITH_SCHOOLS: Final = (
    "US-AZ US-CA US-DE US-MA US-ME US-MN US-NJ US-NM US-OR US-PA US-RI US-UT US-VA US-WA US-WI US-WV US-WY"
)

# Where the law as we have it says nothing; no questions means all. States of which no statute was read are not listed.
SILENT: Final[tuple[Explained, ...]] = (
    ("DE CH DK HU LU PL SE", ("motorway",), ("minspeed",), _ABLE),
    ("CH HU", ("motorroad",), ("minspeed",), _ABLE),
    (
        "CZ",
        (
            "urban motorroad",
            "urban motorway",
            "rural motorroad with single carriageway",
            "rural motorroad",
            "rural motorway",
        ),
        ("minspeed",),
        _ABLE,
    ),
    ("NL", ("rural motorroad", "rural motorway"), ("minspeed",), _ABLE),
    (
        "BR",
        ("(any)", "rural single carriageway"),
        (),
        "art. 61: a highway has 100, an unpaved road 60: only a number on it tells which",
    ),
    ("CN", ("urban", "(any)"), (), _LANES),
    (
        "JP",
        ("motorway",),
        (),
        "of roads drawn as motorways only national expressways have the 100; no word tells all of them",
    ),
    ("KR", ("motorway",), (), _LANES),
    (_STATES_WITH_SCHOOLS, ("school zone",), (), _SCHOOL),
    ("US-AZ US-CA US-CO US-DE US-FL US-NJ US-WV", ("urban",), (), _DISTRICT),
    ("US-CA", ("rural",), (), "65 on highways, 55 on undivided two-lane roads: lanes not known"),
    ("US-CO US-FL US-MN US-WI", ("motorway",), (), _DISTRICT),
    ("US-CO US-IL US-KY US-WY", ("US interstate highway",), (), _DISTRICT),
    ("US-MN", ("rural US interstate highway", "urban US interstate highway"), (), _DISTRICT),
    (
        "US-DE",
        ("rural dual carriageway", "rural single carriageway with 2 or more lanes in each direction"),
        (),
        _DISTRICT,
    ),
    ("US-IL US-WI", ("rural dual carriageway with 2 or more lanes in each direction",), (), _DISTRICT),
)

_NO_WORD: Final = "no word that a build finds tells such a road"
_DISTRICTS: Final = "districts of this kind are not told by tags"
_STATE: Final = "roads of this State's own kind, told by a number or a name"
NOT_COMPARED: Final[dict[str | None, str]] = {
    **dict.fromkeys(
        (
            "business district",
            "urban business district",
            "suburban business district",
            "suburban residential district",
            "rural residential district",
            "single carriageway in residential district",
            "dual carriageway in residential district",
            "Iowa: suburban district",
            "Iowa: Institutional road",
            "Wisconsin: semiurban or outlying district",
            "trailer park",
            "public park",
            "playground zone",
        ),
        _DISTRICTS,
    ),
    **dict.fromkeys(
        (
            "Alabama: rural highway",
            "Alabama: rural highway with 2 or more lanes in each direction",
            "District of Columbia: alley",
            "Idaho: State highway",
            "Kansas: state highway",
            "Nebraska: State expressway or super-two highway",
            "Nebraska: State highway",
            "Ohio: Urban state route",
            "Tennessee: Rural state road with 2 or more lanes in each direction",
            "Virginia: Rustic road",
            "Virginia: State primary highway",
            "Washington: State highway",
            "Wisconsin: Rustic road",
            "Wyoming: State highway",
            "lettered road with 2 lanes",
            "urban road which is not numbered",
        ),
        _STATE,
    ),
    **dict.fromkeys(
        (
            "Flanders:Jaagpad",
            "Singapore: silver zone",
            "Spain: Travesía",
            "Thailand: ทํางขนําน",
            "parking lot",
            "Brasil: Via de trânsito rápido",
            "urban road without sidewalk",
            "rural road with asphalt or concrete surface",
            "rural open mountain road",
            "rural winding mountain road",
            "expressway",
            "rural expressway",
            "urban expressway",
            "rural expressway without traffic lights",
            "urban expressway without traffic lights",
        ),
        _NO_WORD,
    ),
    **dict.fromkeys(("rural school zone", "urban school zone"), "a school zone, in or out of town"),
    **dict.fromkeys(
        (
            "State roads within urban areas",
            "rural: State roads outside urban areas",
            "Mexico: y hasta 30 km/h en zonas y entornos escolares en vías primarias y carreteras",
            "Mexico: zonas y entornos escolares en vías secundarias y calles terciarias",
            "Mexico: zones where schools, hospitals, nursing homes and orphanages are located",
        ),
        "the table itself could not map Mexican road classes",
    ),
}
