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

# Where an application is read, whoever reads it.
READING = ("applications/", "documents/dossier/", "documents/exports/")
# What everybody may read: found under 首页 where no other item leads to it.
PUBLIC = ("rounds/", "publicity/", "objections/", "results/", "verify/")
# The top bar, by role; None is an anonymous visitor. Of each item its label, its URL name, and the
# beginnings of further routes whose pages belong to it, besides those below its own address.
NAVIGATION: dict[str | None, list[tuple[str, ...]]] = {
    None: [("首页", "home", *PUBLIC), ("公示", "publicity", "objections/", "results/")],
    Role.APPLICANT: [
        ("首页", "home", *PUBLIC),
        ("我的申报", "applications:mine", "evidence/", "documents/"),
    ],
    Role.RECOMMENDER: [
        ("首页", "home", *PUBLIC),
        ("申报审核", "review:queue", *READING),
        ("推荐一览表", "review:recommendation_lists"),
        ("统计", "review:dashboard"),
    ],
    Role.OFFICE: [
        ("首页", "home", "verify/"),
        ("申报", "review:queue", *READING),
        ("推荐一览表", "review:lists_reported", "review/lists/"),
        (
            "专家组",
            "review:panels",
            "review/rounds/<int:round_pk>/panels/",
            "review/rounds/<int:round_pk>/ranking/",
        ),
        ("实地考察", "review:inspections", "review/<int:pk>/inspection/"),
        (
            "公示",
            "review:publicity_notices",
            "publicity/",
            "objections/",
            "results/",
            "review/rounds/<int:round_pk>/publicity/",
            "review/rounds/<int:round_pk>/end/",
            "review/rounds/<int:round_pk>/results/",
        ),
        ("评选批次", "review:rounds", "rounds/", "documents/audit/"),
        ("统计", "review:dashboard"),
    ],
    Role.EXPERT: [
        ("首页", "home", *PUBLIC),
        (
            "专家组",
            "review:desks",
            "review/panels/",
            "review/<int:pk>/score/",
            "review/<int:pk>/recusal/",
            "review/sheets/",
        ),
        ("我的评审", "review:queue", *READING),
        ("统计", "review:dashboard"),
    ],
    Role.BUREAU: [
        ("首页", "home", *PUBLIC),
        ("审批", "review:queue", *READING),
        ("审定一览", "review:approval", "review/panels/", "review/rounds/", "review/publicity/"),
        ("统计", "review:dashboard"),
    ],
    Role.FINANCE: [
        ("首页", "home", *PUBLIC),
        ("审批", "review:queue", *READING),
        ("审定一览", "review:approval", "review/publicity/"),
        ("统计", "review:dashboard"),
    ],
    Role.ADMIN: [
        ("首页", "home", *PUBLIC),
        ("账号", "accounts:staff"),
        ("推荐单位", "accounts:recommending_units"),
        ("操作日志", "accounts:audit_log"),
        ("记录校验", "operations:audit"),
    ],
}


@cache
def routes(role):
    """The (beginning of a route, name of its item) pairs of a role's top bar, deepest first.

    Of equal ones the last comes first: 首页 has what no other item has. Its own address, which
    begins every route, is not among them.
    """
    beginnings = [
        (beginning, name)
        for _, name, *more in reversed(NAVIGATION[role])
        for beginning in (*([] if name == "home" else [reverse(name).lstrip("/")]), *more)
    ]
    return sorted(beginnings, key=lambda pair: -len(pair[0]))


def current_item(role, route):
    """The name of the item to which a page belongs by its route, or None."""
    if not route:
        return "home"
    leading = (name for beginning, name in routes(role) if route.startswith(beginning))
    return next(leading, None)


@cache
def navigation(role, current):
    """The top bar's items as HTML: drawn once per process for each role and current item."""
    items = [
        {"label": label, "url": reverse(name), "current": name == current}
        for label, name, *_ in NAVIGATION[role]
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
        "jump": reverse("jump"),
        "login": reverse("account_login"),
        "signup": reverse("account_signup"),
        "logout": reverse("account_logout"),
        "security": reverse("mfa_index"),
        "calendar": reverse("calendar"),
        "my_data": reverse("applications:my_data"),
        "privacy": reverse("privacy"),
        "colleagues": reverse("accounts:colleagues"),
        "messages": reverse("applications:messages"),
    }


def portal(request):
    """Template context of every page: its frame. Makes no query beyond the user's own."""
    # What is refused before anybody is known, for its host for instance, has no user.
    user = getattr(request, "user", None)
    role = user.role if user and user.is_authenticated else None
    # What leads nowhere has no route.
    route = request.resolver_match.route if request.resolver_match else request.path.lstrip("/")
    current = current_item(role, route)
    return {
        "portal_name": PORTAL_NAME,
        "office_contact": settings.OFFICE_CONTACT,
        "is_demo": not settings.PRODUCTION,
        "frame": {
            **fixed(),
            "navigation": navigation(role, current),
            "is_messages": route.startswith(("messages/", "channels/", "calendar/")),
            "help": guide_address(role),
        },
        "unread": unread_shown(user.unread_messages) if role else "",
    }


def unread_shown(number):
    """The number of unread messages as the top bar has room for it; "" when there is none."""
    if number > UNREAD_LIMIT:
        return f"{UNREAD_LIMIT}+"
    return str(number or "")
