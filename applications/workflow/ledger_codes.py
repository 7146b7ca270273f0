"""What counts of the recommending unit's ledger (核验台账) and of its verdicts on awards.

A row is never changed: a later row about the same thing takes its place. So after a return, what
the unit did not change still counts, and what it changed has to be checked again. The rows are
`review`'s models, read through the reverse relations `verifications` and `award_checks`, which are
ordered in time.
"""

from django.db import models


class Check(models.TextChoices):
    """What the recommending unit has to check (notice, sections 二 and 三)."""

    POLICE = "POLICE", "征求公安部门意见"
    VETO = "VETO", "党风廉政建设等“一票否决”情况说明"
    PUBLICITY = "PUBLICITY", "单位公示"
    ORIGINAL = "ORIGINAL", "原件核对"


class Result(models.TextChoices):
    """What a check found."""

    PASSED = "PASSED", "通过"
    FAILED = "FAILED", "不通过"


class Verdict(models.TextChoices):
    """Whether a claimed award stands."""

    VERIFIED = "VERIFIED", "属实"
    STRUCK = "STRUCK", "划去"


# These name the lead: what was found about another person says nothing about this one.
ABOUT_LEAD = (Check.POLICE, Check.VETO, Check.PUBLICITY)
UNPROVEN = "无佐证材料奖项不得填入"


def counting(application):
    """Return the rows of the ledger that count now, by (kind, key of the evidence or None).

    Of each check it is the latest row about the present lead; of an original, the latest row about
    this very file, so that the original of a replaced file is checked again. Uses prefetched
    `verifications`.
    """
    rows = {}
    for row in application.verifications.all():
        if row.kind == Check.ORIGINAL:
            rows[row.kind, row.evidence_id] = row
        elif row.lead_id_index == application.lead_id_index:
            rows[row.kind, None] = row
    return rows


def verdicts(application):
    """Return the verdict that counts on each claim, by the claim as a tuple (`Award.claim`).

    A changed award is another claim, so nobody has judged it. Uses prefetched `award_checks`.
    """
    return {tuple(row.claim): row for row in application.award_checks.all()}


def verdict_on(award, verdicts):
    """Return the row of `verdicts` about an award as it is now, or None."""
    return verdicts.get(tuple(award.claim))


def unjudged(application):
    """Return the awards that nobody has judged as they are now."""
    judged = verdicts(application)
    return [award for award in application.awards.all() if verdict_on(award, judged) is None]
