"""Static files under names that hold a hash of their content, which browsers may keep for ever; the scripts of a page in one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

from dashboard.joined_scripts import join_scripts

# Our modules name those that they use by their hashed names, too. Django's own patterns for this (support_js_module_import_aggregation)
# take the scripts of others in, where they stumble over comments.
IMPORTS = (
    "js/*.js",
    ((r"""(?m)^(?P<matched>import (?P<what>[^"\n]*)"(?P<url>\./\w+\.js)";)$""", 'import %(what)s"%(url)s";'),),
)


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    joins_scripts = True  # so a page need not name what its scripts use
    patterns = (*CompressedManifestStaticFilesStorage.patterns, IMPORTS)
    # a pass for each step of the longest way from a module to one that uses no other: the 5 of Django's would just do
    max_post_process_passes = 20

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """The entries are written anew from their sources before all names get their hashes."""
        if not dry_run and "js/app.js" in paths:
            for name, content in join_scripts(lambda name: source_of(paths, f"js/{name}.js")).items():
                Path(self.path(f"js/{name}.js")).write_text(content)
                paths[f"js/{name}.js"] = (self, f"js/{name}.js")
        yield from super().post_process(paths, dry_run, **options)


def source_of(paths: dict[str, Any], name: str) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return str(file.read().decode())
