"""The box in the top bar: from a name, a number or their reading to an application or a page."""

from functools import cache

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.characters import compact
from accounts.roles import Role
from applications.models import Application
from applications.recognition.material_search import ACROSS
from applications.recognition.reader import is_on
from applications.search import is_in, words_asked
from review.permissions import STAFF
from review.queue.filters import ALL, options_for, query_of, searched
from wsgsite.context import NAVIGATION

MOST = 10
COLUMNS = (
    "number",
    "lead_name",
    "unit_name",
    "lead_occupation",
    "stage",
    "round__title",
    "round__results_published_at",
)
# What the top bar has no room for: label and URL name, by role.
BESIDE = {
    Role.APPLICANT: [("本单位账号", "accounts:colleagues")],
    Role.RECOMMENDER: [("意见模板", "review:opinion_templates")],
    Role.OFFICE: [
        ("异议", "review:objections"),
        ("专家库", "review:experts"),
        ("申报单位", "review:units"),
        ("往年名单", "review:earlier_lists"),
        ("已发消息", "applications:messages_sent"),
    ],
    Role.ADMIN: [
        ("登录锁定", "accounts:locks"),
        ("特许的统一社会信用代码", "accounts:admitted_codes"),
        ("消息渠道服务", "applications:channel_services"),
    ],
}
OF_STAFF = [("我的筛选", "review:filters"), ("我的导出", "documents:exports")]
OF_EVERYBODY = [
    ("消息", "applications:messages"),
    ("账号安全", "mfa_index"),
    ("日历订阅", "calendar"),
    ("导出我的数据", "applications:my_data"),
]


@cache
def pages_of(role):
    """Return (label, path) of the pages that a role may look up, the top bar's first."""
    beside = [*BESIDE.get(role, ()), *(OF_STAFF if role in STAFF else ()), *OF_EVERYBODY]
    return [(label, reverse(name)) for label, name, *_ in [*NAVIGATION[role], *beside]]


@require_safe
def jump(request):
    """Lead to the application with this number, or to what alone is found; else list what is."""
    user, text = request.user, request.GET.get("q", "").strip()[:100]
    visible = Application.objects.visible_to(user)
    if number := visible.filter(number=compact(text).upper()).values_list("pk", flat=True).first():
        return redirect(address_of(user, number))
    words = words_asked(text)
    pages, applications, count = [], [], 0
    if words:
        pages = [
            page for page in pages_of(user.role) if all(is_in(page[0], word) for word in words)
        ]
        _, units = options_for(user)
        found = searched(visible, text, units).order_by("-pk")
        applications = list(found.select_related("round").only(*COLUMNS)[:MOST])
        count = found.count() if len(applications) == MOST else len(applications)
    if len(pages) + count == 1:
        return redirect(pages[0][1] if pages else address_of(user, applications[0].pk))
    for application in applications:
        application.address = address_of(user, application.pk)
        is_told = user.role == Role.APPLICANT
        # Neither in words nor by colour is an applicant told of a result that is not published.
        application.shown_stage = application.public_stage if is_told else application.stage_enum
        application.label = (
            application.shown_stage.public_label if is_told else application.shown_stage.label
        )
    context = {
        "q": text,
        "pages": pages if words else pages_of(user.role),
        "applications": applications,
        "count": count,
        "is_asked": bool(words),
    }
    if user.role in STAFF:
        if is_on() and words and user.role in ACROSS:
            context["material_url"] = f"{reverse('review:material')}?{urlencode({'q': text})}"
        context["list_url"] = f"{reverse('review:queue')}?{query_of({'stage': ALL, 'q': text})}"
    return render(request, "wsgsite/jump.html", context)


def address_of(user, pk):
    """Return the address at which a user reads an application."""
    name = "applications:overview" if user.role == Role.APPLICANT else "review:detail"
    return reverse(name, args=[pk])
