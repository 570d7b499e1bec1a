"""What the activity is filtered by."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils import timezone

from datasets_ui.models import Act, AuditEvent

NOUNS = list(dict.fromkeys(act.noun for act in Act))
KINDS = [("", "Everything"), *((noun, noun.replace("_", " ").capitalize().replace("Api", "API")) for noun in NOUNS)]
DATE = {"type": "date"}
DAYS = [
    MinValueValidator(date(1970, 1, 1), "The first possible date is 1970-01-01."),
    MaxValueValidator(date(9998, 12, 31), "The last possible date is 9998-12-31."),
]


class ActivityForm(forms.Form):
    person = forms.CharField(required=False, max_length=254, widget=forms.TextInput(attrs={"placeholder": "Person"}))
    kind = forms.ChoiceField(required=False, choices=KINDS)
    object = forms.CharField(
        required=False, max_length=200, widget=forms.TextInput(attrs={"placeholder": "Name or id"}), label="What"
    )
    since = forms.DateField(
        required=False, label="From", validators=DAYS, widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )
    until = forms.DateField(required=False, label="To", validators=DAYS, widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"))

    def narrow(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        if "person" in wanted:
            events = events.filter(actor__icontains=wanted["person"])
        if "kind" in wanted:
            events = events.filter(act__startswith=f"{wanted['kind']}.")
        if "object" in wanted:
            events = events.filter(object_name__icontains=wanted["object"]) | events.filter(object_id=wanted["object"])
        if "since" in wanted:
            events = events.filter(at__gte=midnight(wanted["since"]))
        if "until" in wanted:
            events = events.filter(at__lt=midnight(wanted["until"] + timedelta(days=1)))
        return events


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
