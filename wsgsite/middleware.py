"""What happens around every request."""

import logging
import re
import secrets
import time

from csp.constants import SELF
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpResponseNotAllowed

from wsgsite import errors, metrics
from wsgsite.health import OPERATIONS
from wsgsite.logs import current_request, route_of, view_of

log = logging.getLogger("wsgsite.requests")
WELL_FORMED = re.compile(r"[0-9A-Za-z-]{8,64}")
HEADER = "X-Request-ID"


class HeadersMiddleware:
    """Gives every answer the headers that Django has no setting for."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class PolicyMiddleware(CSPMiddleware):
    """The content security policy of every answer; who may frame it is said once, by Django's way.

    A view marked with `xframe_options_sameorigin` may be framed by the portal's own pages.
    """

    def get_policy_parts(self, request, response, report_only=False):
        parts = super().get_policy_parts(request, response, report_only)
        if response.get("X-Frame-Options") == "SAMEORIGIN":
            parts.replace = {**(parts.replace or {}), "frame-ancestors": [SELF]}
        return parts


class RequestMiddleware:
    """Numbers each request, logs and counts it, and answers the machines.

    The number is in the answer's header, in every line of the log and on the pages of faults.
    A proxy that is trusted may give it. What asks whether the portal is alive is answered here,
    before host names, https and logins are looked at.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.request_id = _number(request)
        token = current_request.set(request)
        began = time.perf_counter()
        try:
            operation = OPERATIONS.get(request.path_info)
            response = operation(request) if operation else self.get_response(request)
            response[HEADER] = request.request_id
            # Neither the machines' questions nor static files tell anything.
            if not operation and not request.path_info.startswith(settings.STATIC_URL):
                self._record(request, response, time.perf_counter() - began)
        finally:
            current_request.reset(token)
        return response

    def _record(self, request, response, seconds):
        # Who is logged in as far as this request had to know: nothing is asked for the log.
        user = getattr(request, "_cached_user", None)
        view = view_of(request)
        line = {
            "method": request.method,
            "route": route_of(request),
            "view": view,
            "status": response.status_code,
            "duration": round(seconds, 4),
            "user": user.pk if user else None,
        }
        # The key of what a page is about is a number; what is not may be a secret.
        match = getattr(request, "resolver_match", None)
        given = match.kwargs.items() if match else ()
        if keys := {name: value for name, value in given if isinstance(value, int)}:
            line["keys"] = keys
        shown = line["route"] or "(no page)"
        log.info("%s %s %s", request.method, shown, response.status_code, extra=line)
        metrics.observe(view, request.method, response.status_code, seconds)


def _number(request):
    given = request.headers.get(HEADER, "")
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT and WELL_FORMED.fullmatch(given):
        return given
    # Its letter keeps it out of what looks like a card number (`logs.MASKS`): one in 300 of the
    # others has digits alone.
    return f"r{secrets.token_hex(6)}"


# The portal reads by the first two and writes by the third.
METHODS = ("GET", "HEAD", "POST")


class DoorMiddleware:
    """Takes no request by another method or with too large a body, before anything is done for it.

    What a library's view makes of another method (Django's form views take PUT for POST) nobody
    asks for. Django bounds fields and their sizes, but writes files of any length to the disk.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdecimal()):
            return errors.page(request, 400)
        if int(length[:20]) > settings.BODY_LIMIT:
            return errors.page(request, 413)
        return self.get_response(request)


class MethodPageMiddleware:
    """Answers with a page where the browser would show its own error, in its own language.

    The address of a decision cannot be opened, only sent to: whoever logs in again after the
    session ran out, or reloads after a restart, arrives at one with GET.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        page = errors.page(request, 405)
        page["Allow"] = response["Allow"]
        return page
