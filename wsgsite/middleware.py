"""What happens around every request."""

from csp.constants import SELF
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpResponseNotAllowed
from django.shortcuts import render


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


class BodyLimitMiddleware:
    """Refuses a request whose body is larger than everything that a page can send.

    Django bounds fields and their sizes, but writes uploaded files of any length to the disk.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            raise BadRequest("a length that is no number")
        if int(length[:20]) > settings.REQUEST_LIMIT:
            raise RequestDataTooBig
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
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page
