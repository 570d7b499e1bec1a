"""What a page says of each error."""

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.access import ConfirmItsYou, SecondFactorNeeded, SecondFactorNotGiven
from datasets_ui.accounts import PasswordChanged
from datasets_ui.dify.errors import DifyError, HeldBack, NotFound, TooManyCalls, Unauthorized
from datasets_ui.services.keys.connections import KeysLocked, NotConnected
from datasets_ui.services.locks import BeingChanged
from datasets_ui.services.spool import FileTooLarge, NoRoom
from datasets_ui.views.errors import NO_ROOM, Problem
from datasets_ui.words import refusal_of

# such as after signing in, or by "back": an address that only takes forms is opened
NOT_A_PAGE = Problem(405, "method_not_allowed", _("Not a page"), _("This address only takes forms. Go back to the datasets."))
CONFIRM = Problem(
    403,
    "confirm_its_you",
    _("Confirm that it is you"),
    _(
        "This needs your password or second factor again, because it was last given more than 15 minutes ago. Confirm, then try again."
    ),
    link=("account_reauthenticate", _("Confirm")),
)
SECOND_FACTOR = Problem(
    403,
    "second_factor_needed",
    _("A second factor is needed"),
    _("This workspace lets its admins in with a second factor only. Set one up, then come back."),
    link=("mfa_index", _("Set up a second factor")),
)
FACTOR_NOT_GIVEN = Problem(
    403,
    "second_factor_not_given",
    _("Give your second factor"),
    _(
        "This workspace lets its admins in with a second factor only, and this sign-in was not asked for yours. Give it, then try again."
    ),
    link=("mfa_reauthenticate", _("Give it")),
)
PASSWORD_CHANGED = Problem(
    409,
    "password_changed",
    _("The password was set at the same moment"),
    _(
        "Somebody else set the password of this account at the same moment, so yours was not set. If that was not you, ask for a new link."
    ),
    link=("account_reset_password", _("Set it again")),
)
RACED = Problem(
    409,
    "raced",
    _("Somebody was faster"),
    _("What this is about was made, changed or removed at the same moment. Look at what is there now, then try again."),
)
CUT_SHORT = Problem(
    408,
    "cut_short",
    _("Not all of it arrived"),
    _("The connection broke off, or was too slow, before all was here. Nothing was done with what had arrived. Send it again."),
)
FULL = Problem(503, "no_room", _("Not available just now"), NO_ROOM)
BUSY = Problem(
    503,
    "too_many_forms",
    _("Not available just now"),
    _("Too many forms are arriving slowly at the same time. This one was not taken. Try again in a moment."),
)
LOCKED = Problem(
    503,
    "keys_locked",
    _("Keys locked"),
    _("A stored secret cannot be decrypted. The operator has to put the right key into DATASETS_KEK; nothing was changed."),
)


def problem_of(error: Exception) -> Problem | None:
    """What a page says of an error; None for errors that are not expected here."""
    if isinstance(error, ConfirmItsYou):
        return CONFIRM
    if isinstance(error, SecondFactorNeeded):
        return SECOND_FACTOR
    if isinstance(error, SecondFactorNotGiven):
        return FACTOR_NOT_GIVEN
    if isinstance(error, PasswordChanged):
        return PASSWORD_CHANGED
    if isinstance(error, (IntegrityError, ObjectDoesNotExist)):
        return RACED
    if isinstance(error, FileTooLarge):
        advice = gettext("Get it in Dify itself.")
        return Problem(413, "file_too_large", gettext("Too large"), f"{error} {advice}")
    if isinstance(error, NoRoom):
        return FULL
    if isinstance(error, NotConnected):
        return Problem(409, "not_connected", gettext("No API key"), str(error))
    if isinstance(error, KeysLocked):
        return LOCKED
    return problem_of_dify(error) if isinstance(error, DifyError) else None


def problem_of_dify(error: DifyError) -> Problem:
    """What the client says, in the reader's language."""
    status, title = 502, gettext("Dify could not do this")
    if isinstance(error, NotFound):
        status, title = 404, gettext("Not found in Dify")
    elif isinstance(error, BeingChanged):
        status, title = 409, gettext("Somebody else is changing this")
    elif isinstance(error, (TooManyCalls, HeldBack)):
        status, title = 503, gettext("Not available just now")
    elif isinstance(error, Unauthorized):
        title = gettext("The API key was refused")
    refusal = refusal_of(error)
    return Problem(status, error.code, title, refusal.sentence, "" if isinstance(error, BeingChanged) else refusal.detail)
