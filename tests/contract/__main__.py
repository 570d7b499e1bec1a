"""python -m tests.contract: fresh sandboxes, and the recordings played against them at once; the last lines are the figures."""

import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.contract.player import LATER, RECORDINGS, Outcome, Play, figure, listed_differences, play_all, recordings, report
from tests.support.sandbox_process import SandboxProcess

# Documents waited for a worker on the servers that were recorded, some of them through many calls; nothing else took its time.
QUEUE = ("--queue", "0.4")


@dataclass(frozen=True)
class Contract:
    """What a sandbox with these options is held to, and by how many exchanges."""

    title: str
    exchanges: int
    options: tuple[str, ...]
    play: Callable[[], Play]


CONTRACTS = (
    Contract("1.10.1", 523, ("--dify-version", "1.10.1", *QUEUE), recordings),
    Contract("1.12.1", 497, ("--dify-version", "1.12.1", "--repaired", *QUEUE), lambda: recordings(RECORDINGS, LATER)),
    Contract("1.12.1 alone", 153, ("--dify-version", "1.12.1", "--repaired", *QUEUE), lambda: recordings(LATER)),
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
    kept = [is_kept(contract, played[contract.title]) for contract in CONTRACTS]
    for title, outcomes in played.items():
        sys.stdout.write(f"{title}: {figure(outcomes)}\n")
    return 0 if all(kept) else 1


def is_kept(contract: Contract, outcomes: list[Outcome]) -> bool:
    """Whether all was played, and all holds or is listed. What is listed must still differ, or the list would hide more than it
    says."""
    listed = listed_differences(contract.title)
    holds = report(outcomes, listed, verbose="--verbose" in sys.argv)
    stale = listed - {outcome.full_name for outcome in outcomes if outcome.differences}
    sys.stdout.writelines(f"{name}: listed in DIFFERENCES.md, but it holds\n" for name in sorted(stale))
    return holds and not stale and len(outcomes) == contract.exchanges


if __name__ == "__main__":
    sys.exit(main())
