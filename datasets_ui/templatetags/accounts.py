"""What the account pages need."""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

register = template.Library()

# in this order: most browsers claim to be others, too
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS": "Firefox",
    "Chrome/": "Chrome",
    "CriOS": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@register.filter
def device(user_agent: str) -> str:
    """A browser's long name of itself in two words."""
    browser, system = (next((name for mark, name in names.items() if mark in user_agent), "") for names in (BROWSERS, SYSTEMS))
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:40] or _("Unknown device")


@register.simple_tag
def single_sign_on() -> str:
    """What the operator calls it; nothing where it is not set up."""
    return _(settings.OIDC_NAME)


@register.simple_tag(takes_context=True)
def account_tabs(context: template.Context) -> list[dict[str, Any]]:
    """The pages about one's own account; on a page of none of the others it is the first."""
    user, path = context["request"].user, context["request"].path
    password = "account_change_password" if user.has_usable_password() else "account_set_password"
    places = [
        (_("Overview"), "account"),
        (_("Password"), password),
        (_("Second factor"), "mfa_index"),
        (_("Sign-ins"), "usersessions_list"),
    ]
    if settings.OIDC_NAME:
        places.append((single_sign_on(), "socialaccount_connections"))
    urls = {name: reverse(place) for name, place in places}
    here = max((url for url in urls.values() if path.startswith(url)), key=len, default="")
    return [{"name": name, "url": url, "on": url == here} for name, url in urls.items()]
