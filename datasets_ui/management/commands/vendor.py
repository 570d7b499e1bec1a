"""Copies the style sheet and font that we serve from their npm packages, and checks their hashes."""

import hashlib
import re
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

FOLDER = settings.BASE_DIR / "static" / "vendor"


class Command(BaseCommand):
    help = "Copy vendored files from npm packages as static/vendor/vendor.toml says (for developers; needs npm)."

    def handle(self, *args: Any, **options: Any) -> None:
        for file in tomllib.loads((FOLDER / "vendor.toml").read_text())["file"]:
            content = without_source_map(packed(file["package"], file["path"]))
            if hashlib.sha256(content).hexdigest() != file["sha256"]:
                raise CommandError(f"{file['name']} is not what vendor.toml says: sha256 {hashlib.sha256(content).hexdigest()}")
            (FOLDER / file["name"]).write_bytes(content)
            self.stdout.write(f"{file['name']} from {file['package']}")


def packed(package: str, path: str) -> bytes:
    """One file of an npm package."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            member = archive.extractfile(f"package/{path}")
            if member is None:
                raise CommandError(f"{package} has no {path}")
            return member.read()


def without_source_map(content: bytes) -> bytes:
    """The map is not served, and the static files storage stops at a reference to a file that is not there."""
    return re.sub(rb"/\*# sourceMappingURL=[^*]+\*/\s*$", b"", content)
