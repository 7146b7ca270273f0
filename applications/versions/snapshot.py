"""The canonical content of an application, its fingerprint, and snapshots read back."""

import json
from decimal import Decimal

from django.db.models import Prefetch
from django.utils.dateparse import parse_date

from accounts.chains import sm3
from applications.form.definition import AWARD_FIELDS, ITEM, NUMBERS
from applications.models import Application, Award, Evidence, StudioMember
from applications.records import Rows, read_related
from applications.trust.encryption import decrypt, encrypt

# The files, each with the print that it is a scan of; not with what that says.
FILES = Rows("evidence", Evidence.objects.select_related("print").defer("print__content"))
# What to prefetch before the content is checked or read.
CONTENT = (
    Prefetch("awards", Award.objects.select_related("evidence")),
    "members",
    FILES.prefetch(),
)
CONTENT_RELATIONS = {"awards", "members", "evidence"}
# Digits of a digest are read and compared in groups.
GROUP = 8
MEMBER_FIELDS = ("name", "occupation", "skill_level")
EVIDENCE_FIELDS = ("category", "original_name", "content_type", "size", "sha256", "pages")
# 申报单位意见, as snapshots name its parts.
OPINION_FIELDS = ("text", "signatory", "signed_on")
# Snapshots made before signatures were looked for do not say.
SIGNED = "is_signed"
# Of files that are not shown themselves; others, and snapshots of before, do not say.
RENDITION = ("rendition_type", "rendition_note")
# What a snapshot does not know of its files, or what became known later: read of their rows.
STORED = ("file", "scan", "signatures", "rendition", *RENDITION)


def read_content(application, *, anew=False):
    """Read what `CONTENT` prefetches, of one application, unless that was read; `anew` even then.

    Read with it is what its round requires, where the round is known.
    """
    fetched = application.__dict__.setdefault("_prefetched_objects_cache", {})
    if anew:
        for relation in CONTENT_RELATIONS:
            fetched.pop(relation, None)
    elif fetched.keys() >= CONTENT_RELATIONS:
        return
    read_related(application, "awards", "members", FILES)
    application.link_proofs()
    if round_ := application._state.fields_cache.get("round"):
        read_related(round_, "evidence_requirements")


def _plain(value):
    # Trailing zeros differ between a typed value and one read back from the database.
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def content_of(application):
    """Return the content as JSON-ready data: every field of the form, awards, members, files.

    And 申报单位意见, once it is given: forms printed before it was asked for have none.
    """
    content = {
        "number": application.number,
        "fields": {name: _plain(getattr(application, name)) for name in ITEM},
        "awards": [
            {
                "level": award.level,
                **{name: getattr(award, name) for name in AWARD_FIELDS},
                "evidence": award.evidence_id if award.is_proven else None,
                "evidence_page": award.evidence_page if award.is_proven else None,
            }
            for level in Award.Level
            for award in application.awards_of(level)
        ],
        "members": [
            {name: getattr(member, name) for name in MEMBER_FIELDS}
            for member in application.members_in_order()
        ],
        "evidence": [
            {
                "id": row.pk,
                **{name: getattr(row, name) for name in (*EVIDENCE_FIELDS, SIGNED)},
                **{name: getattr(row, name) for name in RENDITION if row.rendition_type},
            }
            for row in application.current_evidence()
        ],
    }
    if opinion := application.own_opinion:
        content["opinion"] = {
            "text": opinion.text,
            "signatory": opinion.signatory,
            "signed_on": opinion.signed_on.isoformat(),
        }
    return content


def fingerprint(content):
    """Return the SM3 digest (64 hex digits) of what a unit stamps.

    That is number, fields, awards, members, and the unit's opinion where the form has it.

    Files are not in it. Their copies are stamped one by one (notice, section 三), and a submission
    keeps a digest of each: another photograph does not undo the stamp on the form.
    """
    stamped = {
        "number": content["number"],
        "fields": content["fields"],
        "awards": [
            {name: award[name] for name in ("level", *AWARD_FIELDS)} for award in content["awards"]
        ],
        "members": content["members"],
    }
    if "opinion" in content:
        stamped["opinion"] = content["opinion"]
    text = json.dumps(stamped, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sm3(text.encode())


def in_groups(digest):
    """Return a digest with a space after every eight digits, as people read and compare it."""
    return " ".join(digest[start : start + GROUP] for start in range(0, len(digest), GROUP))


def sealed(content):
    """Return a copy of canonical content that is safe to store: its numbers encrypted."""
    fields = {
        name: encrypt(value, name) if name in NUMBERS and value else value
        for name, value in content["fields"].items()
    }
    return {**content, "fields": fields}


def opened(content):
    """Return stored content with its numbers decrypted; the inverse of `sealed`."""
    fields = {
        name: decrypt(value, name) if name in NUMBERS and value else value
        for name, value in content["fields"].items()
    }
    return {**content, "fields": fields}


def as_submitted(application, submission):
    """Return an unsaved copy of `application` that reads as it was submitted, or printed.

    `submission` is a `Submission` or a `FormPrint` of it.

    Its awards, members and evidence are filled in as if prefetched, so whatever renders an
    application renders the snapshot too. Where the files are stored and what is shown of them (how
    many pages, too) is as it is now, if `evidence` is prefetched. It must never be saved.
    """
    content = opened(submission.content)
    copy = Application.objects.model(
        **{
            field.attname: getattr(application, field.attname)
            for field in Application._meta.concrete_fields
        }
    )
    for name, value in content["fields"].items():
        setattr(copy, name, ITEM[name].model_field.to_python(value))
    opinion = content.get("opinion") or dict.fromkeys(OPINION_FIELDS, "")
    copy.opinion_text, copy.opinion_signatory = opinion["text"], opinion["signatory"]
    copy.opinion_signed_on = parse_date(opinion["signed_on"])
    for relation in ("round", "applying_unit", "recommending_unit"):
        if relation in application._state.fields_cache:
            setattr(copy, relation, getattr(application, relation))
    rows = application.__dict__.get("_prefetched_objects_cache", {}).get("evidence", ())
    stored = {row.pk: row for row in rows}
    evidence = [
        Evidence(
            pk=row["id"],
            application_id=application.pk,
            position=position,
            is_signed=row.get(SIGNED, False),
            **{name: row[name] for name in EVIDENCE_FIELDS},
            **{name: row.get(name, "") for name in RENDITION},
        )
        for position, row in enumerate(content["evidence"])
    ]
    for row in evidence:
        if now := stored.get(row.pk):
            # A document may have been converted since.
            for name in (*STORED, "pages") if now.rendition else STORED:
                setattr(row, name, getattr(now, name))
    by_id = {row.pk: row for row in evidence}
    awards = []
    for position, row in enumerate(content["awards"]):
        award = Award(
            application_id=application.pk,
            level=row["level"],
            position=position,
            # Snapshots made before pages were asked for have none.
            evidence_page=row.get("evidence_page"),
            **{name: row[name] for name in AWARD_FIELDS},
        )
        award.evidence = by_id.get(row["evidence"])
        awards.append(award)
    members = [
        StudioMember(application_id=application.pk, position=position, **row)
        for position, row in enumerate(content["members"])
    ]
    copy._prefetched_objects_cache = {"awards": awards, "members": members, "evidence": evidence}
    # What the recommending unit judged is no part of the content, but of what 附件1 reads of it.
    fetched = getattr(application, "_prefetched_objects_cache", {})
    if "award_checks" in fetched:
        copy._prefetched_objects_cache["award_checks"] = fetched["award_checks"]
    return copy
