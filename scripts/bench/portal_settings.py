"""The portal's settings with the query counter in front, which costs nothing unless asked."""

from wsgsite.settings import *  # noqa: F403
from wsgsite.settings import MIDDLEWARE

MIDDLEWARE = ["scripts.bench.middleware.count_queries", *MIDDLEWARE]
