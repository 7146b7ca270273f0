"""Sessions in the database, as Django keeps them; reading one costs no making of SQL."""

import datetime

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.prepared import Prepared

OPEN_SESSION = Prepared(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now),
    str,
    datetime.datetime,
)


class SessionStore(DatabaseStore):
    """One session; the name is Django's for what SESSION_ENGINE holds."""

    def _get_session_from_db(self):
        for session in OPEN_SESSION.ask(self.session_key, timezone.now()):
            return session
        self._session_key = None
        return None
