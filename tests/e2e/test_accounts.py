"""One's own account in a browser: password, authenticator app, passkey, sign-ins; and how its pages look."""

import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from functools import cache

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, StorageState, expect

from tests.e2e.conftest import NewContext
from tests.e2e.server import ROOT, Demo, environment
from tests.e2e.steps import SLUG, carry_passkeys
from tests.e2e.watch import Watch, axe_in_both_themes, too_wide
from tests.support.accounts import PASSWORD, code
from tests.support.plain_http import TRUSTS_NOBODY

MAKE = """
from django.core.management import call_command
from datasets_ui.models import Membership, User, Workspace
workspace = Workspace.objects.get(slug="acme-support")
for email in {emails!r}:
    Membership.objects.create(user=User.objects.create_user(email), workspace=workspace, role="editor")
    call_command("users", "link", email)
"""
TOGETHER = 6  # people who are made by one process: its start takes longer than they do; their links work for an hour
PAGES = [
    "",
    "password/change/",
    "2fa/",
    "2fa/totp/deactivate/",
    "2fa/recovery-codes/",
    "2fa/recovery-codes/generate/",
    "2fa/webauthn/",
    "2fa/webauthn/add/",
    "sessions/",
    "reauthenticate/",
    "2fa/reauthenticate/",
    "2fa/webauthn/reauthenticate/",
    "logout/",
]


def manage(demo: Demo, *words: str) -> str:
    env = environment(DATASETS_DATA_DIR=str(demo.data))
    done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@cache
def newcomers(demo: Demo) -> Iterator[tuple[str, str]]:
    """Addresses of people whom nobody else is, each with the path of a link."""
    while True:
        emails = [f"{uuid.uuid4().hex[:8]}@example.com" for _ in range(TOGETHER)]
        links = manage(demo, "shell", "--no-imports", "-c", MAKE.format(emails=emails)).splitlines()
        yield from zip(emails, links, strict=True)


