"""What `make contract` holds the sandbox to: the recordings of two real Difys, which CI plays, hide little of what differs."""

import pytest

from tests.contract.__main__ import CONTRACTS, Contract
from tests.contract.player import HERE, listed_differences

MOST_LISTED = {"1.10.1": 0.005, "1.12.1": 0.02, "1.12.1 alone": 0.02}
LARGEST = 4_000_000

each = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.title)


@each
def test_little_is_listed(contract: Contract) -> None:
    assert len(listed_differences(contract.title)) <= MOST_LISTED[contract.title] * contract.exchanges


def test_the_recordings_stay_small() -> None:
    assert sum(file.stat().st_size for file in HERE.glob("recordings*/*.jsonl")) < LARGEST
