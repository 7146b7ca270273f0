"""What the portal uses of allauth's internals: here alone, for a release may move any of it.

pyproject.toml bounds the release; the tests of login, factors and sessions say what each is for.
"""

from allauth.account.internal.flows.email_verification import (  # noqa: F401
    send_verification_email_to_address,
)
from allauth.account.internal.flows.login import (  # noqa: F401
    get_authentication_records,
    record_authentication,
)
from allauth.account.internal.flows.manage_email import email_already_exists  # noqa: F401
from allauth.account.internal.flows.reauthentication import (  # noqa: F401
    reauthenticate_by_password,
)
from allauth.account.internal.stagekit import clear_login  # noqa: F401
from allauth.core.internal.ratelimit import parse_rate  # noqa: F401
from allauth.mfa.internal.flows.add import validate_can_add_authenticator  # noqa: F401
from allauth.mfa.webauthn.internal.auth import begin_authentication  # noqa: F401
from allauth.mfa.webauthn.internal.flows import remove_authenticator  # noqa: F401
from allauth.usersessions.internal.flows.sessions import (  # noqa: F401
    end_other_sessions,
    end_sessions,
)
