"""Content: one (link, profile group) message, encoded once when the tile is built, opaque above the tile."""

from dataclasses import dataclass, field

from mapprior.model.ids import LinkId
from mapprior.model.provenance import ProfileGroup


@dataclass(slots=True, unsafe_hash=True)  # hot, as Pose is
class EncodedContent:
    """The bytes as they lie in the tile. `digest` is BLAKE2b-8 of `payload`, read little-endian."""

    group: ProfileGroup
    link_id: LinkId
    digest: int
    payload: bytes
    # What it adds to a state hash, once somebody found it out: a tile hands the same object to all drives. 0: nobody.
    item_hash64: int = field(default=0, init=False, repr=False, compare=False)
