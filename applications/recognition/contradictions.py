"""Documents of one application that disagree with each other, each with both places."""

import re

from applications.recognition import documents
from applications.recognition.claims import may_be, papers_of, places, written
from applications.recognition.findings import CONTRADICTION, Agreement, Finding
from applications.recognition.text_match import Kind, compared, find, is_legible, normal
from applications.rounds import EvidenceCategory

# 工作室于2020年3月成立, 工作室成立于2020年3月, in one clause of what the form says of the studio
# (the founding of the unit stands there as well).
_MONTH = "((?:19|20)[0-9]{2})年([0-9]{1,2})月(?:[0-9]{1,2}日)?"
_FOUNDED = re.compile(
    f"{_MONTH}[^，。；;,]{{0,12}}?(?:成立|设立|组建|挂牌|建立)|(?:成立|设立|组建|建立)(?:于|时间)[:：]?{_MONTH}"
)
_CLAUSE = re.compile("[^，。；;,]*工作室[^，。；;,]*")


def contradictions_of(application, pages):
    """Return a `Finding` for each pair of documents that disagree.

    `pages` are those read of its current evidence (`texts.pages_of`). Only what both papers
    plainly say is compared; what is still being read says nothing.
    """
    papers = papers_of(application, pages)
    findings = (
        _names(application, papers),
        _founding(application, papers),
        _units(application, papers),
    )
    return [finding for finding in findings if finding]


def _names(application, papers):
    """The name on the ID copy and that on the certificate."""
    identity = papers[EvidenceCategory.ID_CARD].first(documents.names_on)
    certificate = papers[EvidenceCategory.CERTIFICATE]
    other = certificate.first(documents.names_on)
    if not identity or not other or documents.is_same_name(identity[0], other[0]):
        return None
    # Two readings of a character that the reader does not know say nothing.
    if all(may_be(application.lead_name, [name]) for name in (identity, other)):
        return None
    # Somewhere on the certificate the name of the ID copy stands after all.
    if certificate.find(identity[0], Kind.PERSON):
        return None
    return Finding(
        f"{CONTRADICTION}-lead_name",
        CONTRADICTION,
        "姓名",
        identity[0],
        Agreement.DIFFERS,
        f"身份证上读到的姓名为“{identity[0]}”，职业技能等级证书上为“{other[0]}”，请核对。",
        (*identity[1], *other[1]),
    )


def _founding(application, papers):
    """The date of the founding paper and the months that the form names for the studio."""
    said = [
        tuple(int(each) for each in found.groups() if each)
        for clause in _CLAUSE.findall(normal(application.studio_status))
        for found in _FOUNDED.finditer(clause)
    ]
    dates = papers[EvidenceCategory.FOUNDING].every(documents.dates_on)
    if not said or not dates or any(date[:2] in said for _, _, (date, _) in dates):
        return None
    claimed = said[0]
    file, page, (date, match) = dates[-1]  # a paper is dated at its end
    month = f"{claimed[0]}年{claimed[1]}月"
    return Finding(
        f"{CONTRADICTION}-founding",
        CONTRADICTION,
        "工作室成立时间",
        month,
        Agreement.DIFFERS,
        f"申报表“工作室建设情况”写的成立时间为 {month}，"
        f"设立文件上读到的日期为 {written(date)}，请核对。",
        places(file, page, match),
    )


def _units(application, papers):
    """The unit's name on the licence and on the stamped form."""
    licence, stamped = papers[EvidenceCategory.LICENCE], papers[EvidenceCategory.STAMPED]
    named = licence.first(documents.units_on)
    if not named or not stamped.is_complete:
        return None
    if stamped.find(named[0], Kind.UNIT):
        return None
    for file, page in stamped.pages:
        match = find(application.unit_name, page, kind=Kind.UNIT)
        if match and is_legible(page) and compared(match.text) != compared(named[0]):
            return Finding(
                f"{CONTRADICTION}-unit_name",
                CONTRADICTION,
                "申报单位名称",
                named[0],
                Agreement.DIFFERS,
                f"执照上读到的名称为“{named[0]}”，盖章申报表上为“{match.text}”，请核对。",
                (*named[1], *places(file, page, match)),
            )
    return None
