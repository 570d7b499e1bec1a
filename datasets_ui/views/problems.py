"""What a page says of each error."""

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError

from datasets_ui.access import ConfirmItsYou, SecondFactorNeeded, SecondFactorNotGiven
from datasets_ui.accounts import PasswordChanged
from datasets_ui.dify.errors import DifyError, HeldBack, NotFound, TooManyCalls, Unauthorized
from datasets_ui.services.connections import KeysLocked, NotConnected
from datasets_ui.services.locks import BeingChanged
from datasets_ui.services.spool import FileTooLarge, NoRoom
from datasets_ui.views.errors import NO_ROOM, Problem

# such as after signing in, or by "back": an address that only takes forms is opened
NOT_A_PAGE = Problem(405, "method_not_allowed", "Not a page", "This address only takes forms. Go back to the datasets.")
CONFIRM = Problem(
    403, "confirm_its_you", "Confirm that it is you",
    "This needs your password or second factor again, because it was last given more than 15 minutes ago. Confirm, then try again.",
    link=("account_reauthenticate", "Confirm"),
)  # fmt: skip
SECOND_FACTOR = Problem(
    403, "second_factor_needed", "A second factor is needed",
    "This workspace lets its admins in with a second factor only. Set one up, then come back.",
    link=("mfa_index", "Set up a second factor"),
)  # fmt: skip
FACTOR_NOT_GIVEN = Problem(
    403, "second_factor_not_given", "Give your second factor",
    "This workspace lets its admins in with a second factor only, and this sign-in was not asked for yours. Give it, then try again.",
    link=("mfa_reauthenticate", "Give it"),
)  # fmt: skip
PASSWORD_CHANGED = Problem(
    409, "password_changed", "The password was set at the same moment",
    "Somebody else set the password of this account at the same moment, so yours was not set. If that was not you, ask for a new link.",
    link=("account_reset_password", "Set it again"),
)  # fmt: skip
RACED = Problem(
    409, "raced", "Somebody was faster",
    "What this is about was made, changed or removed at the same moment. Look at what is there now, then try again.",
)  # fmt: skip
CUT_SHORT = Problem(
    408, "cut_short", "Not all of it arrived",
    "The connection broke off, or was too slow, before all was here. Nothing was done with what had arrived. Send it again.",
)  # fmt: skip
FULL = Problem(503, "no_room", "Not available just now", NO_ROOM)
BUSY = Problem(
    503, "too_many_forms", "Not available just now",
    "Too many forms are arriving slowly at the same time. This one was not taken. Try again in a moment.",
)  # fmt: skip


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
        return Problem(413, "file_too_large", "Too large", f"{error} Get it in Dify itself.")
    if isinstance(error, NoRoom):
        return FULL
    if isinstance(error, NotConnected):
        return Problem(409, "not_connected", "No API key", str(error))
    if isinstance(error, KeysLocked):
        return Problem(
            503, "keys_locked", "Keys locked",
            "A stored secret cannot be decrypted. The operator has to put the right key into DATASETS_KEK; nothing was changed.",
        )  # fmt: skip
    if not isinstance(error, DifyError):
        return None
    if isinstance(error, NotFound):
        return Problem(404, error.code, "Not found in Dify", error.sentence, error.detail)
    if isinstance(error, BeingChanged):
        return Problem(409, error.code, "Somebody else is changing this", error.sentence)
    if isinstance(error, (TooManyCalls, HeldBack)):
        return Problem(503, error.code, "Not available just now", error.sentence, error.detail)
    title = "The API key was refused" if isinstance(error, Unauthorized) else "Dify could not do this"
    return Problem(502, error.code, title, error.sentence, error.detail)
