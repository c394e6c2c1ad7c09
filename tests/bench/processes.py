"""Servers and load under measurement: started pinned to one core each, watched through /proc, ended by id."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.drives import Track
from tests.bench.load import warm_sec

SERVER_CORE, CLIENT_CORE = 0, 1
ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("mapprior"))


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, with every process it started."""

    address: str
    pid: int

    def pids(self) -> list[int]:
        found = [self.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split() if int(child) not in found]
        return found

    def cpu_sec(self) -> float:
        """User and system time of all its processes so far."""
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """Private resident memory of all its processes."""
        total = 0
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(("Private_Clean", "Private_Dirty")):
                    total += int(line.split()[1]) * 1024
        return total


@contextmanager
def server(command: Sequence[str], address: str, *, ready: str) -> Iterator[Server]:
    """Starts a server on its core and waits for the line that says it is ready."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if ready in line:
                break
        else:
            raise RuntimeError(f"{command[0]} ended before it was ready")
        yield Server(address, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def echo(folder: Path, tracks: Sequence[Track], *loop: str) -> Iterator[Server]:
    """The reference server, answering the tracks' requests with their recorded responses; on "uvloop" if asked to."""
    answers = folder / "answers.pickle"
    answers.write_bytes(pickle.dumps({request: answer for t in tracks for request, answer in t.answers.items()}))
    address = f"unix:{folder}/echo{''.join(loop)}.sock"
    with server(["-m", "tests.bench.echo", address, str(answers), *loop], address, ready="ready") as running:
        yield running


@contextmanager
def service(folder: Path, markets: Sequence[Path], *, workers: int = 1) -> Iterator[Server]:
    """The horizon service on the same markets, with its own defaults but for load shedding."""
    address = f"unix:{folder}/horizon.sock"
    config = folder / "bench.toml"
    # Shedding is off: the echo has none, and a refused stream would end the climb before the knee.
    config.write_text("[limits]\nstreams_max = 5000\nrefuse_lag_ms = 60000\nthin_lag_ms = 60000\n")
    tiles = [part for market in markets for part in ("--tiles", str(market))]
    command = [COMMAND, "serve", *tiles, "--listen", address, "--config", str(config)]
    with server([*command, "--workers", str(workers)], address, ready="ready") as running:
        yield running


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the load against one server."""

    vehicles_count: int
    seconds: float
    cpu_us_per_pose: float
    server_busy_ratio: float
    memory_bytes: int
    load: dict[str, Any]

    @property
    def sustained(self) -> bool:
        """Every pose answered, none failed, p99 under 50 ms."""
        x = self.load
        return not x["failed_count"] and x["answered_count"] == x["sent_count"] > 0 and bool(x["p99_ms"] < 50.0)


def drive(
    target: Server, folder: Path, tracks: Sequence[Track], vehicles_count: int, seconds: float, per_connection: int = 1
) -> Run:
    """Runs the load from the other core, each vehicle on a connection of its own or so many on one."""
    file = folder / "tracks.pickle"
    if not file.exists():
        file.write_bytes(pickle.dumps([(t.opening, t.poses) for t in tracks]))
    numbers = map(str, (vehicles_count, seconds, per_connection))
    load = [sys.executable, "-m", "tests.bench.load", target.address, str(file), *numbers]
    process = subprocess.Popen(
        load,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {CLIENT_CORE}),
    )
    # CPU time is taken over the middle of the run, when all streams are open and none has ended.
    time.sleep(warm_sec(vehicles_count) + 1.5)
    begun, cpu = time.monotonic(), target.cpu_sec()
    time.sleep(max(0.5, seconds - 2.0))
    memory_bytes = target.memory_bytes()
    elapsed, used = time.monotonic() - begun, target.cpu_sec() - cpu
    try:
        output, _ = process.communicate(timeout=seconds + 60)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    result = load_result(output, process.returncode)
    rate = result["answered_count"] / seconds
    return Run(vehicles_count, seconds, used / elapsed / max(rate, 1e-9) * 1e6, used / elapsed, memory_bytes, result)


def load_result(output: str, code: int) -> dict[str, Any]:
    """What the load printed. One that ended without its line, as a starved one may, did not carry its vehicles: said so
    on standard error, and a run that is not sustained."""
    try:
        result = json.loads(output)
    except ValueError:
        said = f"the load ended without a result, exit code {code}"
        print(f"{said}: the step does not count as sustained", file=sys.stderr)
        return {"sent_count": 0, "answered_count": 0, "failed_count": 1, "failures": [said]}
    assert isinstance(result, dict)
    return result
