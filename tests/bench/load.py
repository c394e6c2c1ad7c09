"""The load: many vehicles on one client process, each with its own stream, at 10 Hz, phases spread evenly.

Works on bytes only and is the same for the service and the echo. A pose counts as answered when an
update that names its time arrives; index and time are read from the update's head, which both send
alike. Each pose ends with its acknowledgement as a varint of five bytes, filled in when it is sent.

It has one core as the server has, and must cost a fraction of what the server costs: so HTTP/2 by hand
(`http2.py`), and one clock for all vehicles instead of a task for each. Each vehicle has a connection of its own, as a
vehicle has: where many share one, a server reads and writes the messages of several at once.
"""

import asyncio
import gc
import heapq
import json
import pickle
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import uvloop

from tests.bench.http2 import Connection

METHOD = "/mapprior.v1.HorizonService/StreamHorizon"
RATE_HZ = 10.0
TICK_SEC = 0.001  # how often the clock is looked at; what is due by then leaves in one write per connection
LATE_SEC_MAX = 1.0
END_SEC_MAX = 5.0  # for the server's end of a stream, once the vehicle has closed its own
HEAD_BYTES_MAX = 30  # two tags and lengths, three tags and varints

Tracks = list[tuple[bytes, list[tuple[int, bytes]]]]


@dataclass(slots=True)
class Outcome:
    """Counts and latencies of the measured part of one run."""

    sent_count: int = 0
    answered_count: int = 0
    updates_count: int = 0
    received_bytes: int = 0
    over_count: int = 0  # vehicles that have ended, well or not
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


@cache
def padded_varint(number: int) -> bytes:
    """Five bytes whatever the number, so that an acknowledgement can be put in without new lengths."""
    return bytes((number >> shift) & 0x7F | 0x80 for shift in (0, 7, 14, 21)) + bytes((number >> 28 & 0x7F,))


class Vehicle:
    """One drive: open, then a pose every 100 ms from `start_sec` to `stop_sec`, then the end."""

    __slots__ = ("_applied", "_measure_sec", "_outcome", "_waiting", "over")

    def __init__(self, outcome: Outcome, measure_sec: float) -> None:
        self._outcome = outcome
        self._measure_sec = measure_sec
        self._waiting: dict[int, float] = {}
        self._applied = 0
        self.over = False

    def drive(
        self, connection: Connection, track: tuple[bytes, list[tuple[int, bytes]]], start_sec: float, stop_sec: float
    ) -> Iterator[float]:
        """Does what is due and yields when there is more to do."""
        opening, poses = track
        stream = connection.call(METHOD, self._received, self._ended)
        stream.send(opening)
        for i, (time_us, message) in enumerate(poses):
            due_sec = start_sec + i / RATE_HZ
            yield due_sec
            now_sec = time.perf_counter()
            if now_sec - due_sec > LATE_SEC_MAX:
                stream.fail("the load generator is more than a second late")
                return
            if now_sec >= stop_sec:
                break
            self._waiting[time_us] = now_sec
            if now_sec >= self._measure_sec:
                self._outcome.sent_count += 1
            stream.send(message + padded_varint(self._applied))
        else:
            stream.fail("the track is shorter than the run")
            return
        yield now_sec + 0.5
        stream.close()
        yield now_sec + 0.5 + END_SEC_MAX
        stream.fail(f"no end within {END_SEC_MAX} s")

    def _received(self, data: bytes, start: int, end: int, now_sec: float) -> None:
        outcome = self._outcome
        self._applied, time_us = head(data[start : min(end, start + HEAD_BYTES_MAX)])
        sent_sec = self._waiting.pop(time_us, None)
        if sent_sec is not None and sent_sec >= self._measure_sec:
            outcome.answered_count += 1
            outcome.latency_ms.append((now_sec - sent_sec) * 1e3)
        if now_sec >= self._measure_sec:
            outcome.updates_count += 1
            outcome.received_bytes += end - start

    def _ended(self, why: str) -> None:
        self.over = True
        self._outcome.over_count += 1
        if why:
            self._outcome.failed.append(why)


async def connect(address: str) -> Connection:
    """A connection to `unix:PATH` or `HOST:PORT`; a refused one is returned lost, so that its vehicles fail."""
    loop = asyncio.get_running_loop()
    connection = Connection("localhost", time.perf_counter)
    try:
        if address.startswith("unix:"):
            await loop.create_unix_connection(lambda: connection, address.removeprefix("unix:"))
        else:
            host, _, port = address.rpartition(":")
            await loop.create_connection(lambda: connection, host.strip("[]"), int(port))
    except OSError as error:
        connection.end(f"no connection: {type(error).__name__}")
    return connection


def warm_sec(count: int) -> float:
    """Streams open 60 to a second, so that no server is measured while it makes first horizons; then 2 s to settle."""
    return 2.0 + count / 60.0


async def run(address: str, tracks: Tracks, count: int, seconds: float, per_connection: int) -> Outcome:
    """`count` vehicles for `seconds` after the time in which streams open, so many on one connection."""
    loop = asyncio.get_running_loop()
    outcome = Outcome()
    connections = [await connect(address) for _ in range(-(-count // per_connection))]
    begin = time.perf_counter() + 0.2
    warm = warm_sec(count)
    measure, stop = begin + warm, begin + warm + seconds
    for at in (measure, stop):
        loop.call_later(at - time.perf_counter(), lambda: outcome.cpu_sec.append(time.process_time()))
    due: list[tuple[float, int, Vehicle, Iterator[float]]] = []
    spoken: set[Connection] = set()  # with something to send
    for i in range(count):
        vehicle, start = Vehicle(outcome, measure), begin + (i * 0.61803398875 % 1.0) * (warm - 2.0)
        steps = vehicle.drive(connections[i % len(connections)], tracks[i % len(tracks)], start, stop)
        due.append((start, i, vehicle, steps))
    heapq.heapify(due)
    while outcome.over_count < count:
        now = time.perf_counter()
        while due and due[0][0] <= now:
            _, i, vehicle, steps = due[0]
            spoken.add(connections[i % len(connections)])
            at_sec = None if vehicle.over else next(steps, None)
            if at_sec is None:
                heapq.heappop(due)
            else:
                heapq.heapreplace(due, (at_sec, i, vehicle, steps))
        for connection in spoken:
            connection.flush()
        spoken.clear()
        await asyncio.sleep(TICK_SEC)
    for connection in connections:
        connection.end("")
    return outcome


def main(address: str, tracks_file: str, count: str, seconds: str, per_connection: str) -> None:
    tracks = pickle.loads(Path(tracks_file).read_bytes())
    gc.freeze()  # the tracks stay as they are: no collection goes through them while latency is taken
    outcome = uvloop.run(run(address, tracks, int(count), float(seconds), int(per_connection)))
    latency = sorted(outcome.latency_ms) or [float("nan")]
    cpu_sec = outcome.cpu_sec if len(outcome.cpu_sec) == 2 else [float("nan")] * 2  # where all failed before the end
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
                "client_busy_ratio": round((cpu_sec[1] - cpu_sec[0]) / float(seconds), 3),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:6])
