"""What the law of eleven markets says, as tables; `test_packs_europe.py` asks and names the vehicles."""

from typing import Final

# Left out: today at noon, nothing sensed, no region known. `80?` is not certain, for its source is in doubt;
# `80?100` is undecided: 80, but 100 may hold.
TABLE: Final = """
market | road type | vehicle | time | conditions | region | answer

NL | urban                        | car               |                  |      |        | 50
NL | urban                        | truck             |                  |      |        | 50
NL | rural                        | car               |                  |      |        | 80
NL | rural                        | motorcycle        |                  |      |        | 80
NL | rural                        | car+trailer       |                  |      |        | 80
NL | motorroad                    | car               |                  |      |        | 100
NL | motorroad                    | car+trailer       |                  |      |        | 90
NL | motorroad                    | van+trailer_4t    |                  |      |        | 90?80
NL | motorroad                    | truck             |                  |      |        | 80
NL | motorway                     | car               | 2020-03-15T12:00 |      |        | 130
NL | motorway                     | car               | 2020-03-16T12:00 |      |        | 100
NL | motorway                     | car               | 2020-03-16T22:00 |      |        | 130
NL | motorway                     | car               | 2026-06-03T18:59 |      |        | 100
NL | motorway                     | car               | 2026-06-03T19:00 |      |        | 130
NL | motorway                     | car               | 2026-06-04T05:59 |      |        | 130
NL | motorway                     | car               | 2026-06-04T06:00 |      |        | 100
NL | motorway                     | car               | never            |      |        | unknown?100,130
NL | motorway                     | car+trailer       | 2026-06-03T22:00 |      |        | 90
NL | motorway                     | camper_4t         | 2026-06-03T22:00 |      |        | 130?80
NL | motorway                     | bus               | 2026-06-03T22:00 |      |        | 80
NL | motorway                     | coach             | 2026-06-03T22:00 |      |        | 100
NL | living_street                | car               |                  |      |        | 15

BE | urban                        | car               |                  |      | BE-VLG | 50
BE | urban                        | car               |                  |      | BE-WAL | 50
BE | urban                        | car               | 2020-12-31T12:00 |      | BE-BRU | 50
BE | urban                        | car               | 2021-01-01T12:00 |      | BE-BRU | 30
BE | urban                        | car               |                  |      |        | unknown?50,30
BE | rural                        | car               | 2016-12-31T12:00 |      | BE-VLG | 90
BE | rural                        | car               | 2017-01-01T12:00 |      | BE-VLG | 70
BE | rural                        | car               |                  |      | BE-WAL | 90
BE | rural                        | car               | 2020-12-31T12:00 |      | BE-BRU | 90
BE | rural                        | car               | 2021-01-01T12:00 |      | BE-BRU | 70
BE | rural                        | truck_7t          |                  |      | BE-WAL | 90
BE | rural                        | truck_18t         |                  |      | BE-WAL | 60
BE | rural                        | bus               |                  |      | BE-WAL | 75?
BE | rural                        | coach             |                  |      | BE-VLG | 70
BE | dual_carriageway             | car               |                  |      |        | 120
BE | dual_carriageway             | coach             |                  |      |        | 90
BE | motorway                     | car               |                  |      |        | 120
BE | motorway                     | car+trailer       |                  |      |        | 120?unknown
BE | motorway                     | truck_7t          |                  |      |        | 90
BE | motorway                     | bus               |                  |      |        | 90
BE | motorway                     | coach             | 2018-03-31T12:00 |      |        | 90
BE | motorway                     | coach             | 2018-04-01T12:00 |      |        | 100
BE | school                       | car               |                  |      |        | 30
BE | cycle_street                 | car               |                  |      |        | 30
BE | living_street                | car               |                  |      |        | 20
BE | pedestrian                   | car               |                  |      |        | walk

PL | urban                        | car               | 2021-05-31T12:00 |      |        | 50
PL | urban                        | car               | 2021-05-31T22:59 |      |        | 50
PL | urban                        | car               | 2021-05-31T23:00 |      |        | 60?
PL | urban                        | car               | 2021-06-01T23:00 |      |        | 50
PL | rural                        | car               |                  |      |        | 90
PL | rural                        | car+trailer       |                  |      |        | 70
PL | rural                        | truck             |                  |      |        | 70
PL | dual_carriageway             | car               |                  |      |        | 100
PL | dual_carriageway             | coach             |                  |      |        | 80
PL | expressway_single            | car               |                  |      |        | 100
PL | expressway                   | car               |                  |      |        | 120
PL | expressway                   | motorcycle+trailer|                  |      |        | 80
PL | motorway                     | van               |                  |      |        | 140
PL | motorway                     | car+trailer       |                  |      |        | 80
PL | motorway                     | bus               |                  |      |        | 80
PL | motorway                     | coach             |                  |      |        | 100
PL | living_street                | car               |                  |      |        | 20

CZ | urban                        | car               |                  |      |        | 50
CZ | urban                        | car               |                  | snow |        | 50
CZ | rural                        | car               |                  |      |        | 90
CZ | rural                        | car               |                  | snow |        | 90?50
CZ | rural                        | bus               |                  |      |        | 90?unknown
CZ | rural                        | truck             |                  |      |        | 80
CZ | motorroad                    | car               | 2015-12-31T12:00 |      |        | 130
CZ | motorroad                    | car               | 2016-01-01T12:00 |      |        | 110
CZ | motorroad_single_carriageway | car               |                  |      |        | 90
CZ | urban_motorroad              | car               |                  |      |        | 80
CZ | urban_motorway               | car               |                  |      |        | 80
CZ | motorway                     | car               |                  |      |        | 130
CZ | highest_by_sign              | car               |                  |      |        | 150
CZ | motorway                     | car+trailer       |                  |      |        | 130?unknown
CZ | motorway                     | coach             |                  |      |        | 130?unknown
CZ | motorway                     | camper_4t         |                  |      |        | 130?80
CZ | pedestrian                   | car               |                  |      |        | 20
CZ | living_street                | car               |                  |      |        | 20
CZ | cycle_street                 | car               |                  |      |        | 30

HU | urban                        | car               |                  |      |        | 50
HU | rural                        | car               |                  |      |        | 90
HU | rural                        | car               |                  | snow |        | 90?50
HU | rural                        | car               |                  | wet  |        | 90
HU | rural                        | truck             |                  |      |        | 70
HU | motorroad                    | car               |                  |      |        | 110
HU | motorroad                    | car+trailer       |                  |      |        | 70
HU | motorroad                    | coach             |                  |      |        | 70
HU | motorway                     | car               |                  |      |        | 130
HU | motorway                     | car+trailer       |                  |      |        | 80
HU | motorway                     | truck             |                  |      |        | 80
HU | motorway                     | bus               |                  |      |        | 80
HU | motorway                     | coach             |                  |      |        | 100
HU | pedestrian                   | car               |                  |      |        | 10
HU | living_street                | car               |                  |      |        | 20
HU | cycle_street                 | car               |                  |      |        | 30
HU | urban                        | car+trailer       |                  |      |        | 50

SE | urban                        | car               |                  |      |        | 50
SE | rural                        | car               |                  |      |        | 70
SE | rural                        | truck             |                  |      |        | 70
SE | rural                        | car+trailer       |                  |      |        | 70
SE | motorroad                    | car               |                  |      |        | 70
SE | motorway                     | car               |                  |      |        | 110
SE | highest_by_sign              | car               |                  |      |        | 120
SE | motorway                     | car+trailer       |                  |      |        | 80
SE | motorway                     | truck             |                  |      |        | 90
SE | motorway                     | truck_18t+trailer |                  |      |        | 80
SE | motorway                     | bus               |                  |      |        | 90
SE | motorway                     | coach             |                  |      |        | 100
SE | cycle_street                 | car               |                  |      |        | 30
SE | living_street                | car               |                  |      |        | walk
SE | pedestrian                   | car               |                  |      |        | walk

NO | urban                        | car               |                  |      |        | 50
NO | urban                        | bus               |                  |      |        | 50
NO | rural                        | car               |                  |      |        | 80
NO | rural                        | car+trailer       |                  |      |        | 80
NO | rural                        | truck             |                  |      |        | 80
NO | motorway                     | car               |                  |      |        | 80?
NO | highest_by_sign              | car               |                  |      |        | 110
NO | motorway                     | coach             |                  |      |        | 80?
NO | living_street                | car               |                  |      |        | walk
NO | pedestrian                   | car               |                  |      |        | walk

FI | urban                        | car               |                  |      |        | 50
FI | rural                        | car               |                  |      |        | 80
FI | rural                        | car               | 2026-01-15T12:00 | snow |        | 80
FI | rural                        | truck             |                  |      |        | 80
FI | motorway                     | car               |                  |      |        | 80?
FI | highest_by_sign              | car               |                  |      |        | 120
FI | motorway                     | coach             |                  |      |        | 80?
FI | pedestrian                   | car               |                  |      |        | 20
FI | living_street                | car               |                  |      |        | 20

DK | urban                        | car               |                  |      |        | 50
DK | rural                        | car               |                  |      |        | 80
DK | rural                        | truck             | 2019-12-31T12:00 |      |        | 70
DK | rural                        | truck             | 2020-01-01T12:00 |      |        | 80
DK | rural                        | car+trailer       | 2019-12-31T12:00 |      |        | 70
DK | rural                        | car+trailer       | 2020-01-01T12:00 |      |        | 80
DK | motorroad                    | car               |                  |      |        | 80
DK | motorway                     | car               |                  |      |        | 130
DK | motorway                     | car+trailer       |                  |      |        | 80
DK | motorway                     | truck             |                  |      |        | 80
DK | motorway                     | bus               |                  |      |        | 80
DK | motorway                     | coach             |                  |      |        | 100
DK | living_street                | car               |                  |      |        | 15
DK | cycle_street                 | car               |                  |      |        | 30

GB | nsl_restricted               | car               | 2023-09-16T12:00 |      | GB-WLS | 30 mph
GB | nsl_restricted               | car               | 2023-09-17T12:00 |      | GB-WLS | 20 mph
GB | nsl_restricted               | car               |                  |      | GB-ENG | 30 mph
GB | nsl_restricted               | car               |                  |      | GB-NIR | 30 mph
GB | nsl_restricted               | car               |                  |      |        | 30 mph?20 mph
GB | nsl_restricted               | car               | 2023-09-16T12:00 |      |        | 30 mph
GB | restricted_by_lighting       | car               | 2023-09-17T12:00 |      | GB-WLS | 20 mph
GB | restricted_dual              | car               |                  |      | GB-SCT | 30 mph
GB | nsl_restricted               | car+trailer       |                  |      | GB-ENG | 30 mph
GB | nsl_single                   | car               |                  |      |        | 60 mph
GB | nsl_single                   | motorcycle        |                  |      |        | 60 mph
GB | nsl_single                   | car+trailer       |                  |      |        | 50 mph
GB | nsl_single                   | van               |                  |      |        | 50 mph
GB | nsl_single                   | van_2t            |                  |      |        | 50 mph?60 mph
GB | nsl_single                   | van_any           |                  |      |        | 60 mph?50 mph,40 mph
GB | nsl_single                   | truck_7t          |                  |      | GB-SCT | 50 mph
GB | nsl_single                   | truck_18t         |                  |      | GB-SCT | 40 mph
GB | nsl_single                   | truck_18t         |                  |      | GB-NIR | 40 mph
GB | nsl_single                   | truck_18t         | 2015-04-05T12:00 |      | GB-ENG | 40 mph?
GB | nsl_single                   | truck_18t         | 2015-04-06T12:00 |      | GB-ENG | 50 mph
GB | nsl_single                   | truck_18t         |                  |      |        | 50 mph?40 mph
GB | nsl_dual                     | car               |                  |      |        | 70 mph
GB | nsl_dual                     | van               |                  |      |        | 60 mph
GB | nsl_dual                     | van_2t            |                  |      |        | 60 mph?70 mph
GB | nsl_dual                     | van_any           |                  |      |        | 70 mph?60 mph,50 mph
GB | nsl_dual                     | truck_18t         |                  |      | GB-ENG | 60 mph
GB | nsl_dual                     | truck_18t         |                  |      | GB-SCT | 50 mph
GB | motorway                     | car               |                  |      |        | 70 mph
GB | motorway                     | van               |                  |      |        | 70 mph
GB | motorway                     | car+trailer       |                  |      |        | 60 mph
GB | motorway                     | truck_7t          |                  |      |        | 70 mph
GB | motorway                     | truck_18t         |                  |      |        | 60 mph
GB | motorway                     | bus_12m           |                  |      |        | 70 mph
GB | motorway                     | coach_13m         |                  |      |        | 60 mph
GB | motorway                     | coach             |                  |      |        | 70 mph?60 mph

IE | urban                        | car               |                  |      |        | 50
IE | local                        | car               | 2025-02-06T12:00 |      |        | 80
IE | local                        | car               | 2025-02-07T12:00 |      |        | 60
IE | local                        | car               | 2025-02-06T23:59 |      |        | 80
IE | local                        | car               | 2025-02-07T00:00 |      |        | 60
IE | local                        | car               | never            |      |        | unknown?60,80
IE | local                        | truck             |                  |      |        | 60
IE | local                        | car+trailer       |                  |      |        | 60
IE | regional                     | car               |                  |      |        | 80
IE | national                     | car               |                  |      |        | 100?
IE | national                     | car+trailer       |                  |      |        | 80
IE | national                     | bus               |                  |      |        | 80?
IE | motorway                     | car               |                  |      |        | 120
IE | motorway                     | truck             |                  |      |        | 90
IE | motorway                     | coach             |                  |      |        | 100
IE | motorway                     | car+trailer       |                  |      |        | 80
"""

