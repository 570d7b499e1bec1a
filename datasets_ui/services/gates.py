"""How many threads of this process may wait for somebody outside: for an API to answer, or for a client to send a form.

Each API and each client has a share, which may hold as many threads as there are others left free: the first that hangs gets half of
them, the next one half of the rest, and whoever comes new still finds one.
"""

import threading
import time
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

from datasets_ui.services.sharing import give_back

SLOW_SECONDS = 1.0  # a share in which nothing has moved for so long is slow: to wait for it would only take another thread


class Gates:
    """What all shares of a process have in common; `most` threads may wait at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken: Counter[Hashable] = Counter()
        self.moved: dict[Hashable, float] = {}
        self.changed = threading.Condition()

    def share(self, whose: Hashable) -> "Share":
        return Share(self, whose)

    def has_room(self, whose: Hashable) -> bool:
        return self.taken[whose] < self.most - self.taken.total()


@dataclass(frozen=True)
class Share:
    """One API's or one client's part of the gates."""

    gates: Gates
    whose: Hashable

    def acquire(self, timeout: float) -> bool:
        """Whether there was room within `timeout` seconds, or earlier, where nothing moves."""
        give_back()
        arrived, gates = time.monotonic(), self.gates
        with gates.changed:
            while not gates.has_room(self.whose):
                until = min(arrived + timeout, gates.moved.get(self.whose, arrived) + SLOW_SECONDS)
                if (left := until - time.monotonic()) <= 0:
                    return False
                gates.changed.wait(left)
            gates.taken[self.whose] += 1
            gates.moved[self.whose] = time.monotonic()
        return True

    def release(self) -> None:
        gates = self.gates
        with gates.changed:
            gates.taken[self.whose] -= 1
            if gates.taken[self.whose]:
                gates.moved[self.whose] = time.monotonic()
            else:  # of whom nobody waits any more, nothing is kept
                del gates.taken[self.whose], gates.moved[self.whose]
            gates.changed.notify_all()
