from mapprior.v1 import provenance_pb2 as _provenance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListMarketsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MarketRelease(_message.Message):
    __slots__ = ("market", "manifest_json", "market_pack_json")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_JSON_FIELD_NUMBER: _ClassVar[int]
    MARKET_PACK_JSON_FIELD_NUMBER: _ClassVar[int]
    market: str
    manifest_json: str
    market_pack_json: str
    def __init__(self, market: _Optional[str] = ..., manifest_json: _Optional[str] = ..., market_pack_json: _Optional[str] = ...) -> None: ...

class ListMarketsResponse(_message.Message):
    __slots__ = ("markets",)
    MARKETS_FIELD_NUMBER: _ClassVar[int]
    markets: _containers.RepeatedCompositeFieldContainer[MarketRelease]
    def __init__(self, markets: _Optional[_Iterable[_Union[MarketRelease, _Mapping]]] = ...) -> None: ...

class GetTileRequest(_message.Message):
    __slots__ = ("market", "layer", "tile_x", "tile_y")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    TILE_X_FIELD_NUMBER: _ClassVar[int]
    TILE_Y_FIELD_NUMBER: _ClassVar[int]
    market: str
    layer: _provenance_pb2.Layer
    tile_x: int
    tile_y: int
    def __init__(self, market: _Optional[str] = ..., layer: _Optional[_Union[_provenance_pb2.Layer, str]] = ..., tile_x: _Optional[int] = ..., tile_y: _Optional[int] = ...) -> None: ...

class GetTileResponse(_message.Message):
    __slots__ = ("build_id", "tile", "found")
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    TILE_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    build_id: str
    tile: bytes
    found: bool
    def __init__(self, build_id: _Optional[str] = ..., tile: _Optional[bytes] = ..., found: _Optional[bool] = ...) -> None: ...
