"""How often a page may be asked for, and after how long it can be again."""

from functools import wraps

from allauth.decorators import rate_limit

from accounts.allauth_internals import parse_rate


def limited(action, rate, *, limit_get=False):
    """Limit how often one address may request a function view; `rate` is "30/m/ip" or "5/h/ip".

    More is answered by the page of 429, which says after how long it is over. allauth counts, for
    all processes together; without `limit_get` a GET does not count.
    """
    seconds = int(parse_rate(rate).duration)

    def decorate(view):
        counted = rate_limit(action=action, config={action: rate}, limit_get=limit_get)(view)

        @wraps(view)
        def wrapped(request, *args, **kwargs):
            request.limited_for = seconds
            return counted(request, *args, **kwargs)

        return wrapped

    return decorate
