"""What `make demo` starts with: an owner, a workspace, documents, and a link to sign in by; then what people have done there."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse
from django.utils.translation import gettext
from pydantic import SecretStr
from sesame.utils import get_query_string

from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import NewDocument, ProcessRule
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.paging import LARGEST_PAGE
from datasets_ui.forms.documents import CONTENT_TYPES, extension_of
from datasets_ui.management.demo import DATASET, EDITORS, OWNER
from datasets_ui.management.demo.edits import make_edits
from datasets_ui.management.demo.jobs import begin_jobs
from datasets_ui.management.demo.people import invite_editors
from datasets_ui.models import Actor, User, Workspace
from datasets_ui.services.datasets import NewDataset, create_dataset
from datasets_ui.services.documents.changing import NewFile, OnDuplicate, upload_document
from datasets_ui.services.keys.api_keys import Tried, examine, rotate_key
from datasets_ui.services.keys.connections import connect, new_client
from datasets_ui.services.scope import ApiScope, DatasetScope, Scope
from datasets_ui.services.segments.completion import KeptInPart
from datasets_ui.services.segments.editing import ChangedMeanwhile
from datasets_ui.services.team.workspaces import FirstRun, is_set_up, set_up

WORKSPACE = "Acme Support"
FILES = settings.BASE_DIR / "dashboard" / "demo_files"
DESCRIPTIONS = {
    "Product manuals": "Printed and online manuals of the XR-200",
    "Support answers": "Curated answers of the support desk",
    "Staff handbook": "Leave, travel and expenses",
}


class Command(BaseCommand):
    help = gettext(
        "Set up the demo's owner and workspace, fill an empty sandbox, and print a sign-in link (used by `make demo`)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True)
        parser.add_argument("--key-file", type=Path, required=True)
        parser.add_argument("--password-file", type=Path, required=True)
        parser.add_argument("--open", required=True, help=gettext("address of the dashboard"))

    def handle(self, *args: Any, **options: Any) -> None:
        key = SecretStr(options["key_file"].read_text().strip())
        password = options["password_file"].read_text().strip()
        if not is_set_up():
            set_up(FirstRun(OWNER, password, WORKSPACE, options["base_url"], key))
        owner = User.objects.get(email=OWNER)
        if not owner.has_usable_password():  # of a demo that began before there was one
            owner.set_password(password)
            owner.save(update_fields=["password"])
        workspace = owner.workspaces.get(name=WORKSPACE)
        scope = Scope(workspace=workspace, by=Actor("demo"))
        stored = workspace.api_keys.get(is_default=True)
        if stored.base_url != options["base_url"]:
            found = examine(new_client(options["base_url"], key))
            rotate_key(scope, stored, Tried(options["base_url"], key, found))
        datasets = fill(scope.connected(connect(workspace, scope.by)))
        self.tell(owner, options["open"], password)
        for dataset in datasets:
            if dataset.name == DATASET:
                self.fill_with_life(owner, workspace, dataset, password)

    def fill_with_life(self, owner: User, workspace: Workspace, dataset: Dataset, password: str) -> None:
        """People are at work there already, and may be faster: that is no reason to end the demo."""
        try:
            bring_people(owner, workspace, dataset, password)
        except (DifyError, ChangedMeanwhile, KeptInPart) as error:
            words = gettext("Not all that the demo shows could be made: %(reason)s")
            self.stderr.write(words % {"reason": f"{type(error).__name__} {error}"})

    def tell(self, owner: User, address: str, password: str) -> None:
        """The link, and at once: what follows takes a while."""
        link = address + reverse("sign-in-link") + get_query_string(owner)
        words = gettext("Open %(link)s\n\nThe link signs you in once; start again for a new one. Ctrl+C stops everything.")
        self.stdout.write("\n" + words % {"link": link})
        if owner.check_password(password):  # whoever has set another one knows it
            words = gettext("Where you are asked who you are: %(email)s, with the password %(password)s")
            self.stdout.write(words % {"email": owner.email, "password": password})
        self.stdout.flush()


def fill(scope: ApiScope) -> list[Dataset]:
    """A dataset for each folder of files, where there is none yet but what the sandbox began with; those that were there."""
    datasets = scope.dify.datasets.page(limit=LARGEST_PAGE).data
    if any(dataset.name != DATASET for dataset in datasets):
        return datasets
    for folder in sorted(FILES.iterdir()):
        new = NewDataset(folder.name, DESCRIPTIONS.get(folder.name, ""), "economy", "all_team_members")
        dataset = scope.dataset(create_dataset(scope, new).id)
        for path in sorted(folder.iterdir()):
            with path.open("rb") as file:
                new_file = NewFile(path.name, file, CONTENT_TYPES[extension_of(path.name)])
                upload_document(dataset, new_file, NewDocument(process_rule=rule_for(path)), OnDuplicate.KEEP_BOTH)
    return datasets


def rule_for(path: Path) -> ProcessRule:
    """Plain text a segment for each paragraph, as its writer meant it; the rest as Dify would."""
    by_paragraph = ProcessRule(mode="custom", separator="\n\n", max_tokens=1000, chunk_overlap=0)
    return by_paragraph if path.suffix in {".md", ".txt"} else ProcessRule()


def bring_people(owner: User, workspace: Workspace, dataset: Dataset, password: str) -> None:
    """People, what they have edited, and their jobs; each once, and none where somebody has begun already."""
    edited, worked = workspace.revisions.exists(), workspace.jobs.exists()
    if edited and worked:
        return
    invite_editors(scope_of(owner, workspace, dataset), password)
    members = {member.user.email: member.user for member in workspace.memberships.select_related("user")}
    if not members.keys() >= {OWNER, *EDITORS}:  # somebody was removed since
        return
    people = [scope_of(members[email], workspace, dataset) for email in (OWNER, *EDITORS)]
    rows = people[0].dify.documents.page(dataset.id, limit=LARGEST_PAGE).data
    documents = {row.name: people[0].document(row.id) for row in rows}
    if not edited:
        make_edits(people, documents)
    if not worked:
        begin_jobs(people, documents)


def scope_of(user: User, workspace: Workspace, dataset: Dataset) -> DatasetScope:
    by = Actor(user.email)
    scope = Scope(workspace=workspace, by=by, user=user)
    return scope.connected(connect(workspace, by, dataset.id)).dataset(dataset.id)
