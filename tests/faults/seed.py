"""Puts people, workspaces and sign-ins into the database of a process under test: `manage.py shell -c "from tests.faults.seed import …"`."""

import json

from django.test import Client
from pydantic import SecretStr

from datasets_ui.models import Actor, Installation, User
from datasets_ui.services.keys.api_keys import Details, Found, NewKey, Tried, add_key
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.workspaces import create_workspace
from tests.conftest import signed_in

BY = Actor("seed")


def seed(**places: tuple[str, str]) -> None:
    """A workspace of the name of each place, with its address and key, and an owner of that name; prints the owners' sessions."""
    Installation.objects.create()
    print(json.dumps({name: cookie_of(owner(name, *place)) for name, place in places.items()}))  # noqa: T201


def owner(name: str, base_url: str, secret: str) -> Client:
    user = User.objects.create_user(f"{name}@example.com", "a long enough one")
    workspace = create_workspace(name=name, owner=user, by=BY)
    tried = Tried(base_url, SecretStr(secret), Found("1.10.1", 0, []))
    add_key(Scope(workspace=workspace, by=BY), NewKey(Details("Default"), tried))
    return signed_in(user)


def cookie_of(client: Client) -> str:
    return client.cookies["session"].value
