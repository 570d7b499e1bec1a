"""What `make demo` starts with: an owner, a workspace, documents, and a link to sign in by."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse
from pydantic import SecretStr
from sesame.utils import get_query_string

from datasets_ui.dify.documents import NewDocument, ProcessRule
from datasets_ui.forms.documents import CONTENT_TYPES, extension_of
from datasets_ui.models import Actor, User, Workspace
from datasets_ui.services.api_keys import examine, rotate_key
from datasets_ui.services.connections import connect, new_client
from datasets_ui.services.datasets import create_dataset
from datasets_ui.services.documents import OnDuplicate, upload_document
from datasets_ui.services.workspaces import is_set_up, set_up

OWNER = "owner@example.com"
WORKSPACE = "Acme Support"
FILES = settings.BASE_DIR / "dashboard" / "demo_files"
DESCRIPTIONS = {
    "Product manuals": "Printed and online manuals of the XR-200",
    "Support answers": "Curated answers of the support desk",
    "Staff handbook": "Leave, travel and expenses",
}


class Command(BaseCommand):
    help = "Set up the demo's owner and workspace, fill an empty sandbox, and print a sign-in link (used by `make demo`)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True)
        parser.add_argument("--key-file", type=Path, required=True)
        parser.add_argument("--open", required=True, help="address of the dashboard")

    def handle(self, *args: Any, **options: Any) -> None:
        key = SecretStr(options["key_file"].read_text().strip())
        if not is_set_up():
            set_up(email=OWNER, password=None, workspace_name=WORKSPACE, base_url=options["base_url"], key=key)
        owner = User.objects.get(email=OWNER)
        workspace = owner.workspaces.get(name=WORKSPACE)
        by = Actor("demo")
        stored = workspace.api_keys.get(is_default=True)
        if stored.base_url != options["base_url"]:
            found = examine(new_client(options["base_url"], key))
            rotate_key(key=stored, base_url=options["base_url"], secret=key, found=found, by=by)
        fill(workspace, by)
        link = options["open"] + reverse("sign-in-link") + get_query_string(owner)
        self.stdout.write(f"\nOpen {link}\n\nThe link signs you in once; start again for a new one. Ctrl+C stops everything.")


def fill(workspace: Workspace, by: Actor) -> None:
    """A dataset for each folder of files, where there are no datasets yet."""
    dify = connect(workspace, by)
    if dify.datasets.page(limit=1).total:
        return
    for folder in sorted(FILES.iterdir()):
        dataset = create_dataset(
            dify=dify, workspace=workspace, name=folder.name, description=DESCRIPTIONS.get(folder.name, ""),
            indexing_technique="economy", permission="all_team_members", by=by,
        )  # fmt: skip
        for path in sorted(folder.iterdir()):
            with path.open("rb") as file:
                upload_document(
                    dify=dify, workspace=workspace, dataset_id=dataset.id, name=path.name, file=file,
                    content_type=CONTENT_TYPES[extension_of(path.name)], new=NewDocument(process_rule=rule_for(path)),
                    on_duplicate=OnDuplicate.KEEP_BOTH, by=by,
                )  # fmt: skip


def rule_for(path: Path) -> ProcessRule:
    """Plain text a segment for each paragraph, as its writer meant it; the rest as Dify would."""
    by_paragraph = ProcessRule(mode="custom", separator="\n\n", max_tokens=1000, chunk_overlap=0)
    return by_paragraph if path.suffix in {".md", ".txt"} else ProcessRule()
