"""What every page's frame shows."""

from functools import cache

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from accounts.roles import Role
from wsgsite.guide import guide_address

PORTAL_NAME = "武汉市技能大师工作室项目申报评审平台"
UNREAD_LIMIT = 99

# The top bar: label and URL name, by role; None is an anonymous visitor.
NAVIGATION = {
    None: [("首页", "home"), ("公示", "publicity")],
    Role.APPLICANT: [("首页", "home"), ("我的申报", "applications:mine")],
    Role.RECOMMENDER: [
        ("首页", "home"),
        ("申报审核", "review:queue"),
        ("推荐一览表", "review:recommendation_lists"),
        ("统计", "review:dashboard"),
    ],
    Role.OFFICE: [
        ("首页", "home"),
        ("申报", "review:queue"),
        ("推荐一览表", "review:lists_reported"),
        ("专家组", "review:panels"),
        ("实地考察", "review:inspections"),
        ("公示", "review:publicity_notices"),
        ("评选批次", "review:rounds"),
        ("统计", "review:dashboard"),
    ],
    Role.EXPERT: [
        ("首页", "home"),
        ("专家组", "review:desks"),
        ("我的评审", "review:queue"),
        ("统计", "review:dashboard"),
    ],
    Role.BUREAU: [
        ("首页", "home"),
        ("审批", "review:queue"),
        ("审定一览", "review:approval"),
        ("统计", "review:dashboard"),
    ],
    Role.FINANCE: [
        ("首页", "home"),
        ("审批", "review:queue"),
        ("审定一览", "review:approval"),
        ("统计", "review:dashboard"),
    ],
    Role.ADMIN: [
        ("首页", "home"),
        ("账号", "accounts:staff"),
        ("推荐单位", "accounts:recommending_units"),
        ("操作日志", "accounts:audit_log"),
        ("记录校验", "operations:audit"),
    ],
}


@cache
def addresses(role):
    """The (label, path) pairs of a role's top bar."""
    return [(label, reverse(name)) for label, name in NAVIGATION[role]]


@cache
def navigation(role, current):
    """The top bar's items as HTML: drawn once per process for each role and current item."""
    items = [
        {"label": label, "url": url, "current": url == current} for label, url in addresses(role)
    ]
    return render_to_string("components/navigation.html", {"items": items})


@cache
def fixed():
    """What is the same on every page; worked out once per process, so that it costs nothing."""
    return {
        "mark": static("img/mark.svg"),
        "bootstrap": static("vendor/bootstrap/css/bootstrap.min.css"),
        "style": static("css/site.css"),
        "script": static("js/site.js"),
        "home": reverse("home"),
        "login": reverse("account_login"),
        "signup": reverse("account_signup"),
        "logout": reverse("account_logout"),
        "security": reverse("mfa_index"),
        "my_data": reverse("applications:my_data"),
        "privacy": reverse("privacy"),
        "colleagues": reverse("accounts:colleagues"),
        "messages": reverse("applications:messages"),
    }


def portal(request):
    """Template context of every page: its frame. Makes no query beyond the user's own.

    The item that leads deepest towards the page is the top bar's current one.
    """
    # What is refused before anybody is known, for its host for instance, has no user.
    user = getattr(request, "user", None)
    role = user.role if user and user.is_authenticated else None
    path = request.path
    home = fixed()["home"]
    leading = [
        url for _, url in addresses(role) if url == path or (url != home and path.startswith(url))
    ]
    current = max(leading, key=len, default=None)
    return {
        "portal_name": PORTAL_NAME,
        "office_contact": settings.OFFICE_CONTACT,
        "is_demo": not settings.PRODUCTION,
        "frame": {
            **fixed(),
            "navigation": navigation(role, current),
            "help": guide_address(role),
        },
        "unread": unread_shown(user.unread_messages) if role else "",
    }


def unread_shown(number):
    """The number of unread messages as the top bar has room for it; "" when there is none."""
    if number > UNREAD_LIMIT:
        return f"{UNREAD_LIMIT}+"
    return str(number or "")
