"""How long a text may be that is typed, where more than one form asks for it. What a segment may hold is in dify/segments.py."""

from django.db.models import CharField, Model

LONGEST_SEARCH = 200  # of what is looked for in a list


def longest(model: type[Model], field: str) -> int | None:
    """As many characters as we keep of it, which its model says."""
    kept = model._meta.get_field(field)
    if not isinstance(kept, CharField):
        raise TypeError(f"{field} of {model.__name__} is no text with a limit.")
    return kept.max_length
