"""The standard health service, and reflection, for a server that drains: what has no end of its own ends then.

grpcio's own servicers leave such calls open, which keeps a drain waiting for all of its grace. The one of health also
writes with a lock held that the drain needs: one watcher who does not read would keep it from beginning.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from mapprior.errors import OverloadError
from mapprior.service.status import guarded

STOPPING: Final = "the server is being stopped; ask again"
_ReflectionServicer: Any = reflection.aio.ReflectionServicer  # type: ignore[attr-defined]
NOTICE_SEC_MAX: Final = 1.0  # for a watcher to take the word that it ends


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Every service serves until `end`, which all who watch are told before their calls are ended."""

    def __init__(self, services: Iterable[str]) -> None:
        self._services = frozenset(("", *services))
        self._ending = asyncio.Event()

    def end(self) -> None:
        self._ending.set()

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802  (gRPC's name)
        if request.service not in self._services:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return self._answer(request)

    async def Watch(self, request: Any, context: Any) -> None:  # noqa: N802
        await guarded(self._watch)(request, context)

    async def _watch(self, request: Any, context: Any) -> None:
        await context.write(self._answer(request))
        if not self._ending.is_set():
            await self._ending.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(NOTICE_SEC_MAX):
                    await context.write(self._answer(request))
        raise OverloadError(STOPPING)

    def _answer(self, request: Any) -> Any:
        answer = health_pb2.HealthCheckResponse
        if request.service not in self._services:
            return answer(status=answer.SERVICE_UNKNOWN)
        return answer(status=answer.NOT_SERVING if self._ending.is_set() else answer.SERVING)


class Reflection(_ReflectionServicer):  # type: ignore[misc]
    """What the server serves, asked for by tools, over calls that last until `end`."""

    def __init__(self, services: Iterable[str]) -> None:
        super().__init__(tuple(services))
        self._asking: set[asyncio.Task[Any]] = set()
        self._ending = False

    def end(self) -> None:
        self._ending = True
        for task in tuple(self._asking):
            task.cancel()

    async def ServerReflectionInfo(self, requests: Any, context: Any) -> None:  # noqa: N802
        await guarded(self._answer_all)(requests, context)

    async def _answer_all(self, requests: Any, context: Any) -> None:
        if self._ending:  # it came while the others were ended, and nobody would end it
            raise OverloadError(STOPPING)
        task = asyncio.current_task()
        assert task is not None
        self._asking.add(task)
        try:
            async for answer in super().ServerReflectionInfo(requests, context):
                await context.write(answer)
        except asyncio.CancelledError:
            if not self._ending:
                raise
            task.uncancel()
            raise OverloadError(STOPPING) from None
        finally:
            self._asking.discard(task)
