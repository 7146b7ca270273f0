"""What was read of an application's material beside what its form says, for whoever verifies it."""

from accounts.roles import Role
from applications.recognition.claims import findings_of
from applications.recognition.comparison import apply_rules
from applications.recognition.contradictions import contradictions_of
from applications.recognition.display import shown_findings
from applications.recognition.reader import is_on
from applications.recognition.repeats import repeats_of
from applications.recognition.stamped_scan import check_of
from applications.recognition.texts import progress_in, texts_of
from applications.records import read_related

# Who is shown any: whoever holds claims against papers.
READERS = (Role.RECOMMENDER, Role.OFFICE)
# What is compared with the material, in the order in which it is told.
RULES = (check_of, contradictions_of, findings_of)


def read_findings(user, application):
    """Return (`ShownFinding`s of an application as it is read, how far the reading is in words).

    ([], "") where nothing is read, and for others than `READERS`. A constant number of queries.
    Proof that is used twice comes first, then the stamped form, papers that disagree, claims.
    """
    if not is_on() or user.role not in READERS:
        return [], ""
    read_related(application, "evidence")
    files = [file for file in application.current_evidence() if not file.erased_at]
    texts = texts_of(files)
    findings = repeats_of(application, user)
    for found in apply_rules(application, *RULES, texts=texts):
        # Awards of a version that was submitted have no keys: their findings cannot be told apart.
        findings += [finding for finding in found or () if finding.about != "award-None"]
    shown = shown_findings(user, application, findings) if findings else []
    return shown, progress_in(texts).sentence
