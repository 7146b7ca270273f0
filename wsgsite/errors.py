"""The pages of faults, 400 to 503. None needs the database, a session or the page's context.

Each says what happened, what to do, whom to ask, and the number under which it is in the logs.
"""

import errno
import logging
import sys
from contextlib import suppress
from html import escape

from django.conf import settings
from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.debug import SafeExceptionReporterFilter

from applications.files.storage import StorageDown
from wsgsite.context import PORTAL_NAME

log = logging.getLogger(__name__)

# So many seconds a browser or a proxy waits before it asks again.
RETRY_AFTER = 30
# What a full disk, a used-up quota and a file that may not grow say.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# When not even a template can be read.
PLAIN = """<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><title>系统暂时出现故障</title>
<h1>系统暂时出现故障</h1><p>刚才的操作没有完成，此前已保存的内容不受影响。请稍后重试。</p>
<p>请求编号：{number}</p><p><a href="/">返回首页</a></p><p>{contact}</p></html>"""


def page(request, status, template=None, **context):
    """Return the page of a fault; `template` is the status's own unless it is named."""
    number = getattr(request, "request_id", "")
    try:
        body = render_to_string(
            f"{template or status}.html",
            {
                "portal_name": PORTAL_NAME,
                "office_contact": settings.OFFICE_CONTACT,
                "request_id": number,
                "home": reverse("home"),
                **context,
            },
        )
    except Exception:  # a page of faults is the last that may fail
        log.exception("the page of the fault %s was not made", status)
        body = PLAIN.format(number=escape(number), contact=escape(settings.OFFICE_CONTACT))
    response = HttpResponse(body, status=status)
    add_never_cache_headers(response)
    return response


def bad_request(request, exception=None):
    """400; 413 when what was sent is too large."""
    if isinstance(exception, RequestDataTooBig):
        return page(request, 413)
    too_many = isinstance(exception, TooManyFieldsSent | TooManyFilesSent)
    return page(request, 400, too_many=too_many)


def permission_denied(request, exception=None):
    """403."""
    return page(request, 403)


def csrf_failure(request, reason=""):
    """403 for a form without its token (`CSRF_FAILURE_VIEW`)."""
    return page(request, 403, "403_csrf")


def not_found(request, exception=None):
    """404."""
    return page(request, 404)


def too_many_requests(request):
    """429 (called by allauth), and after how long it is over: a minute, or what `limited` says."""
    seconds = getattr(request, "limited_for", 60)
    wait = f"{seconds // 3600} 小时" if seconds >= 3600 else f"{seconds // 60} 分钟"
    response = page(request, 429, wait=wait)
    response["Retry-After"] = seconds
    return response


def server_error(request):
    """500; 409 for what is there already, 503 while database, bucket or disk fail.

    Called in `except`.
    """
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError | StorageDown):
        return unavailable(request)
    if isinstance(error, IntegrityError):
        # Two wrote the same at once, and the database took one of them.
        log.error("a row was refused", exc_info=error)
        return page(request, 409)
    if isinstance(error, OSError) and error.errno in FULL:
        _read_to_its_end(request)
        return unavailable(request, is_full=True)
    return page(request, 500)


def _read_to_its_end(request):
    """Take in the rest of what is being sent: a browser that is cut off shows no page."""
    with suppress(OSError):
        while request.read(1024 * 1024):
            pass


def unavailable(request, **context):
    """503: it passes, without anybody changing anything in the portal."""
    response = page(request, 503, **context)
    response["Retry-After"] = RETRY_AFTER
    return response


class Discreet(SafeExceptionReporterFilter):
    """Keeps every value out of a report, not only those that a view has marked as sensitive.

    A form of the portal is personal data from end to end, and passes through many functions.
    """

    def get_post_parameters(self, request):
        """The names of what was sent."""
        return dict.fromkeys(request.POST, self.cleansed_substitute) if request else {}

    def get_traceback_frame_variables(self, request, tb_frame):
        """The names of a function's variables."""
        return [(name, self.cleansed_substitute) for name in tb_frame.f_locals]
