"""The sandbox is held to recordings of two real Difys."""

import pytest

from tests.contract.__main__ import CONTRACTS, Contract, play_contracts
from tests.contract.player import HERE, Outcome, listed_differences

COUNTED = {"1.10.1": 523, "1.12.1": 497, "1.12.1 alone": 153}
MOST_LISTED = {"1.10.1": 0.005, "1.12.1": 0.02, "1.12.1 alone": 0.02}
LARGEST = 4_000_000

each = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.title)


@pytest.fixture(scope="module")
def played() -> dict[str, list[Outcome]]:
    return play_contracts()


@pytest.mark.xdist_group("contract")  # played once
@pytest.mark.timeout(300)  # on a busy machine
@each
def test_every_exchange_holds_or_is_listed(contract: Contract, played: dict[str, list[Outcome]]) -> None:
    """What is listed must still differ, or the list would hide more than it says."""
    outcomes, listed = played[contract.title], listed_differences(contract.title)
    broken = {outcome.full_name: outcome.differences[:3] for outcome in outcomes if outcome.differences}
    assert {name: lines for name, lines in broken.items() if name not in listed} == {}
    assert listed <= broken.keys()
    assert len(outcomes) == COUNTED[contract.title]


@each
def test_little_is_listed(contract: Contract) -> None:
    assert len(listed_differences(contract.title)) <= MOST_LISTED[contract.title] * COUNTED[contract.title]


def test_the_recordings_stay_small() -> None:
    assert sum(file.stat().st_size for file in HERE.glob("recordings*/*.jsonl")) < LARGEST
