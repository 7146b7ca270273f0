"""Who a session belongs to: read at every request, so its SQL is made once."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from accounts.prepared import Prepared

ACCOUNT = Prepared(lambda pk: User.objects.filter(pk=pk), int)


class AccountBackend(AuthenticationBackend):
    """allauth's check of passwords and passkeys."""

    def get_user(self, user_id):
        """Return the account, or None when there is none or it is closed."""
        for user in ACCOUNT.ask(user_id):
            return user if self.user_can_authenticate(user) else None
        return None
