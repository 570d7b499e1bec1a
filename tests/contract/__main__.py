"""python -m tests.contract: fresh sandboxes, and the recordings played against them at once; the last lines are the figures."""

import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.contract.player import LATER, RECORDINGS, Outcome, Play, figure, listed_differences, play_all, recordings, report
from tests.sandbox_process import SandboxProcess

# Documents waited for a worker on the servers that were recorded, some of them through many calls; nothing else took its time.
QUEUE = ("--queue", "0.4")


@dataclass(frozen=True)
class Contract:
    """What a sandbox with these options is held to."""

    title: str
    options: tuple[str, ...]
    play: Callable[[], Play]


CONTRACTS = (
    Contract("1.10.1", ("--dify-version", "1.10.1", *QUEUE), recordings),
    Contract("1.12.1", ("--dify-version", "1.12.1", "--repaired", *QUEUE), lambda: recordings(RECORDINGS, LATER)),
    Contract("1.12.1 alone", ("--dify-version", "1.12.1", "--repaired", *QUEUE), lambda: recordings(LATER)),
)


def outcomes_of(contract: Contract) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as data, SandboxProcess(Path(data), *contract.options) as sandbox:
        return list(play_all(sandbox.base_url, sandbox.key, contract.play()))


def play_contracts() -> dict[str, list[Outcome]]:
    """The outcomes by title. At once, since most of the time of a play is waiting."""
    with ThreadPoolExecutor() as pool:
        found = pool.map(outcomes_of, CONTRACTS)
        return {contract.title: outcomes for contract, outcomes in zip(CONTRACTS, found, strict=True)}


def main() -> int:
    played = play_contracts()
    holds = [report(outcomes, listed_differences(title), verbose="--verbose" in sys.argv) for title, outcomes in played.items()]
    for title, outcomes in played.items():
        sys.stdout.write(f"{title}: {figure(outcomes)}\n")
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
