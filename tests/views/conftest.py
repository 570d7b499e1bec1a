"""People for the tests of accounts."""

import pytest
from django.test import Client
from sesame.utils import get_token

from datasets_ui.models import User
from tests.accounts import PASSWORD
from tests.conftest import person


@pytest.fixture
def dora(db: None) -> User:
    """Somebody with a password."""
    return person("dora@example.com", PASSWORD)


@pytest.fixture
def by_link(db: None) -> Client:
    """Somebody without a password, who came by a link."""
    client, user = Client(), person("lina@example.com")
    client.post("/sign-in/", {"token": get_token(user)})
    return client
