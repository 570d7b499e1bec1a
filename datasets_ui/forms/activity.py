"""What the activity is filtered by."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datasets_ui.forms.limits import LONGEST_SEARCH, longest
from datasets_ui.models import Act, AuditEvent
from datasets_ui.models.audit import AuditEvents

NOUNS: dict[str, str | Promise] = {
    "dataset": _("Dataset"),
    "document": _("Document"),
    "segment": _("Segment"),
    "child_chunk": _("Child chunk"),
    "job": _("Job"),
    "installation": _("Installation"),
    "workspace": _("Workspace"),
    "member": _("Member"),
    "invitation": _("Invitation"),
    "api_key": _("API key"),
    "keys": _("Keys"),
    "account": _("Account"),
}
KINDS = [("", _("Everything")), *((noun, NOUNS.get(noun, noun)) for noun in dict.fromkeys(act.noun for act in Act))]
DATE = {"type": "date"}
DAYS = [
    MinValueValidator(date(1970, 1, 1), _("The first possible date is 1970-01-01.")),
    MaxValueValidator(date(9998, 12, 31), _("The last possible date is 9998-12-31.")),
]


class ActivityForm(forms.Form):
    person = forms.CharField(
        label=_("Person"),
        required=False,
        max_length=longest(AuditEvent, "actor"),
        widget=forms.TextInput(attrs={"placeholder": _("Person")}),
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=KINDS)
    object = forms.CharField(
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"placeholder": _("Name or id")}),
        label=_("What"),
    )
    since = forms.DateField(
        required=False, label=_("From"), validators=DAYS, widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )
    until = forms.DateField(
        required=False, label=_("To"), validators=DAYS, widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )

    def narrow(self, events: AuditEvents) -> AuditEvents:
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        if "person" in wanted:
            events = events.filter(actor__icontains=wanted["person"])
        if "kind" in wanted:
            events = events.filter(act__startswith=f"{wanted['kind']}.")
        if "object" in wanted:
            events = events.about(wanted["object"])
        if "since" in wanted:
            events = events.filter(at__gte=midnight(wanted["since"]))
        if "until" in wanted:
            events = events.filter(at__lt=midnight(wanted["until"] + timedelta(days=1)))
        return events


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
