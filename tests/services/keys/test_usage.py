"""How API keys fare: counted in memory, written later, by several processes into one row."""

from datetime import UTC, datetime

import pytest

from datasets_ui.dify.errors import AddressRefused, HeldBack, NotFound, ServerFailed, TooManyCalls, Unauthorized
from datasets_ui.models import Actor, ApiKey, KeyUse, Sentence, Workspace
from datasets_ui.services.keys.api_keys import delete_key
from datasets_ui.services.keys.usage import counts, observe, quarter, write_counts
from datasets_ui.services.scope import Scope

BOB = Actor("bob@example.com")


@pytest.fixture
def key(workspace: Workspace) -> ApiKey:
    counts.take()
    return workspace.api_keys.get()


def written(key: ApiKey) -> tuple[int, int, int]:
    use = KeyUse.objects.get(api_key=key)
    return use.calls, use.errors, use.milliseconds


@pytest.mark.parametrize(
    ("at", "begin"), [((12, 0, 0), (12, 0)), ((12, 14, 59), (12, 0)), ((12, 15, 0), (12, 15)), ((23, 59, 59), (23, 45))]
)
def test_a_quarter_begins(at: tuple[int, int, int], begin: tuple[int, int]) -> None:
    assert quarter(datetime(2026, 11, 22, *at, tzinfo=UTC)) == datetime(2026, 11, 22, *begin, tzinfo=UTC)


def test_nothing_is_written_by_a_call(key: ApiKey) -> None:
    observe(key, BOB, 0.1, None)
    assert KeyUse.objects.count() == 0


def test_calls_are_added_up(key: ApiKey) -> None:
    observe(key, BOB, 0.1, None)
    observe(key, BOB, 0.2, ServerFailed("x"))
    write_counts()
    assert written(key) == (2, 1, 300)


def test_processes_add_to_one_row(key: ApiKey) -> None:
    for _ in range(2):
        observe(key, BOB, 0.1, None)
        write_counts()
    assert written(key) == (2, 0, 200)


def test_what_was_asked_wrongly_is_no_fault_of_the_key(key: ApiKey) -> None:
    observe(key, BOB, 0.1, NotFound("x"))
    write_counts()
    key.refresh_from_db()
    assert (written(key), key.last_error) == ((1, 0, 100), Sentence())


@pytest.mark.parametrize("failure", [TooManyCalls(), AddressRefused("x"), HeldBack()])
def test_what_was_never_sent_is_no_call(key: ApiKey, failure: Exception) -> None:
    observe(key, BOB, 0.1, failure)  # type: ignore[arg-type]  # of any kind, on purpose
    write_counts()
    assert KeyUse.objects.count() == 0


def test_a_deleted_key_is_passed_over(key: ApiKey) -> None:
    observe(key, BOB, 0.1, None)
    delete_key(Scope(workspace=key.workspace, by=BOB), key)
    write_counts()
    assert KeyUse.objects.count() == 0


def test_a_late_refusal_of_the_old_secret_marks_not_the_new_one(key: ApiKey) -> None:
    old = ApiKey.objects.get(pk=key.pk)
    ApiKey.objects.filter(pk=key.pk).update(stored_at=datetime(2030, 1, 1, tzinfo=UTC))
    observe(old, BOB, 0.1, Unauthorized("x"))
    assert ApiKey.objects.get(pk=key.pk).refused_at is None
