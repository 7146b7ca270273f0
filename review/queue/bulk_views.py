"""Many applications at once: who is affected and what will be refused, then the decisions.

Each application goes through `perform()` by itself, with the revision that the preview showed: what
has moved since is refused, and sending the same page again decides nothing twice.
"""

import secrets
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from accounts.views.reauthentication import ask_again
from applications.models import Application
from applications.notify.tasks import tell_batch
from applications.records import VERSIONS
from applications.stages import Stage
from applications.workflow.perform import Refused, perform, refusal
from review.permissions import ASKED_AGAIN
from review.queue.filters import filtered, options_for
from review.shared.bulk_actions import MOST, READS, rules_of
from review.shared.decision_form import DecisionForm
from review.shared.fields import whole_number

TOO_MANY = f"一次最多办理 {MOST} 项，请缩小范围后再选。"


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE, Role.BUREAU, Role.FINANCE)
def bulk(request, transition):
    """Show what one transition would do to the chosen applications, or take it for each."""
    rule = rules_of(request.user.role).get(transition)
    if rule is None:
        raise Http404
    if request.method == "POST" and rule.name in ASKED_AGAIN and (question := ask_again(request)):
        return question
    applications, refused = _chosen(request)
    if refused:
        messages.error(request, refused)
        return redirect("review:queue")
    form = DecisionForm(rule, request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.data_for_perform()
        return _carry_out(
            request,
            applications,
            rule.label,
            lambda each, revision, batch: perform(
                each, rule.name, request.user, revision=revision, batch=batch, **data
            ),
        )
    _prefetch(applications, rule)
    judged = [(each, refusal(each, rule.name, request.user)) for each in applications]
    context = {
        "rule": rule,
        "label": rule.label,
        "form": form,
        "movable": [each for each, sentence in judged if sentence is None],
        "refused": [(each, sentence) for each, sentence in judged if sentence],
    }
    return render(request, "review/queue/bulk.html", context, status=422 if form.errors else 200)


@require_GET
@role_required(Role.OFFICE)
def bulk_assign(request):
    """Lead on to the page that proposes panels, with the chosen applications of one round."""
    applications, refused = _chosen(request)
    waiting = [each for each in applications if each.stage == Stage.QUALIFYING]
    if not refused and not waiting:
        refused = "所选的申报都不在资格审查阶段，不能分配专家组。"
    if refused:
        messages.error(request, refused)
        return redirect("review:queue")
    round_pk = waiting[0].round_id
    own = [each.pk for each in waiting if each.round_id == round_pk]
    if left_out := len(applications) - len(own):
        messages.warning(
            request, f"有 {left_out} 项不在资格审查阶段，或属于其他批次，没有列入下面的分配。"
        )
    asked = urlencode({"application": own}, doseq=True)
    return redirect(f"{reverse('review:assign_panels', args=[round_pk])}?{asked}")


def _chosen(request):
    """Return the applications that the request names, in the queue's order, and why not, if so.

    By their keys, or all that a filter of the queue finds.
    """
    asked = request.POST if request.method == "POST" else request.GET
    if asked.get("filter"):
        found, _ = filtered(request.user, QueryDict(asked["filter"]), *options_for(request.user))
    else:
        pks = [number for number in map(whole_number, asked.getlist("pk")) if number]
        if not pks:
            return [], "请先勾选要办理的申报。"
        if len(pks) > MOST:
            return [], TOO_MANY
        visible = Application.objects.visible_to(request.user).filter(pk__in=pks)
        found = visible.order_by("stage_entered_at", "pk")
    # Not the long texts, and not what would have to be decrypted.
    keys = list(found.values_list("pk", flat=True)[: MOST + 1])
    if not keys:
        return [], "没有找到所选的申报，可能已由他人办理。"
    if len(keys) > MOST:
        return [], TOO_MANY
    rows = (
        Application.objects.filter(pk__in=keys)
        .select_related("round", "panel_assignment__panel")
        .defer("round__notice", "bank_account", "lead_id_number")
        .in_bulk()
    )
    return [rows[pk] for pk in keys], None


def _prefetch(applications, rule):
    """Read for all at once what the row's guards, or the sentence about a stale one, will read."""
    able = [each for each in applications if each.stage in rule.sources]
    stale = [each for each in applications if each.stage not in rule.sources]
    prefetch_related_objects(able, *READS.get(rule.name, ()), VERSIONS.prefetch())
    prefetch_related_objects(stale, "events")


def _carry_out(request, applications, label, act):
    """Do `act(application, revision, batch)` for each; answer with what was done and refused.

    Whoever acts next is told once for all that was done.
    """
    done, refused, batch = [], [], secrets.token_hex(16)
    for each in applications:
        try:
            act(each, request.POST.get(f"revision-{each.pk}", ""), batch)
        except Refused as error:
            refused.append((each, str(error)))
        else:
            done.append(each)
    if done:
        tell_batch.enqueue([each.pk for each in done], batch)
    if not refused:
        messages.success(request, f"已对 {len(done)} 项申报办理“{label}”。")
        return redirect("review:queue")
    context = {"label": label, "done": done, "refused": refused}
    status = 200 if done else 409
    return render(request, "review/queue/bulk_done.html", context, status=status)
