"""What the portal holds of an account and its unit, as a file of their own (PIPL, article 45)."""

import json

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role
from accounts.views.reauthentication import recently_authenticated
from applications.form.definition import AWARD_FIELDS, reading
from applications.form.display import AWARD_LABELS
from applications.form.word.kept_reading import KeptReading
from applications.models import Application, FindingMark
from applications.notify.calendar.models import CalendarAddress
from applications.notify.inbox import Message
from applications.permissions import Privacy
from applications.recognition.texts import pages_of
from applications.versions.applicant_view import public_history
from applications.versions.snapshot import CONTENT


@require_http_methods(["GET", "HEAD", "POST"])
@recently_authenticated
def my_data(request):
    """Say what the file will hold; make it (POST): account, unit, applications as typed, channels,
    messages.

    The numbers are in it in full: they are the unit's own.
    """
    if request.method != "POST":
        return render(request, "applications/trust/my_data.html")
    user = request.user
    own = list(_own(user)) if user.applying_unit_id else []
    pages = pages_of([row for application in own for row in application.current_evidence()])
    found = {
        "导出时间": _moment(timezone.now()),
        "账号": _account(user),
        "单位": _unit(user),
        "申报": [_application(row, pages) for row in own],
        "未填入的 Word 内容": _word_reading(user),
        "日历订阅": _calendar(user),
        "消息渠道": [_channel(channel) for channel in user.channels.all()],
        "消息": [
            {"时间": _moment(message.created_at), "标题": message.subject, "内容": message.text}
            for message in user.messages.all()
        ],
    }
    log_entry(AuditEntry.Kind.EXPORT, request, subject="本人数据", applications=len(found["申报"]))
    text = json.dumps(found, ensure_ascii=False, indent=2)
    name = f"我的数据 {timezone.localtime():%Y-%m-%d}.json"
    return HttpResponse(
        text,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )


def _moment(at):
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def _account(user):
    account = {
        "姓名": user.name,
        "电子邮箱": user.email,
        "角色": user.get_role_display(),
        "注册时间": _moment(user.date_joined),
        "最近登录": _moment(user.last_login),
    }
    if user.role == Role.EXPERT:
        names = ("employer", "title", "occupation")
        account |= {_label(user, name): getattr(user, name) for name in names}
    return account


def _calendar(user):
    address = CalendarAddress.objects.filter(user=user).first()
    if address is None:
        return None
    return {"生成时间": _moment(address.made_at), "最近一次读取": _moment(address.asked_at)}


def _channel(channel):
    """Return a channel with its address, key or number: they are the user's own."""
    return {
        "名称": channel.name,
        "服务": channel.get_service_display(),
        "接入信息": channel.access,
        "消息类别": [Message.Kind(kind).label for kind in channel.kinds],
        "添加时间": _moment(channel.added_at),
        "暂停时间": _moment(channel.paused_at),
    }


def _label(row, name):
    return str(row._meta.get_field(name).verbose_name)


def _unit(user):
    unit = user.applying_unit
    if unit is None:
        return {"单位名称": user.unit_name}
    names = ("name", "uscc", "address", "contact_name", "contact_mobile")
    return {
        **{_label(unit, name): getattr(unit, name) for name in names},
        "单位性质": unit.get_nature_display(),
        "依托单位类别": unit.get_host_kind_display(),
        "推荐单位": str(unit.recommending_unit),
        "注册时间": _moment(unit.created_at),
    }


def _own(user):
    """Return the unit's applications with all that is read of them, in a constant few queries."""
    own = Application.objects.visible_to(user).select_related("round").defer("round__notice")
    marks = FindingMark.objects.filter(user__applying_unit=user.applying_unit)
    return own.prefetch_related(
        *CONTENT, "events", Prefetch("finding_marks", marks.select_related("user"))
    ).order_by("pk")


def _word_reading(user):
    """Return what was read of the user's Word file and not confirmed yet, or None."""
    kept = KeptReading.objects.filter(user=user).first()
    if kept is None:
        return None
    return {
        "文件名": kept.file_name,
        "读取时间": _moment(kept.read_at),
        "内容": json.loads(kept.content),
    }


def _application(application, pages):
    sections = reading(application, Privacy.FULL)
    awards = [
        dict(zip(AWARD_LABELS, (getattr(award, name) for name in AWARD_FIELDS), strict=True))
        for award in application.awards.all()
    ]
    return {
        "批次": str(application.round),
        "受理编号": application.number or "",
        "阶段": application.public_stage.public_label,
        "填报内容": {
            section.title: {item.full_label: text for item, text in texts}
            for section, texts in sections
            if texts
        },
        "获奖": awards,
        "工作室成员": [str(member) for member in application.members_in_order()],
        "材料": [
            {
                "类别": row.get_category_display(),
                "文件名": row.original_name,
                "字节数": row.size,
                "SHA-256": row.sha256,
                "上传时间": _moment(row.uploaded_at),
                "电子签名": row.signature_sentences,
                "识别的文字": {
                    f"第 {page.number} 页": page.text for page in pages[row.pk] if page.lines
                },
            }
            for row in application.current_evidence()
        ],
        "核对标记": [
            {
                "时间": _moment(mark.marked_at),
                "标记": mark.get_verdict_display(),
                "标记人": mark.user.name,
                "提示": mark.key,
            }
            for mark in application.finding_marks.all()
        ],
        "办理记录": [
            {"时间": _moment(line["at"]), "事项": line["what"], "说明": line["note"]}
            for line in public_history(application, list(application.events.all()))
        ],
    }