# What vehicles may not do though a sign allows it to everyone else.
SIGNED: Final = """
market | road type | vehicle | sign | answer

NL | urban           | car+trailer        | 100    | 90
NL | motorway        | car                | 130    | 130
NL | motorway        | truck              | 130    | 80
BE | rural           | truck_18t          | 90     | 60
SE | motorroad       | truck              | 100    | 90
SE | rural           | truck              | 100    | 80
SE | rural           | car+trailer        | 100    | 80
NO | motorway        | car                | 110    | 110
NO | motorway        | car+trailer        | 110    | 80
FI | rural           | bus                | 100    | 80
FI | motorway        | car                | 120    | 120
FI | motorway        | coach              | 120    | 100
FI | motorway        | car+trailer_700kg  | 120    | 100
FI | motorway        | car+trailer        | 120    | 80?100
FI | motorway        | motorcycle+trailer | 120    | 100
DK | rural           | coach              | 90     | 80
GB | nsl_dual        | van                | 70 mph | 60 mph
GB | restricted_dual | truck_7t           | 70 mph | 60 mph
GB | nsl_restricted  | car+trailer        | 60 mph | 50 mph
IE | local           | car+trailer        | 100    | 80
IE | motorway        | truck              | 120    | 90
"""

# The last column is the type that a road with these words is of.
WORDS: Final = """
NL | urban                                          | urban
NL | urban motorroad                                | urban
NL | rural motorroad                                | motorroad
NL | urban living_street                            | living_street
NL | motorway slip_road                             | motorway
BE | rural dual_carriageway                         | rural
BE | rural dual_carriageway lanes_2_or_more         | dual_carriageway
BE | urban dual_carriageway lanes_2_or_more         | urban
BE | urban school_zone                              | school
PL | rural motorroad                                | expressway_single
PL | rural motorroad dual_carriageway lanes_1       | expressway
PL | rural dual_carriageway lanes_2_or_more         | dual_carriageway
CZ | urban motorway                                 | urban_motorway
CZ | rural motorway                                 | motorway
CZ | urban motorroad single_carriageway             | urban_motorroad
CZ | rural motorroad single_carriageway             | motorroad_single_carriageway
HU | rural motorroad                                | motorroad
SE | rural motorroad single_carriageway             | motorroad
NO | rural motorway                                 | motorway
FI | urban pedestrian                               | pedestrian
DK | rural motorroad                                | motorroad
GB | rural                                          | nsl_single
GB | rural lit                                      | restricted_by_lighting
GB | rural lit dual_carriageway                     | nsl_dual
GB | urban lit                                      | nsl_restricted
GB | urban dual_carriageway                         | restricted_dual
IE | rural tertiary                                 | local
IE | rural secondary ref:R                          | regional
IE | rural trunk dual_carriageway ref:N             | national
IE | urban primary ref:N                            | urban
"""

# References as mappers write them, today; a region in them counts.
REFERENCES: Final = """
NL | NL:trunk              | 100
BE | BE-VLG:rural          | 70
BE | BE-WAL:rural          | 90
BE | BE-BRU:urban          | 30
BE | BE:trunk              | 120
PL | PL:expressway         | 120
CZ | CZ:pedestrian_zone    | 20
CZ | CZ:urban_motorway     | 80
HU | HU:trunk              | 110
SE | SE:rural              | 70
NO | NO:urban              | 50
FI | FI:urban              | 50
DK | DK:zone30             | 30
GB | GB:nsl_single         | 60 mph
GB | GB:nsl_dual           | 70 mph
GB | GB:zone20             | 20 mph
GB | GB-WLS:nsl_restricted | 20 mph
GB | GB-SCT:nsl_restricted | 30 mph
IE | IE:rural              | 60
IE | IE:national           | 100?
"""
