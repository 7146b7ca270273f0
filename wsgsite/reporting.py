"""Errors reported to a Sentry server, where SENTRY_DSN names one; without personal data."""

from wsgsite.logs import current_request, masked, route_of

# Of the request only its method goes out, and the route that it matched as `transaction`.
DROPPED = (
    "user",
    "request",
    "extra",
    "breadcrumbs",
    "modules",
    "server_name",
    "transaction",
)


def start(dsn, environment, release=None):
    """Report errors of this process from now on."""
    # Here, because of what it loads: 10 MB that a portal without such a server need not have.
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
        auto_session_tracking=False,
        before_send=scrubbed,
        default_integrations=False,
        integrations=[DjangoIntegration(), LoggingIntegration()],
    )


def scrubbed(event, hint):
    """Return an event without bodies, cookies, headers, addresses, users and local variables.

    Texts are masked like the log's; the number of the request leads to its lines there.
    """
    request = current_request.get()
    for part in DROPPED:
        event.pop(part, None)
    if "logentry" in event:
        # The words of the code, without what was put into them.
        event["logentry"] = {"message": event["logentry"].get("message", "")}
    if request is not None:
        event["request"] = {"method": request.method}
        event["tags"] = {"request_id": request.request_id}
        event["transaction"] = route_of(request)
    for thrown in event.get("exception", {}).get("values", []):
        for frame in thrown.get("stacktrace", {}).get("frames", []):
            frame.pop("vars", None)
    return _masked(event)


def _masked(value):
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _masked(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    return value
