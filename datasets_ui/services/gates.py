"""How many threads of this process may wait for somebody outside: for an API to answer, or for a client to send a form.

Each API, each person and each client has a share, which may hold as many threads as there are others left free: the first that hangs
gets half of them, the next one half of the rest. A call needs room in all the shares that it belongs to, so that nobody gets more by
being in several workspaces.
"""

import threading
import time
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

from datasets_ui.services.database import release_connection

SLOW_SECONDS = 1.0  # a share in which nothing has moved for so long is slow: to wait for it would only take another thread


class Gates:
    """What all shares of a process have in common; `most` threads may wait at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.waiting = 0
        self.taken: Counter[Hashable] = Counter()
        self.moved: dict[Hashable, float] = {}
        self.changed = threading.Condition()

    def share(self, *whose: Hashable) -> "Share":
        return Share(self, whose)

    def full(self, whose: tuple[Hashable, ...]) -> list[Hashable]:
        """Those that have no room."""
        return [one for one in whose if self.taken[one] >= self.most - self.waiting]


@dataclass(frozen=True)
class Share:
    """The part of the gates that an API, a person or a client has; or what is in the parts of several."""

    gates: Gates
    whose: tuple[Hashable, ...]

    def acquire(self, timeout: float) -> bool:
        """Whether there was room within `timeout` seconds, or earlier, where nothing moves."""
        release_connection()
        arrived, gates = time.monotonic(), self.gates
        with gates.changed:
            while full := gates.full(self.whose):
                until = min(arrived + timeout, *(gates.moved.get(one, arrived) + SLOW_SECONDS for one in full))
                if (left := until - time.monotonic()) <= 0:
                    return False
                gates.changed.wait(left)
            gates.waiting += 1
            for one in self.whose:
                gates.taken[one] += 1
                gates.moved[one] = time.monotonic()
        return True

    def release(self) -> None:
        gates = self.gates
        with gates.changed:
            gates.waiting -= 1
            for one in self.whose:
                gates.taken[one] -= 1
                if gates.taken[one]:
                    gates.moved[one] = time.monotonic()
                else:  # of whom nobody waits any more, nothing is kept
                    del gates.taken[one], gates.moved[one]
            gates.changed.notify_all()
