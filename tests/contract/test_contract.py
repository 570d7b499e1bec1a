"""The sandbox is held to recordings of a real Dify."""

from pathlib import Path

import pytest

from tests.contract.__main__ import AS_RECORDED
from tests.contract.player import listed_differences, play_all, recordings
from tests.sandbox_process import SandboxProcess

COUNTED = 523
MOST_LISTED = 0.02
LARGEST = 3_000_000


@pytest.mark.timeout(300)  # on a busy machine
def test_every_exchange_holds_or_is_listed(tmp_path: Path) -> None:
    """One test, since the play takes most of a minute: what is listed must still differ, or the list would hide more than it says."""
    with SandboxProcess(tmp_path, *AS_RECORDED) as sandbox:
        outcomes = list(play_all(sandbox.base_url, sandbox.key, recordings()))
    broken = {outcome.full_name: outcome.differences[:3] for outcome in outcomes if outcome.differences}
    assert {name: lines for name, lines in broken.items() if name not in listed_differences()} == {}
    assert listed_differences() <= broken.keys()
    assert len(outcomes) == COUNTED


def test_little_is_listed() -> None:
    assert len(listed_differences()) <= MOST_LISTED * COUNTED


def test_the_recordings_stay_small() -> None:
    assert sum(file.stat().st_size for file in Path(__file__).parent.glob("recordings/*.jsonl")) < LARGEST
