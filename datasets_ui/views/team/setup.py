"""The front door: first run, sign-in by link, and the way to one's workspace."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from datasets_ui.access import address_of
from datasets_ui.accounts import sign_in
from datasets_ui.dify.errors import DifyError
from datasets_ui.forms.keys.api_keys import SetupForm
from datasets_ui.models import Membership
from datasets_ui.services.team.accounts import take_sign_in_link
from datasets_ui.services.team.workspaces import AlreadySetUp, FirstRun, is_set_up, set_up
from datasets_ui.views.errors import Problem, error_page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the first workspace; before the first run, to the setup."""
    if not is_set_up():
        return redirect("setup")
    if not request.user.is_authenticated:
        return redirect("account_login")
    membership = Membership.objects.filter(user=request.user).select_related("workspace").order_by("created_at").first()
    if membership is None:
        sentence = _("You are not a member of any workspace. Ask an admin to invite you.")
        return error_page(request, Problem(403, "no_workspace", _("No workspace"), sentence))
    return redirect("datasets", membership.workspace.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first run: owner, workspace, API. Afterwards this address does not exist."""
    if is_set_up():
        raise Http404("The dashboard is set up already.")
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, workspace = set_up(FirstRun(**form.cleaned_data), address=address_of(request))
        except DifyError as error:
            form.explain(error)
        except AlreadySetUp:
            return redirect("account_login")
        else:
            return sign_in(request, user, method="setup", redirect_url=reverse("datasets", args=[workspace.slug]))
    return render(request, "setup.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def password_reset_without_mail(request: HttpRequest) -> HttpResponse:
    """Stands in for allauth's page where no mail can be sent."""
    sentence = _("No mail is set up here, so no link can be sent. The operator can let you in with: manage.py users link")
    return error_page(request, Problem(404, "no_mail", _("Passwords cannot be reset by mail"), sentence))


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest) -> HttpResponse:
    """Sign in by a one-time link. Opening it shows a button, so that a preview of the link does not use it up."""
    if request.method != "POST":
        return render(request, "sign_in_link.html", {"token": request.GET.get("token", "")})
    user = take_sign_in_link(request.POST.get("token", ""))
    if user is None:
        sentence = _(
            "A sign-in link works once and for one hour. Sign in, or ask the operator for another one: manage.py users link."
        )
        return error_page(request, Problem(403, "link_used", _("This link does not work any more"), sentence))
    return sign_in(request, user, method="link")
