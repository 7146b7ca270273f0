"""What the portal uses of allauth's internals: here alone, for a release may move any of it.

pyproject.toml bounds the release; the tests of login, factors and sessions say what each is for.
"""

from allauth.account.internal.flows.email_verification import (
    send_verification_email_to_address,
)
from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from allauth.account.internal.flows.manage_email import email_already_exists
from allauth.account.internal.flows.reauthentication import (
    reauthenticate_by_password,
)
from allauth.account.internal.stagekit import clear_login
from allauth.core.internal.ratelimit import parse_rate
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.internal.flows import remove_authenticator
from allauth.usersessions.internal.flows.sessions import (
    end_other_sessions,
    end_sessions,
)
