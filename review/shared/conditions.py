"""The conditions of the notice's section 一, each beside what the applicant claims."""

from dataclasses import dataclass

from accounts.models import HostKind
from applications.form.completeness import FUND_SHARE, spends_enough
from applications.form.definition import HOST_CONDITIONS, display
from applications.rounds import EvidenceCategory
from applications.workflow.guards import QUALIFICATION_CODES

LEAD_LEVEL = (
    "领办人具有技师或高级技师职业资格，在带徒传技方面经验丰富，身体健康，能够承担工作室日常工作"
)
LEAD_CONDITION = "领办人具备通知规定的三个条件之一"
# The categories in which the proof of each condition usually is. The recommending unit sees those
# files beside the claim; the office is offered them first, and may choose any other.
USUAL_PROOF = (
    (EvidenceCategory.CERTIFICATE,),
    (EvidenceCategory.HONOUR, EvidenceCategory.ACHIEVEMENT),
    (EvidenceCategory.LICENCE,),
    (EvidenceCategory.FOUNDING, EvidenceCategory.OTHER),
    (EvidenceCategory.PHOTOS, EvidenceCategory.OTHER),
)


@dataclass(frozen=True)
class Condition:
    """One condition of the notice.

    `claim` is what the applicant says of it, `section` the section of the form that says more,
    `proof` the categories in which its evidence usually is.
    """

    code: str
    text: str
    claim: str
    section: str
    proof: tuple[EvidenceCategory, ...]

    @property
    def told(self):
        """The claim, or where to look for it."""
        return self.claim or "见申报表"


def conditions(application):
    """Return the five `Condition`s of the application's host kind, in the order of the sheet."""
    fit = display(application, "lead_is_fit")
    basis = (display(application, "lead_condition"), application.lead_condition_basis)
    claims = (
        (
            LEAD_LEVEL,
            f"{display(application, 'lead_skill_level')}；身体健康，能承担日常工作：{fit}",
            "lead",
        ),
        (
            LEAD_CONDITION,
            "\n".join(filter(None, basis)),
            "lead",
        ),
        *zip(
            HOST_CONDITIONS[application.host_kind],
            ("", application.host_condition_basis, _funds(application)),
            ("talent",) * 3,
            strict=True,
        ),
    )
    return [
        Condition(code, *claim, proof)
        for code, claim, proof in zip(QUALIFICATION_CODES, claims, USUAL_PROOF, strict=True)
    ]


def _funds(application):
    """Return the share of the training fund in words, or "" (section 一 (二) 3)."""
    share = application.training_fund_share
    if application.host_kind != HostKind.ENTERPRISE or share is None:
        return ""
    verdict = "达到" if spends_enough(application) else "未达到"
    return (
        f"职工教育经费 {display(application, 'training_fund')}，"
        f"用于高技能人才 {display(application, 'training_fund_skilled')}，"
        f"占 {share}%，{verdict} {FUND_SHARE}%"
    )
