"""The machine's clocks."""

from __future__ import annotations

import time
from datetime import datetime

from pdp.workdays import SHANGHAI


class SystemClock:
    """Implements `pdp.ports.Clock` on the machine's clocks."""

    def now(self) -> datetime:
        """Return the instant in Asia/Shanghai."""
        return datetime.now(SHANGHAI)

    def mono_ns(self) -> int:
        """Return monotonic nanoseconds."""
        return time.monotonic_ns()
