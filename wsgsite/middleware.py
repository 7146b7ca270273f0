"""What happens around every request."""

from django.http import HttpResponseNotAllowed
from django.shortcuts import render

# The portal reads by the first two and writes by the third.
METHODS = ("GET", "HEAD", "POST")


class MethodsMiddleware:
    """Takes no request by another method, before anything is asked or done for it.

    What a library's view makes of one (Django's form views take PUT for POST) nobody asks for.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
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
