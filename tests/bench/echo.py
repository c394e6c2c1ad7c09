"""The reference: a bare grpc.aio server that answers known request bytes with known response bytes.

It does what no horizon server can do less of: read a message, look its bytes up (but for the
acknowledgement at the end, which differs from run to run), write the answer. What
the horizon service costs on top is what the benchmark reports. It runs on asyncio's own loop; on uvloop where told.
"""

import asyncio
import pickle
import signal
import sys
from pathlib import Path

import grpc
import uvloop

METHOD = "/mapprior.v1.HorizonService/StreamHorizon"
ACKNOWLEDGEMENT_BYTES = 5


async def serve(socket: str, answers: dict[bytes, bytes]) -> None:
    async def echo(_request: object, context: grpc.aio.ServicerContext) -> None:
        while (message := await context.read()) is not grpc.aio.EOF:
            answer = answers.get(message[:-ACKNOWLEDGEMENT_BYTES]) or answers.get(message)
            if answer is not None:
                await context.write(answer)

    service, method = METHOD[1:].split("/")
    server = grpc.aio.server()
    handler = grpc.stream_stream_rpc_method_handler(echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    server.add_insecure_port(socket)
    await server.start()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    print("ready", flush=True)
    await stopped.wait()
    await server.stop(None)


if __name__ == "__main__":
    run = uvloop.run if "uvloop" in sys.argv[3:] else asyncio.run
    run(serve(sys.argv[1], pickle.loads(Path(sys.argv[2]).read_bytes())))
