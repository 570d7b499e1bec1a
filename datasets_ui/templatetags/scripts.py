"""The scripts of a page: ES modules, as they are in static/js/, or joined where static files are collected (dashboard/static_files.py)."""

import re
from functools import cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

USED = re.compile(r'^import .*"\./(\w+)\.js";$', re.MULTILINE)


@register.simple_tag
@cache
def modules(*names: str) -> SafeString:
    """Scripts, and before them what is not joined to them, or the browser would learn of each module only from the one before it."""
    used: dict[str, None] = {}
    if not getattr(staticfiles_storage, "joins_scripts", False):
        for name in names:
            collect(name, used)
    preloads = format_html_join(
        "\n    ", '<link rel="modulepreload" href="{}">', ((address(name),) for name in used if name not in names)
    )
    scripts = format_html_join("\n    ", '<script type="module" src="{}"></script>', ((address(name),) for name in names))
    return format_html("{}\n    {}", preloads, scripts) if preloads else scripts


def address(name: str) -> str:
    return static(f"js/{name}.js")


def collect(name: str, used: dict[str, None]) -> None:
    """A module and, however far away, those that it uses."""
    used[name] = None
    for other in USED.findall(Path(str(finders.find(f"js/{name}.js"))).read_text()):
        if other not in used:
            collect(other, used)
