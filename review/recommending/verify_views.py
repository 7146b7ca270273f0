"""The recommending unit's verification: each claim beside its proof, and the ledger of checks.

Without a script every mark is a form and every item a link; static/js/verify.js asks for the same
pages and changes the work list in place.
"""

from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts.roles import Role, role_required
from applications.form.display import PREFETCH as READING
from applications.stages import Stage
from applications.versions.snapshot import as_submitted
from applications.workflow import ledger_codes
from applications.workflow.events import record
from applications.workflow.perform import Refused, refusal
from review.recommending import checklist
from review.recommending.models import AwardCheck, Verification
from review.recommending.verify_forms import AwardForm, OriginalForm, VerificationForm
from review.shared import access
from review.shared.concurrency import hold

PREFETCH = (*checklist.PREFETCH, *(name for name in READING if name != "awards"))
# What the record calls a mark, and the item that stands for all originals at once.
VERIFY, VERIFY_LABEL = "verify", "核验"
ALL_ORIGINALS = "originals"
UNKNOWN = "没有保存：清单中没有这一项，请从下面的清单中选择。"
NOTHING_LEFT = "材料的原件都已有核对结果，没有需要补记的。"


@require_http_methods(["GET", "POST"])
@role_required(Role.RECOMMENDER)
@access.told_if_withdrawn
def verify(request, pk):
    """Show the work list with one item open, or put one mark on record and go to the next."""
    if request.method == "GET":
        return _page(request, pk, request.GET.get("item", ""))
    application = access.find(request.user, pk, *PREFETCH)
    key = request.POST.get("item", "")
    if key == ALL_ORIGINALS:
        return _marked(request, pk, key, None, _see_all_originals)
    item = next((each for each in checklist.work_list(application) if each.key == key), None)
    if item is None or not item.is_marked:
        # Gone since the page was made, if it ever was: a replaced file, a changed form.
        return _page(request, pk, "", refused=UNKNOWN, status=409)
    form = _form(item, application, request.user, request.POST, request.FILES)
    if not form.is_valid():
        if item.group == checklist.CHECK and application.stage == Stage.RECOMMENDING:
            _keep_upload(form, request.user)
        return _page(request, pk, key, form=form, status=422)
    return _marked(request, pk, key, form, partial(mark, item))


def _marked(request, pk, key, form, write):
    """Put a mark on record; lead to the next item that has none."""
    try:
        with hold(
            request.user, pk, Stage.RECOMMENDING, revision=request.POST.get("revision", "")
        ) as held:
            note = write(held, request.user, form)
            record(held, request.user, VERIFY, VERIFY_LABEL, note=note)
    except Refused as error:
        if form is None:
            return _page(request, pk, "", refused=str(error), status=409)
        form.add_error(None, str(error))
        return _page(request, pk, key, form=form, status=409)
    except ValidationError as error:  # the file, looked at once more while it is stored
        form.add_error("upload", error)
        return _page(request, pk, key, form=form, status=422)
    items = checklist.work_list(access.find(request.user, pk, *PREFETCH))
    done, total = checklist.progress_of(items)
    messages.success(request, f"已记录：{note}。已核 {done} / {total}。")
    following = checklist.next_open(items, key)
    query = urlencode({"item": following.key if following else key})
    return redirect(f"{reverse('review:verify', args=[pk])}?{query}#work")


def _see_all_originals(held, user, form):
    """Put on record that the originals of all copies without a result were seen."""
    counting = ledger_codes.counting(held)
    kind = ledger_codes.Check.ORIGINAL
    unseen = [each for each in held.current_evidence() if (kind, each.pk) not in counting]
    if not unseen:
        raise Refused(NOTHING_LEFT)
    for each in unseen:
        Verification.of(held, user, kind, evidence=each, result=ledger_codes.Result.PASSED).save()
    return f"{len(unseen)} 份材料的原件已核"


def _mark_award(held, user, form):
    action, reason = form.cleaned_data["action"], form.cleaned_data["note"]
    is_struck = action == ledger_codes.Verdict.STRUCK
    row = AwardCheck(
        application=held,
        claim=form.item.subject.claim,
        verdict=action,
        reason=reason if is_struck else "",
        by=user,
        at=timezone.now(),
    )
    row.save()
    return f"奖项“{row.title}”{row.get_verdict_display()}{f'，{reason}' if is_struck else ''}"


def _mark_original(held, user, form):
    result, evidence = form.cleaned_data["action"], form.item.subject
    Verification.of(
        held,
        user,
        ledger_codes.Check.ORIGINAL,
        evidence=evidence,
        result=result,
        note=form.cleaned_data["note"],
    ).save()
    return f"“{evidence.original_name}”的原件{checklist.ORIGINAL_WORDS[result]}"


def _mark_check(held, user, form):
    form.store_upload(user)
    form.save()
    # Not what was found: experts read the record of steps, but no police or discipline papers.
    return f"{form.kind.label}已登记"


def mark(item, held, user, form):
    """Write the mark that a valid form asks for; return what the record says of it."""
    return _MARK[item.group](held, user, form)


_MARK = {
    checklist.AWARD: _mark_award,
    checklist.ORIGINAL: _mark_original,
    checklist.CHECK: _mark_check,
}


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
        form.store_upload(user)
    except ValidationError as error:
        form.add_error("upload", error)


def _page(request, pk, chosen, *, form=None, refused="", status=200):
    user = request.user
    application = access.find(user, pk, *PREFETCH, "submissions")
    read = application
    if application.stage == Stage.RETURNED:
        # What the unit is changing now is not submitted yet.
        read = as_submitted(application, application.submissions.all().last())
    items = checklist.work_list(read)
    by_key = {each.key: each for each in items}
    item = by_key.get(chosen) or checklist.next_open(items) or next(iter(items), None)
    writes = application.stage == Stage.RECOMMENDING
    if item and form is None and writes:
        form = _form(item, application, user)
    done, total = checklist.progress_of(items)
    unseen = [each for each in items if each.group == checklist.ORIGINAL and not each.is_done]
    context = {
        "application": application,
        "read": read,
        "groups": [
            (label, [each for each in items if each.group == group])
            for group, label in checklist.GROUPS.items()
        ],
        "item": item,
        "form": form,
        "writes": writes,
        "refused": refused,
        "done": done,
        "total": total,
        "unseen": len(unseen),
        "return_url": item and _return_url(pk, item),
        "recommend_refused": refusal(application, "recommend", user),
        **access.material(user, read),
    }
    # Its proof opens with the page when the item was chosen, not when the page chose it.
    context["proof_src"] = item.proof if chosen in by_key else ""
    return render(request, "review/recommending/verify.html", context, status=status)


def _return_url(pk, item):
    """Where a return begins with a remark about this item."""
    asked = {"decide": "return", "about": item.about}
    if item.group == checklist.AWARD:
        asked["remark"] = f"“{item.title}”："
    return f"{access.url_of(pk)}?{urlencode(asked)}#decision"