class Person:
    """Somebody of their own, so that the demo's owner stays as they are; who comes by link."""

    def __init__(self, demo: Demo, context: BrowserContext, *, script: bool = True) -> None:
        self.email, link = next(newcomers(demo))
        self.origin = demo.origin
        self.context, self.page = context, context.new_page()
        self.page.goto(self.origin + link)
        if not script:
            self.press("Continue")
        self.page.wait_for_url("**/datasets/")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.origin}/accounts/{path}")

    def press(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name, exact=True).click()

    def set_password(self) -> None:
        self.open("password/set/")
        self.page.locator("[name=password1]").fill(PASSWORD)
        self.page.locator("[name=password2]").fill(PASSWORD)
        self.press("Set password")

    def set_up_app(self) -> str:
        self.open("2fa/totp/activate/")
        secret = self.page.locator("code.secret").inner_text()
        self.page.get_by_label("Authenticator code").fill(code(secret))
        self.press("Set up")
        expect(self.page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        return secret

    def sign_out(self) -> None:
        self.open("")
        self.press("Sign out")
        expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()

    def sign_in(self) -> None:
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.press("Sign in")

    def add_passkey(self) -> None:
        carry_passkeys(self.page)
        self.open("2fa/webauthn/add/")
        self.press("Add")
        expect(self.page.get_by_text("The passkey was added.")).to_be_visible()


@pytest.fixture
def person(demo: Demo, new_context: NewContext) -> Person:
    return Person(demo, new_context())


def test_password_and_authenticator_app(person: Person) -> None:
    page = person.page
    person.set_password()
    secret = person.set_up_app()
    recovery = page.get_by_label("Codes").input_value().split()
    assert len(recovery) == 10
    person.sign_out()
    person.sign_in()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_label("Code").fill(recovery[0])
    person.press("Sign in")
    page.wait_for_url("**/datasets/")
    person.open("2fa/")
    expect(page.get_by_text("9 left.")).to_be_visible()
    assert secret not in page.content()


def test_a_passkey_opens_the_account_by_itself(person: Person) -> None:
    page = person.page
    person.add_passkey()
    person.open("2fa/webauthn/")
    expect(page.get_by_role("heading", name="Passkey 1")).to_be_visible()
    person.sign_out()
    person.press("Sign in with a passkey")
    page.wait_for_url("**/datasets/")


def test_a_passkey_confirms_and_is_a_second_factor(person: Person) -> None:
    page = person.page
    person.set_password()
    person.add_passkey()
    person.sign_out()
    person.sign_in()
    person.press("Use your passkey")
    page.wait_for_url("**/datasets/")
    person.open("2fa/webauthn/reauthenticate/?next=/accounts/sessions/")
    person.press("Use your passkey")
    expect(page.get_by_role("heading", name="Sign-ins")).to_be_visible()


def test_a_passkey_that_is_not_there_is_told(person: Person) -> None:
    page = person.page
    person.sign_out()
    page.evaluate("void (navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')))")
    person.press("Sign in with a passkey")
    expect(page.get_by_text("The passkey could not be used.")).to_be_visible()


def test_without_javascript(demo: Demo, new_context: NewContext) -> None:
    person = Person(demo, new_context(java_script_enabled=False), script=False)
    person.set_password()
    person.set_up_app()
    recovery = person.page.get_by_label("Codes").input_value().split()
    person.sign_out()
    expect(person.page.get_by_role("button", name="Sign in with a passkey")).not_to_be_visible()
    person.sign_in()
    person.page.get_by_label("Code").fill(recovery[0])
    person.press("Sign in")
    person.page.wait_for_url("**/datasets/")


def test_wrong_passwords_are_counted_over_all_processes(person: Person) -> None:
    """Each try on a connection of its own, so that the demo's workers share them."""

    def attempt(password: str) -> str:
        with httpx.Client(base_url=person.origin, trust_env=False, verify=TRUSTS_NOBODY, timeout=60) as client:
            found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/accounts/login/").text)
            assert found
            typed = {"login": person.email, "password": password, "csrfmiddlewaretoken": found[1]}
            return client.post("/accounts/login/", data=typed).text

    person.set_password()
    for _ in range(5):
        assert "are not correct" in attempt("wrong")
    assert "Too many failed login attempts" in attempt(PASSWORD)


def test_a_sign_in_elsewhere_is_ended(person: Person, demo: Demo, new_context: NewContext) -> None:
    elsewhere = new_context().new_page()
    elsewhere.goto(person.origin + manage(demo, "users", "link", person.email))
    elsewhere.wait_for_url("**/datasets/")
    person.open("sessions/")
    expect(person.page.locator(".factor")).to_have_count(2)
    person.press("Sign out everywhere else")
    expect(person.page.locator(".factor")).to_have_count(1)
    elsewhere.reload()
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_demo_s_owner_confirms_by_the_printed_password(
    demo: Demo,
    new_context: NewContext,
    signed_in: StorageState,  # by the printed link, which works until the owner signs in otherwise
) -> None:
    printed = re.search(r"owner@example\.com, with the password (\S+)$", demo.output.read_text(), re.MULTILINE)
    assert printed
    page = new_context().new_page()  # confirming begins a session anew, and that of the other tests is to stay
    page.goto(f"{demo.origin}/accounts/login/")
    page.get_by_label("E-mail address").fill("owner@example.com")
    page.get_by_label("Password", exact=True).fill(printed[1])
    page.keyboard.press("Enter")
    page.wait_for_url("**/datasets/")
    keys = f"/w/{SLUG}/keys/new/"
    page.goto(f"{demo.origin}/accounts/reauthenticate/?next={keys}")
    page.get_by_label("Password", exact=True).fill(printed[1])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{demo.origin}{keys}")


def looks_right(page: Page, name: str) -> list[str]:
    """What is wrong with a page in both themes, and on a narrow screen."""
    problems = [f"{name}: {problem}" for problem in axe_in_both_themes(page)]
    size = page.viewport_size
    page.set_viewport_size({"width": 360, "height": 740})
    problems += [f"{name} at 360: {element}" for element in too_wide(page)]
    if size:
        page.set_viewport_size(size)
    return problems


def test_every_page_is_accessible_and_fits(person: Person, watch: Watch) -> None:
    watch.expect(403)
    page = person.page
    problems = []
    for path in ("reauthenticate/", "password/set/", "2fa/", "2fa/totp/activate/"):
        person.open(path)
        problems += looks_right(page, path)
    person.set_password()
    person.set_up_app()
    person.add_passkey()
    for path in PAGES:
        person.open(path)
        problems += looks_right(page, path)
    person.sign_out()
    problems += looks_right(page, "login")
    person.sign_in()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    problems += looks_right(page, "second factor")
    assert problems == []
