"""When a request reached the portal: whoever presses in time is not late because others press, too.

On a deadline's night a request may wait for a free process longer than a person's last second. The
proxy in front writes down when it came (deploy/nginx/proxy.conf), and that counts.
"""

import datetime
import re

from django.conf import settings
from django.utils import timezone

SECONDS = re.compile(r"\d{10}\.\d{3}")  # since 1970, as nginx writes $msec
# The proxy waits for an answer no longer than that (deploy/nginx/proxy.conf).
LONGEST_WAIT = datetime.timedelta(seconds=130)


def arrived_at(request):
    """Return when the request reached the proxy; now, where none that is trusted tells.

    Only `settings.ARRIVAL_HEADER` is believed, and nothing of it that cannot be.
    """
    now = timezone.now()
    given = request.headers.get(settings.ARRIVAL_HEADER, "")
    if not SECONDS.fullmatch(given):
        return now
    arrived = datetime.datetime.fromtimestamp(float(given), tz=datetime.UTC)
    return arrived if now - LONGEST_WAIT <= arrived <= now else now
