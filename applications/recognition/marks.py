"""核对标记: what whoever looked at a finding says of it, for the next reader.

A mark is about one claim beside one proof: it lapses when the finding's digest changes. Each reader
has one on a finding. It decides nothing.
"""

from django.core import signing
from django.utils import timezone

from accounts.roles import Role
from applications.recognition.records import FindingMark
from applications.stages import EDITABLE, ENDED, PRIVATE, Stage

SALT = "finding-mark"
# The stages at which each role looks at the findings of an application.
MARKED_AT = {
    Role.APPLICANT: frozenset(EDITABLE),
    Role.RECOMMENDER: frozenset({Stage.RECOMMENDING, Stage.RECOMMENDED}),
    Role.OFFICE: frozenset(Stage) - frozenset(ENDED) - frozenset(PRIVATE),
}

# Whose marks settle a finding for others than its applicant: what an applicant says of the own
# proof is shown to whoever verifies it, and leaves it open.
SETTLED_BY = frozenset({Role.RECOMMENDER, Role.OFFICE})


def may_mark(user, application):
    """Whether `user`, who sees the application, may mark its findings now."""
    # Whoever redirected it still sees it, and works on it no more.
    is_others = user.role == Role.RECOMMENDER and (
        application.recommending_unit_id != user.recommending_unit_id
    )
    return not is_others and application.stage in MARKED_AT.get(user.role, ())


def marks_of(application):
    """Return {(key, digest): [FindingMark, ...]} of an application, oldest first, in one query."""
    marks = {}
    for row in application.finding_marks.select_related("user").order_by("marked_at", "pk"):
        marks.setdefault((row.key, row.digest), []).append(row)
    return marks


def mark(application, finding, verdict, user):
    """Put a reader's mark on a finding, in place of their last one; "" takes it back.

    Of the finding, `key` and `digest` are enough.
    """
    if not verdict:
        application.finding_marks.filter(key=finding.key, user=user).delete()
        return
    FindingMark.objects.update_or_create(
        application=application,
        key=finding.key,
        user=user,
        defaults={
            "digest": finding.digest,
            "verdict": FindingMark.Verdict(verdict),
            "marked_at": timezone.now(),
        },
    )


def visible_marks(user, marks):
    """Return those of the marks that `user` may know of: applicants see their own unit's alone."""
    if user.role == Role.APPLICANT:
        return [row for row in marks if row.user.role == Role.APPLICANT]
    return list(marks)


def settles(user, marks):
    """Whether one of the marks, which `user` may know of, settles the finding for that reader."""
    return any(user.role == Role.APPLICANT or row.user.role in SETTLED_BY for row in marks)


def token_of(application, finding):
    """Return what a form sends back to say which finding of which application it marks.

    Signed: a mark is put on nothing but what this portal has shown.
    """
    return signing.dumps([application.pk, finding.key, finding.digest], salt=SALT, compress=True)


def opened(application, token):
    """Return the (key, digest) that a token of this application names; raises BadSignature."""
    pk, key, digest = signing.loads(token, salt=SALT)
    if pk != application.pk:
        raise signing.BadSignature("the token is another application's")
    return key, digest
