"""What every page's frame shows."""

from contextlib import suppress
from functools import cache

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from accounts.roles import Role

PORTAL_NAME = "武汉市技能大师工作室项目申报评审平台"
# The notice's contact line.
OFFICE_CONTACT = "市人力资源和社会保障局职业能力建设处　83919079、83919075　whzkc@163.com"

# The top bar: label and URL name, by role; None is an anonymous visitor.
NAVIGATION = {
    None: [("首页", "home"), ("公示", "publicity")],
    Role.APPLICANT: [("首页", "home"), ("我的申报", "applications:mine")],
    Role.RECOMMENDER: [
        ("首页", "home"),
        ("申报审核", "review:queue"),
        ("推荐一览表", "review:recommendation_lists"),
    ],
    Role.OFFICE: [
        ("首页", "home"),
        ("申报", "review:queue"),
        ("专家组", "review:panels"),
        ("公示", "review:publicity_notices"),
        ("评选批次", "review:rounds"),
    ],
    Role.EXPERT: [("首页", "home"), ("我的评审", "review:queue")],
    Role.BUREAU: [("首页", "home"), ("审批", "review:queue")],
    Role.FINANCE: [("首页", "home"), ("审批", "review:queue")],
    Role.ADMIN: [
        ("首页", "home"),
        ("账号", "accounts:staff"),
        ("推荐单位", "accounts:recommending_units"),
    ],
}


@cache
def links(role):
    """The top bar's (label, path) pairs for a role; worked out once per process."""
    found = []
    for label, name in NAVIGATION[role]:
        with suppress(NoReverseMatch):
            found.append((label, reverse(name)))
    return found


def navigation(role, path):
    """Return the top bar's items; the one that leads deepest towards `path` is current."""
    items = links(role)
    leading = [url for _, url in items if path == url or (url != "/" and path.startswith(url))]
    current = max(leading, key=len, default=None)
    return [
        {"label": label, "url": url, "current": "page" if url == path else "true"}
        if url == current
        else {"label": label, "url": url}
        for label, url in items
    ]


def portal(request):
    """Template context of every page: its frame. Makes no query beyond the user's own."""
    role = request.user.role if request.user.is_authenticated else None
    return {
        "portal_name": PORTAL_NAME,
        "office_contact": OFFICE_CONTACT,
        "is_demo": not settings.PRODUCTION,
        "navigation": navigation(role, request.path),
    }
