"""gRPC's core, as gRPC's own servers in Python use it: queues, servers and batches of operations.

The module behind it is not public. Nothing else of the service imports it, so that a release of gRPC that changes it is
met here, and at the start: `pyproject.toml` bounds the release, and every test of the service runs on these names.
"""

from typing import Any, Final

import grpc._cython.cygrpc

_CORE: Final[Any] = grpc._cython.cygrpc

CompletionQueue: Final = _CORE.CompletionQueue
Server: Final = _CORE.Server
NOTHING: Final = _CORE.CompletionType.queue_timeout

ReceiveClose: Final = _CORE.ReceiveCloseOnServerOperation
ReceiveMessage: Final = _CORE.ReceiveMessageOperation
SendInitialMetadata: Final = _CORE.SendInitialMetadataOperation
SendMessage: Final = _CORE.SendMessageOperation
SendStatus: Final = _CORE.SendStatusFromServerOperation
NO_FLAGS: Final = 0
NO_METADATA: Final = ()
