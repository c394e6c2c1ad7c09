"""The one clock of drives."""

import time


def monotonic_us() -> int:
    return time.monotonic_ns() // 1000
