"""Locks on what is being changed in Dify: one holder at a time, and of a holder that died the lease runs out."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, transaction

from datasets_ui.models import Lock, Workspace
from datasets_ui.services.clock import ahead
from datasets_ui.services.database import releasing_connections
from datasets_ui.services.housekeeping import tidy
from datasets_ui.services.locks import BeingChanged, locked, of_name, of_segment


def held(name: str, seconds: float = 30) -> None:
    """By somebody else."""
    Lock.objects.create(name=name, token="theirs", until=ahead(seconds))


def test_it_is_held_and_then_free(db: None) -> None:
    with locked("a", "b"):
        assert sorted(Lock.objects.values_list("name", flat=True)) == ["a", "b"]
    assert not Lock.objects.exists()


def test_an_error_frees_it(db: None) -> None:
    with pytest.raises(ZeroDivisionError), locked("a"):
        raise ZeroDivisionError
    assert not Lock.objects.exists()


def test_who_waits_for_too_long_is_told_and_leaves_nothing(db: None) -> None:
    held("b")
    with pytest.raises(BeingChanged) as told, locked("a", "b"):
        pytest.fail("somebody else has it")
    assert [*Lock.objects.values_list("name", "token")] == [("b", "theirs")]
    assert "Try again" in told.value.sentence


def test_a_lease_that_ran_out_is_taken_over(db: None) -> None:
    held("a", seconds=-1)
    with locked("a") as lease:
        assert Lock.objects.get().token == lease.token


def test_whoever_comes_back_too_late_frees_nothing_of_the_next(db: None) -> None:
    with locked("a"):
        Lock.objects.update(token="theirs")
    assert Lock.objects.get().token == "theirs"


def test_a_lease_is_renewed(db: None) -> None:
    with locked("a", seconds=60) as lease:
        Lock.objects.update(until=ahead(1))
        lease.renew()
        assert Lock.objects.filter(until__gt=ahead(30)).exists()


def test_what_somebody_else_has_by_now_is_not_renewed(db: None) -> None:
    with locked("a", "b") as lease:
        Lock.objects.filter(name="b").update(token="theirs")
        with pytest.raises(BeingChanged):
            lease.renew()


@pytest.mark.django_db(transaction=True)
def test_of_many_one_at_a_time_gets_in() -> None:
    inside, most, guard = 0, [0], threading.Lock()

    def enter(_: int) -> None:
        nonlocal inside
        with locked("b", "a"):
            with guard:
                inside += 1
                most[0] = max(most[0], inside)
            time.sleep(0.02)
            with guard:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(releasing_connections(enter), range(16)))
    assert (most, Lock.objects.count()) == ([1], 0)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_is_held() -> None:
    with locked("a"):
        assert not connection.in_atomic_block
        with transaction.atomic():
            pass  # would fail within a broken one


def test_other_workspaces_are_not_held_up(workspace: Workspace) -> None:
    other, segment_id = Workspace(id=uuid4()), uuid4()
    assert of_segment(workspace, segment_id) != of_segment(other, segment_id)


def test_names_of_any_length_have_locks_of_their_own(workspace: Workspace) -> None:
    dataset_id = uuid4()
    names = {of_name(workspace, dataset_id, "x" * 10_000 + end) for end in "ab"}
    assert {len(name) <= 120 for name in names} == {True}
    assert len(names) == 2


def test_those_of_killed_processes_are_tidied_away(db: None) -> None:
    held("old", seconds=-2 * 24 * 3600)
    held("new")
    tidy()
    assert [*Lock.objects.values_list("name", flat=True)] == ["new"]
