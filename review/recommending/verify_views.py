"""The page of the recommending unit's verification: each claim beside its proof, and its ledger.

Without a script every mark is a form and every item a link; static/js/verify.js asks for the same
pages and changes the work list in place.
"""

from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts.roles import Role, role_required
from applications.form.display import PREFETCH as READING
from applications.recognition.display import count_tags
from applications.records import VERSIONS
from applications.stages import Stage
from applications.versions.snapshot import as_submitted
from applications.workflow.perform import Refused, refusal
from review.recommending import checklist
from review.recommending.verify import mark_item, put_on_record, store_upload, verify_all_originals
from review.recommending.verify_forms import AwardForm, OriginalForm, VerificationForm
from review.shared import access
from review.shared.findings import read_findings

PREFETCH = (*checklist.PREFETCH, *READING)
# The key that stands for all originals at once.
ALL_ORIGINALS = "originals"
# The two orders of the list.
FORM_ORDER, BY_DOUBT = "form", "doubt"
UNKNOWN = "没有保存：清单中没有这一项，请从下面的清单中选择。"


@require_http_methods(["GET", "POST"])
@role_required(Role.RECOMMENDER)
@access.told_if_withdrawn
def verify(request, pk):
    """Show the work list with one item open, or put a mark on record and go to the next item."""
    if request.method == "GET":
        return _page(request, pk, request.GET.get("item", ""))
    application = access.find(request.user, pk, *PREFETCH)
    key = request.POST.get("item", "")
    if key == ALL_ORIGINALS:
        return _mark(request, pk, key, None, verify_all_originals)
    item = next((item for item in checklist.work_list(application) if item.key == key), None)
    if item is None or not item.takes_mark:
        # It was there, if ever, before a file was replaced or the form was changed.
        return _page(request, pk, "", refused=UNKNOWN, status=409)
    form = _form(item, application, request.user, request.POST, request.FILES)
    if not form.is_valid():
        if item.group == checklist.CHECK and application.stage == Stage.RECOMMENDING:
            _keep_upload(form, request.user)
        return _page(request, pk, key, form=form, status=422)
    return _mark(request, pk, key, form, partial(mark_item, item, form=form))


def _mark(request, pk, key, form, write):
    """Put a mark on record with `write`; lead to the next item that has none."""
    try:
        note = put_on_record(request.user, pk, request.POST.get("revision", ""), write)
    except Refused as error:
        if form is None:
            return _page(request, pk, "", refused=str(error), status=409)
        form.add_error(None, str(error))
        return _page(request, pk, key, form=form, status=409)
    except ValidationError as error:  # the file, looked at once more while it is stored
        form.add_error("upload", error)
        return _page(request, pk, key, form=form, status=422)
    application = access.find(request.user, pk, *PREFETCH)
    items = checklist.work_list(application)
    done, total = checklist.count_marks(items)
    if _is_by_doubt(request):
        checklist.attach(items, read_findings(request.user, application)[0])
        items = checklist.in_order_of_doubt(items)
    messages.success(request, f"已记录：{note}。已核 {done} / {total}。")
    next_item = checklist.next_open(items, key)
    return redirect(_address(pk, next_item.key if next_item else key))


def _address(pk, key):
    return f"{reverse('review:verify', args=[pk])}?{urlencode({'item': key})}#work"


def _form(item, application, user, data=None, files=None):
    if item.group == checklist.AWARD:
        return AwardForm(item, data)
    if item.group == checklist.ORIGINAL:
        return OriginalForm(item, data)
    if item.group == checklist.CHECK:
        return VerificationForm(item.subject, application, user, data, files, last=item.row)
    return None


def _keep_upload(form, user):
    try:
        store_upload(form, user)
    except ValidationError as error:
        form.add_error("upload", error)


def _page(request, pk, chosen, *, form=None, refused="", status=200):
    user = request.user
    application = access.find(user, pk, *PREFETCH, VERSIONS)
    submitted = application
    if application.stage == Stage.RETURNED:
        # What the unit is changing now is not submitted yet.
        submitted = as_submitted(application, list(application.submissions.all())[-1])
    items = checklist.work_list(submitted)
    findings, progress = read_findings(user, submitted)
    checklist.attach(items, findings)
    done, total = checklist.count_marks(items)
    unseen = [item for item in items if item.is_unseen]
    by_doubt = _is_by_doubt(request)
    if by_doubt:
        items = checklist.in_order_of_doubt(items)
    by_key = {item.key: item for item in items}
    item = by_key.get(chosen) or checklist.next_open(items) or next(iter(items), None)
    writes = application.stage == Stage.RECOMMENDING
    if item and form is None and writes:
        form = _form(item, application, user)
    context = {
        "application": application,
        "read": submitted,
        "groups": _groups(items, by_doubt),
        "by_doubt": by_doubt,
        "findings": findings,
        "doubtful": sum(each.doubt is not None for each in items),
        "counted": count_tags(findings),
        "here": _address(pk, item.key if item else ""),
        "progress": progress,
        "item": item,
        "form": form,
        "writes": writes,
        "refused": refused,
        "done": done,
        "total": total,
        "unseen": len(unseen),
        "return_url": item and _return_url(pk, item),
        "recommend_refused": refusal(application, "recommend", user),
        **access.material(user, submitted),
    }
    # Its proof opens with the page when the item was chosen, not when the page chose it.
    if chosen in by_key and item.proof:
        context["proof_name"], context["proof_src"] = item.proof
    return render(request, "review/recommending/verify.html", context, status=status)


def _groups(items, by_doubt):
    """Return [(heading, items)] of the list as it is shown."""
    if by_doubt:
        return [
            ("需要核对", [item for item in items if item.doubt]),
            ("其余各项", [item for item in items if not item.doubt]),
        ]
    return [
        (label, [item for item in items if item.group == group])
        for group, label in checklist.GROUPS.items()
    ]


def _is_by_doubt(request):
    """Whether what needs eyes stands first; the session keeps what was chosen last."""
    order = request.GET.get("order")
    if order in {FORM_ORDER, BY_DOUBT}:
        request.session["verify_order"] = order
    return request.session.get("verify_order") == BY_DOUBT


def _return_url(pk, item):
    """Return the address of a return that begins with a remark about this item."""
    query = {"decide": "return", "about": item.about}
    if item.group == checklist.AWARD:
        query["remark"] = f"“{item.title}”："
    return f"{access.url_of(pk)}?{urlencode(query)}#decision"
