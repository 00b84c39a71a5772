"""Imported first by each Python process that runs under libfaketime: sleep there without a clock that it spoils.

Its release 0.9.10 reads a deadline on the monotonic clock as one on the faked time of day, which the kernel refuses; a
wait for an event that never comes is left alone.
"""

import threading
import time


def _sleep(seconds: float) -> None:
    threading.Event().wait(seconds)


vars(time)["sleep"] = _sleep
