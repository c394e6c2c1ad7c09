"""The load: many vehicles on one client process, each with its own stream, at 10 Hz, phases spread evenly.

Works on bytes only and is the same for the service and the echo. A pose counts as answered when an
update that names its time arrives; index and time are read from the update's head, which both send
alike. Each pose ends with its acknowledgement as a varint of five bytes, filled in when it is sent.
"""

import asyncio
import json
import pickle
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import uvloop

METHOD = "/mapprior.v1.HorizonService/StreamHorizon"
RATE_HZ = 10.0


@dataclass(slots=True)
class Outcome:
    """Counts and latencies of the measured part of one run."""

    sent_count: int = 0
    answered_count: int = 0
    updates_count: int = 0
    received_bytes: int = 0
    cpu_sec: list[float] = field(default_factory=list)  # of this process, at the start and at the end of it
    failed: list[str] = field(default_factory=list)
    latency_ms: list[float] = field(default_factory=list)


def head(response: bytes) -> tuple[int, int]:
    """(update_index, pose_time_us) from the head of a StreamHorizonResponse; 0 where there is none."""
    position = 1
    while response[position] & 0x80:
        position += 1
    position += 1
    fields = [0, 0, 0, 0]
    while position < len(response):
        tag = response[position]
        position += 1
        if tag & 7 != 0 or tag >> 3 > 3:
            break
        value, shift = 0, 0
        while True:
            byte = response[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        fields[tag >> 3] = value
    return fields[1], fields[3]


def padded_varint(number: int) -> bytes:
    """Five bytes whatever the number, so that an acknowledgement can be put in without new lengths."""
    return bytes((number >> shift) & 0x7F | 0x80 for shift in (0, 7, 14, 21)) + bytes((number >> 28 & 0x7F,))


async def vehicle(
    channel: grpc.aio.Channel,
    track: tuple[bytes, list[tuple[int, bytes]]],
    *,
    start: float,
    measure_from: float,
    stop: float,
    outcome: Outcome,
) -> None:
    """One drive: open, then a pose every 100 ms until `stop` (loop time, seconds)."""
    loop = asyncio.get_running_loop()
    opening, poses = track
    waiting: dict[int, float] = {}
    applied = 0
    await asyncio.sleep(start - loop.time())
    call = channel.stream_stream(METHOD)()

    async def read() -> None:
        nonlocal applied
        while (message := await call.read()) is not grpc.aio.EOF:
            now = loop.time()
            applied, time_us = head(message)
            sent = waiting.pop(time_us, None)
            if sent is not None and sent >= measure_from:
                outcome.answered_count += 1
                outcome.latency_ms.append((now - sent) * 1e3)
            if now >= measure_from:
                outcome.updates_count += 1
                outcome.received_bytes += len(message)

    reader = asyncio.create_task(read())
    try:
        await call.write(opening)
        for i, (time_us, message) in enumerate(poses):
            due = start + i / RATE_HZ
            now = loop.time()
            if due > now:
                await asyncio.sleep(due - now)
            elif now - due > 1.0:
                raise TimeoutError("the load generator is more than a second late")
            now = loop.time()
            if now >= stop:
                break
            waiting[time_us] = now
            if now >= measure_from:
                outcome.sent_count += 1
            await call.write(message + padded_varint(applied))
        await asyncio.sleep(0.5)
        await call.done_writing()
        await asyncio.wait_for(reader, 5.0)
    except (grpc.aio.AioRpcError, TimeoutError, asyncio.InvalidStateError) as error:
        status = error.code() if isinstance(error, grpc.aio.AioRpcError) else error
        outcome.failed.append(f"{type(error).__name__}: {status}")
    finally:
        reader.cancel()
        call.cancel()


def warm_sec(count: int) -> float:
    """Streams open 60 to a second, so that no server is measured while it makes first horizons; then 2 s to settle."""
    return 2.0 + count / 60.0


async def run(address: str, tracks: list[tuple[bytes, list[tuple[int, bytes]]]], count: int, seconds: float) -> Outcome:
    """`count` vehicles for `seconds` after the time in which streams open."""
    loop = asyncio.get_running_loop()
    outcome = Outcome()
    channels = [
        grpc.aio.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
        for _ in range(max(1, count // 100))
    ]
    begin = loop.time() + 0.2
    warm = warm_sec(count)
    for at in (begin + warm, begin + warm + seconds):
        loop.call_at(at, lambda: outcome.cpu_sec.append(time.process_time()))
    async with asyncio.TaskGroup() as group:
        for i in range(count):
            group.create_task(
                vehicle(
                    channels[i % len(channels)],
                    tracks[i % len(tracks)],
                    start=begin + (i * 0.61803398875 % 1.0) * (warm - 2.0),
                    measure_from=begin + warm,
                    stop=begin + warm + seconds,
                    outcome=outcome,
                )
            )
    for channel in channels:
        await channel.close()
    return outcome


def main(address: str, tracks_file: str, count: str, seconds: str) -> None:
    tracks = pickle.loads(Path(tracks_file).read_bytes())
    outcome = uvloop.run(run(address, tracks, int(count), float(seconds)))
    latency = sorted(outcome.latency_ms) or [float("nan")]
    print(
        json.dumps(
            {
                "sent_count": outcome.sent_count,
                "answered_count": outcome.answered_count,
                "updates_count": outcome.updates_count,
                "received_bytes": outcome.received_bytes,
                "failed_count": len(outcome.failed),
                "failures": sorted(set(outcome.failed))[:3],
                "p50_ms": round(latency[len(latency) // 2], 2),
                "p99_ms": round(latency[min(len(latency) - 1, int(len(latency) * 0.99))], 2),
                # near 1 the step says what this process can send and read, not what the server can answer
                "client_busy_ratio": round((outcome.cpu_sec[1] - outcome.cpu_sec[0]) / float(seconds), 3),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:5])
