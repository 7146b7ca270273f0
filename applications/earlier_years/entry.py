"""往年记录 at entry: what an applicant is told beside unit and lead while filling the form in."""

from applications.earlier_years.matches import earlier_years_of
from applications.earlier_years.records import Outcome

FIELDS = ("unit_name", "lead_name")
MOST_NAMED = 3


def entry_notes(application, user, fields):
    """Return {name of a field: sentence} of what the applicant's own unit was chosen for before.

    `fields` are those of the page; none of these two asks nothing. Only what was published is told
    (notice, section 二), and only of the unit that the form names; it keeps nobody from applying.
    """
    asked = [name for name in FIELDS if name in fields]
    if not asked:
        return {}
    projects, is_cut = earlier_years_of(application, user)
    chosen = [
        project
        for project in projects
        if project.outcome == Outcome.SELECTED.label and project.is_same_unit is not False
    ]
    notes = {}
    if chosen and "unit_name" in asked:
        named = "；".join(map(_named, chosen[:MOST_NAMED]))
        least = "至少 " if is_cut else " "
        more = f"等{least}{len(chosen)} 项" if len(chosen) > MOST_NAMED else ""
        notes["unit_name"] = _sentence(f"{named}{more}", chosen)
    of_lead = [project for project in chosen if project.is_same_lead]
    if of_lead and "lead_name" in asked:
        years = "、".join(str(project.year) for project in of_lead[:MOST_NAMED])
        words = f"{years} 年，本单位有以“{of_lead[0].lead}”为领办人的工作室入选"
        notes["lead_name"] = _sentence(words, of_lead)
    return notes


def _named(project):
    trade = f"（{project.occupation}）" if project.occupation else ""
    return f"{project.year} 年，{project.lead or '本单位'}技能大师工作室{trade}入选"


def _sentence(words, projects):
    alike = "单位名称相近，" if any(project.is_same_unit is None for project in projects) else ""
    return f"往年记录：{words}。{alike}由系统按名称比对，仅供核对，不影响填报。"
