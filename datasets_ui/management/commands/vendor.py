"""Takes the style sheet and font of npm packages, checks their hashes, and writes what of them is served."""

import hashlib
import re
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from datasets_ui.management.vendoring.font import cut
from datasets_ui.management.vendoring.named import names_of_ours, style_of_ours
from datasets_ui.management.vendoring.style_sheet import purge

WHOLE = settings.BASE_DIR / "vendor"  # in git as they were downloaded: what is served can be made anew without a network
SERVED = settings.BASE_DIR / "static" / "vendor"


class Command(BaseCommand):
    help = gettext("Make static/vendor/ of the files that vendor/vendor.toml names (for developers; needs npm for new ones).")

    def handle(self, *args: Any, **options: Any) -> None:
        for file in tomllib.loads((WHOLE / "vendor.toml").read_text())["file"]:
            fetch(file, WHOLE, packed)
        for name, content in made():
            (SERVED / name).write_bytes(content)
            words = gettext("%(file)s: %(served)s of %(whole)s bytes")
            sizes = {"served": len(content), "whole": (WHOLE / name).stat().st_size}
            self.stdout.write(words % ({"file": name} | sizes))


def fetch(file: dict[str, str], folder: Path, download: Callable[[str, str], bytes]) -> None:
    """Download what is not there, or is another version; whatever has not the hash that was written down is refused."""
    path = folder / file["name"]
    content = path.read_bytes() if path.exists() else b""
    if sha256(content) == file["sha256"]:
        return
    content = without_source_map(download(file["package"], file["path"]))
    if sha256(content) != file["sha256"]:
        words = gettext("%(file)s is not what vendor.toml says: sha256 %(hash)s")
        raise CommandError(words % {"file": file["name"], "hash": sha256(content)})
    path.write_bytes(content)


def made() -> Iterator[tuple[str, bytes]]:
    """What is to be served, by name."""
    for path in sorted(WHOLE.glob("*.css")):
        yield path.name, purge(path.read_text(), names_of_ours(), style_of_ours()).encode()
    for path in sorted(WHOLE.glob("*.woff2")):
        yield path.name, cut(path.read_bytes())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def packed(package: str, path: str) -> bytes:
    """One file of an npm package."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            member = archive.extractfile(f"package/{path}")
            if member is None:
                raise CommandError(gettext("%(package)s has no %(path)s") % {"package": package, "path": path})
            return member.read()


def without_source_map(content: bytes) -> bytes:
    """The map is not served, and the static files storage stops at a reference to a file that is not there."""
    return re.sub(rb"/\*# sourceMappingURL=[^*]+\*/\s*$", b"", content)
