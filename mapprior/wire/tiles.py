"""The tile service's messages: bytes to plain objects and back. The tiles themselves are opaque here."""

from collections.abc import Sequence
from dataclasses import dataclass

from mapprior.errors import RequestError
from mapprior.model.grid import AXIS_COUNT
from mapprior.model.provenance import Layer
from mapprior.v1 import tile_service_pb2
from mapprior.wire.fields import known, parse


@dataclass(frozen=True, slots=True)
class MarketAnswer:
    """A market served: its manifest and market pack, JSON as they lie beside the archives."""

    market: str
    manifest_json: str
    market_pack_json: str


@dataclass(frozen=True, slots=True)
class TileRequest:
    """One tile of one layer, by its place in the zoom-14 grid."""

    market: str
    layer: Layer
    tile_x: int
    tile_y: int


@dataclass(frozen=True, slots=True)
class TileAnswer:
    """The tile as it lies in the archive, compressed; None where the release has no such tile."""

    build_id: str
    tile: bytes | None


def encode_markets_request() -> bytes:
    """Bytes of a ListMarketsRequest."""
    return tile_service_pb2.ListMarketsRequest().SerializeToString()


def decode_markets_request(data: bytes) -> None:
    """RequestError where the bytes are no ListMarketsRequest."""
    parse(tile_service_pb2.ListMarketsRequest, data)


def encode_markets_answer(markets: Sequence[MarketAnswer]) -> bytes:
    """Bytes of a ListMarketsResponse."""
    message = tile_service_pb2.ListMarketsResponse()
    for market in markets:
        message.markets.add(
            market=market.market, manifest_json=market.manifest_json, market_pack_json=market.market_pack_json
        )
    return message.SerializeToString()


def decode_markets_answer(data: bytes) -> tuple[MarketAnswer, ...]:
    """RequestError where the bytes are no ListMarketsResponse."""
    message = parse(tile_service_pb2.ListMarketsResponse, data)
    return tuple(MarketAnswer(m.market, m.manifest_json, m.market_pack_json) for m in message.markets)


def encode_tile_request(request: TileRequest) -> bytes:
    """Bytes of a GetTileRequest."""
    return tile_service_pb2.GetTileRequest(
        market=request.market,
        layer=request.layer,  # type: ignore[arg-type]
        tile_x=request.tile_x,
        tile_y=request.tile_y,
    ).SerializeToString()


def decode_tile_request(data: bytes) -> TileRequest:
    """RequestError where the market is no code, the layer unknown or the place outside the grid."""
    message = parse(tile_service_pb2.GetTileRequest, data)
    market = message.market
    if not (len(market) == 2 and market.isascii() and market.isalpha() and market.isupper()):
        raise RequestError("market must be a country code of two capital letters")
    # The tile is where the vehicle may go: a refusal does not tell it.
    if message.tile_x >= AXIS_COUNT or message.tile_y >= AXIS_COUNT:
        raise RequestError(f"tile_x or tile_y is outside [0, {AXIS_COUNT - 1}]")
    return TileRequest(market, known(Layer, message.layer, "layer"), message.tile_x, message.tile_y)


def encode_tile_answer(answer: TileAnswer) -> bytes:
    """Bytes of a GetTileResponse."""
    return tile_service_pb2.GetTileResponse(
        build_id=answer.build_id, tile=answer.tile or b"", found=answer.tile is not None
    ).SerializeToString()


def decode_tile_answer(data: bytes) -> TileAnswer:
    """RequestError where the bytes are no GetTileResponse."""
    message = parse(tile_service_pb2.GetTileResponse, data)
    return TileAnswer(message.build_id, message.tile if message.found else None)
