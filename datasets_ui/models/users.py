"""People who sign in; an e-mail address is their name."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from datasets_ui.models.compiled import Compiled

if TYPE_CHECKING:
    from datasets_ui.models.workspaces import Membership


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **more: Any) -> "User":
        user = self.model(email=email.lower(), **more)  # one person, however the address is typed
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get(self, *conditions: Any, **wanted: Any) -> "User":
        """By the id alone, as each request asks for whom it comes from, by a compiled query. Raises User.DoesNotExist."""
        if conditions or list(wanted) != ["pk"] or not isinstance(wanted["pk"], int):
            return super().get(*conditions, **wanted)
        found = find_user(wanted["pk"])
        if not found:
            raise self.model.DoesNotExist
        return found[0]


class User(AbstractUser):
    username = None  # type: ignore[assignment]  # Django's way to say that there is none, or another
    email = models.EmailField(_("e-mail address"), unique=True)

    # found when a reader was let in to a workspace; None where a page has to ask for them
    seen_memberships: "list[Membership] | None" = None

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # Django's way to say that there is none, or another

    def __str__(self) -> str:
        return self.email


def user_by_id(user_id: int) -> models.QuerySet[User]:
    return User.objects.filter(pk=user_id)


find_user = Compiled(user_by_id, int)
