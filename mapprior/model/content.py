"""Content: one (link, profile group) message, encoded once when the tile is built, opaque above the tile."""

from dataclasses import dataclass

from mapprior.model.ids import LinkId
from mapprior.model.provenance import ProfileGroup


@dataclass(frozen=True, slots=True)
class EncodedContent:
    """The bytes as they lie in the tile. `digest` is BLAKE2b-8 of `payload`, read little-endian."""

    group: ProfileGroup
    link_id: LinkId
    digest: int
    payload: bytes
