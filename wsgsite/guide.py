"""使用说明: a page for each role, open to everybody, with an address for each task.

What each page says stands in templates/guide/, its pictures in static/guide/ (scripts/pictures.py).
"""

import json
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from accounts.roles import Role

PICTURES = settings.BASE_DIR / "static" / "guide"


@dataclass(frozen=True)
class Guide:
    """One page: what it is called, and its sections by their anchors, in order."""

    title: str
    sections: dict[str, str]


GUIDES = {
    "applicant": Guide(
        "申报单位",
        {
            "register": "注册和本单位账号",
            "fill": "填报",
            "word": "导入 Word 申报表和申报报告",
            "awards": "获奖和成员",
            "evidence": "佐证材料",
            "print": "打印盖章",
            "submit": "提交、撤回和放弃",
            "return": "退回修改",
            "after": "消息、考察和结果",
        },
    ),
    "recommender": Guide(
        "推荐单位",
        {
            "verify": "逐项核验",
            "decide": "同意推荐、退回、不予推荐",
            "redirect": "转交其他推荐单位",
            "rank": "排序",
            "report": "上报",
        },
    ),
    "office": Guide(
        "评审办公室",
        {
            "rounds": "评选批次",
            "earlier": "往年名单",
            "lists": "推荐一览表",
            "qualification": "资格审查",
            "bulk": "批量办理、筛选和导出",
            "draw": "专家库和抽取专家",
            "assign": "分配申报、到会与回避",
            "inspection": "实地考察",
            "publicity": "公示和异议",
            "results": "结束批次、公布和更正结果",
            "undo": "撤销上一步",
            "statistics": "统计、时间线和消息",
            "numbers": "查看完整号码、更正单位信息",
            "archive": "批次档案",
            "retention": "保存年限和存证",
        },
    ),
    "expert": Guide(
        "评审专家",
        {
            "attend": "到会：签到、利害关系、承诺书",
            "score": "评分",
            "confidential": "保密",
            "lead": "组长",
        },
    ),
    "bureaus": Guide(
        "市人社局和市财政局",
        {
            "approve": "审定（市人社局）",
            "countersign": "会签（市财政局）",
            "corrections": "名单更正",
            "archive": "批次档案",
        },
    ),
    "public": Guide("公众", {"objection": "提出异议", "results": "查阅公示和结果"}),
    "admin": Guide(
        "系统管理员",
        {
            "accounts": "账号和推荐单位",
            "locks": "登录锁定",
            "codes": "特许信用代码",
            "channels": "消息渠道服务",
            "log": "操作日志和记录校验",
        },
    ),
    "account": Guide(
        "登录与账号安全",
        {
            "factors": "二次验证",
            "login": "登录、锁定和退出",
            "confirm": "再次确认",
            "sessions": "我的登录和密码",
            "told": "消息渠道",
            "calendar": "日历订阅",
            "data": "邀请链接、我的数据",
            "find": "查找和快捷键",
            "faults": "出现故障时",
        },
    ),
}
OF_ROLE = {
    None: "public",
    Role.APPLICANT: "applicant",
    Role.RECOMMENDER: "recommender",
    Role.OFFICE: "office",
    Role.EXPERT: "expert",
    Role.BUREAU: "bureaus",
    Role.FINANCE: "bureaus",
    Role.ADMIN: "admin",
}


@cache
def pictures():
    """Return the pictures by name: dicts of url, width and height in px."""
    sizes = json.loads((PICTURES / "sizes.json").read_text(encoding="utf-8"))
    return {
        name: {"url": static(f"guide/{name}.webp"), "width": width, "height": height}
        for name, (width, height) in sizes.items()
    }


@cache
def guide_address(role):
    """Return the address of the guide of a role, None for somebody who has not logged in."""
    return reverse("guide", args=[OF_ROLE[role]])


@require_safe
@login_not_required
def guides(request):
    """List all guides."""
    return render(request, "guide/guides.html", {"guides": GUIDES})


@require_safe
@login_not_required
def guide(request, name):
    """Show the guide of one role."""
    if name not in GUIDES:
        raise Http404
    context = {
        "name": name,
        "guide": GUIDES[name],
        "titles": GUIDES[name].sections,
        "guides": GUIDES,
        "pictures": pictures(),
    }
    return render(request, f"guide/{name}.html", context)


urlpatterns = [
    path("", guides, name="guides"),
    path("<slug:name>/", guide, name="guide"),
]
