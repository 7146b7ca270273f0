"""Log lines: which request they belong to, and without personal data.

JSON in production, for the machines that collect them; plain text elsewhere.
"""

import logging
import re
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

# The request that this thread answers; None in the worker and in commands.
current_request = ContextVar("current_request", default=None)

# What looks like personal data, wherever it comes from: an exception quotes what was typed.
_ALONE = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
MASKS = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(_ALONE.format(r"\d{17}[\dXx]")), "[id number]"),
    (re.compile(_ALONE.format(r"\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})?")), "[card number]"),
    (re.compile(_ALONE.format(r"(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}")), "[mobile number]"),
)


def masked(text):
    """Return the text without what looks like an ID, card or mobile number or an e-mail address."""
    for pattern, name in MASKS:
        text = pattern.sub(name, text)
    return text


def route_of(request):
    """Return the route that a request matched, such as review/<int:pk>/; "" for none.

    Never the path: that of a password reset or of an objection is a secret.
    """
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else ""


def view_of(request):
    """Return the full name of the address that a request matched, or "" for none."""
    match = getattr(request, "resolver_match", None)
    return match.view_name if match else ""


class RequestFilter(logging.Filter):
    """Gives every line the request that it was written in, and takes secret paths out of it."""

    def filter(self, record):
        # Django's own line about a request is "Not Found: /the/path", written once it is answered.
        asked = getattr(record, "request", None)
        request = current_request.get() or asked
        record.request_id = getattr(request, "request_id", "")
        path = getattr(asked, "path", None)
        if path and isinstance(record.args, tuple):
            shown = route_of(asked) or "(no page)"
            record.args = tuple(shown if value == path else value for value in record.args)
        return True


class TextFormatter(logging.Formatter):
    """Plain lines, masked."""

    def format(self, record):
        return masked(super().format(record))


class PortalJsonFormatter(JsonFormatter):
    """One JSON object a line, masked: time, level, logger, message, request_id and the extras."""

    def process_log_record(self, log_record):
        # Django hands its own lines the request itself, or a socket.
        log_record.pop("request", None)
        if not log_record.get("request_id"):
            log_record.pop("request_id", None)
        return {key: self._shown(key, value) for key, value in log_record.items()}

    def _shown(self, key, value):
        if key in {"request_id", "timestamp"} or not isinstance(value, str):
            return value
        return masked(value)


def logging_settings(production):
    """Return Django's LOGGING: JSON with a line for each request, or plain text without."""
    formatter = {
        "json": {
            "()": PortalJsonFormatter,
            "fmt": "{levelname}{name}{message}{request_id}",
            "style": "{",
            "timestamp": True,
            "json_ensure_ascii": False,
            "rename_fields": {"levelname": "level", "name": "logger", "timestamp": "time"},
        },
        "text": {"()": TextFormatter, "format": "%(levelname)s %(name)s %(message)s"},
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatter,
        "filters": {"request": {"()": RequestFilter}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "filters": ["request"],
                "formatter": "json" if production else "text",
            }
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            # Django's own handler writes to the console only while DEBUG is on; ours always does.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "wsgsite.requests": {"level": "INFO" if production else "WARNING"},
        },
    }
