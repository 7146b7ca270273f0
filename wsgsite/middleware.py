"""What happens around every request."""

import logging

from django.http import HttpResponseNotAllowed
from django.shortcuts import render

log = logging.getLogger(__name__)


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


class StorageDown(OSError):
    """The bucket did not do what it was asked to: like a disk that fails."""


class StorageDownMiddleware:
    """Answers 503, with a page, where a file is needed and the bucket does not give it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, StorageDown):
            return None
        log.error("the bucket failed at %s", request.path, exc_info=exception)
        page = render(request, "503.html", status=503)
        page["Retry-After"] = "60"
        return page
