"""The papers of a round: everything that the portal prints of it, and every file that was uploaded.

A paper that cannot be made, and a file that is not to be had, is noted and stops nothing else.
"""

import json
import logging
from itertools import pairwise

from applications.form.definition import NUMBERS, mask
from applications.permissions import privacy_for
from applications.versions.snapshot import opened
from documents import annex1, annex2, inspection_record, publicity_proof, result_list, timeline
from documents.dossier.archive import safe
from documents.scores import score_sheet
from operations.round_export.tables import original_path
from review.inspection.models import Inspection
from review.publicity.models import PublicNotice
from review.recommending.list_models import RecommendationList
from review.scoring.score_sheet import explained

log = logging.getLogger(__name__)

AT_ONCE = 20
MEGABYTE = 1024 * 1024


def _put(folder, name, make):
    """Put a paper into the folder; `make()` returns its bytes."""
    try:
        content = make()
    except Exception:  # whatever one application's data do to one paper
        log.exception("the paper %s was not made", name)
        folder.miss(name, "文件未能生成")
        return
    folder.add(name, [content])


# --- Of the round --------------------------------------------------------------------------------


def write_papers_of_round(folder, scope):
    """Write 附件1 of each unit and of the round, 公示无异议证明, and the list."""
    round_, user = scope.round, scope.user
    whole = annex1.readable_by(user, round_, None)
    _put(folder, f"documents/附件1/{annex1.SUMMARY}.xlsx", whole.content)
    lists = RecommendationList.objects.filter(round=round_).select_related("recommending_unit")
    for each in lists.order_by("recommending_unit__position"):
        unit = each.recommending_unit
        listing = annex1.readable_by(user, round_, unit)
        _put(folder, f"documents/附件1/{safe(f'{unit.code} {unit.name}')}.xlsx", listing.content)
    for notice in PublicNotice.objects.filter(round=round_).select_related("round").order_by("pk"):
        name = f"documents/公示/{publicity_proof.TITLE} {notice.number}.pdf"
        if refused := publicity_proof.refusal(notice):
            folder.miss(name, refused)
        else:
            _put(folder, name, lambda notice=notice: publicity_proof.render(notice))
    if round_.result_editions.exists():
        name = f"documents/{result_list.TITLE}"
        _put(folder, f"{name}.pdf", lambda: result_list.render(round_))
        _put(folder, f"{name}.xlsx", lambda: result_list.workbook(round_))


# --- Of its applications -------------------------------------------------------------------------


def write_papers_of_applications(folder, scope, progress):
    """Write the papers of each application, a few read at a time; calls `progress` after each."""
    keys = list(scope.numbers)
    for start in range(0, len(keys), AT_ONCE):
        applications = _read(scope, keys[start : start + AT_ONCE])
        for key in keys[start : start + AT_ONCE]:
            if key in applications:
                _write_papers_of(folder, scope, applications[key])
            else:
                folder.miss(f"documents/{scope.numbers[key]}", "申报单位在导出期间撤回")
            progress(1)


def _read(scope, keys):
    found = scope.applications.select_related(
        "recommending_unit", "applying_unit", "panel_assignment__panel__leader"
    ).prefetch_related("panel_assignment__panel__experts", "opinions", "submissions")
    return annex2.prepared(found).in_bulk(keys)


def _write_papers_of(folder, scope, application):
    user = scope.user
    number = application.number or f"未编号 {application.pk}"
    place = f"documents/{number}"
    privacy, boxes = privacy_for(user, application), annex2.boxes_for(user, application)
    submissions = list(application.submissions.all())
    for submission, following in pairwise([*submissions, None]):
        if submission.pk not in scope.submissions:
            continue  # it came while the folder was made
        name = f"{place}/附件2 {submission}"
        if submission.erased_at:
            folder.miss(f"{name}.pdf", "个人信息已按期限清除")
            continue

        def form(submission=submission, following=following):
            edition = annex2.edition_of_version(application, submission, following)
            context = annex2.context_of(application, edition, privacy, boxes)
            return annex2.to_pdf(edition, context)

        _put(folder, f"{name}.pdf", form)
        folder.add(f"versions/{number}-{submission.version}.json", [_content(submission)])
    _put(folder, f"{place}/办理档案.pdf", lambda: timeline.render(user, application))
    if getattr(application, "panel_assignment", None):
        _write_score_sheet(folder, user, application, place)
    visit = (
        Inspection.objects.filter(application=application, passed__isnull=False)
        .select_related("application__round")
        .prefetch_related(*inspection_record.PREFETCH)
        .first()
    )
    if visit:
        _put(folder, f"{place}/实地考察记录.pdf", lambda: inspection_record.render(visit))


def _write_score_sheet(folder, user, application, place):
    sheet = explained(user, application)
    if sheet.get("scores_open"):
        name = f"{place}/{score_sheet.SHEET_TITLE}.pdf"
        _put(folder, name, lambda: score_sheet.score_sheet(application, sheet))


def _content(submission):
    """Return what was submitted, as JSON (bytes): every field, in full but for the numbers."""
    content = opened(submission.content)
    for name in NUMBERS:
        if content["fields"].get(name):
            content["fields"][name] = mask(content["fields"][name])
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


# --- Uploaded files ------------------------------------------------------------------------------


def write_originals(folder, scope, progress):
    """Write every uploaded file once, under its digest, byte for byte; calls `progress`."""
    attachments = scope.attachments.filter(erased_at=None).iterator(chunk_size=500)
    for rows in (scope.evidence(), attachments):
        for row in rows:
            if row.erased_at is None:
                _write_original(folder, row)
            progress(1)


def _write_original(folder, row):
    name = original_path(row)
    if name in folder:
        return
    if row.withheld:
        folder.miss(name, "未通过病毒检查")
        return
    try:
        with row.file.open("rb") as stored:
            digest = folder.add(name, stored.chunks(MEGABYTE))
    except FileNotFoundError:
        folder.miss(name, "已不在存储中")
        return
    if digest != row.sha256:
        folder.miss(name, f"内容与上传时的摘要不符（现为 {digest}）")


def number_of_originals(scope):
    """Return how many rows `write_originals` goes through."""
    return len(scope.submitted_files) + scope.attachments.filter(erased_at=None).count()
