"""Who sees what: one queryset for every list, page, file and export."""

from enum import Enum

from django.db import connections, models
from django.db.models import Q

from accounts.prepared import Prepared, PreparedFor
from accounts.roles import Role
from applications.stages import ENDED, FROM_PANEL, OWNERS, PRIVATE, Stage


def _by_key(key):
    from applications.models import Application  # which imports this module

    return Application.objects.order_by().select_related("round").filter(pk=key)


def _visible_key(user, key):
    from applications.models import Application  # which imports this module

    return Application.objects.order_by().visible_to(user).filter(pk=key).values_list("pk")


_whole = Prepared(_by_key, int)
_visible = PreparedFor(_visible_key, int)
_visible_locked = PreparedFor(lambda user, key: _visible_key(user, key).select_for_update(), int)


def visible_application(user, pk, *, lock=False):
    """Return `Application.objects.visible_to(user).whole(pk)`, for a fraction of its cost.

    With `lock` it is locked, before its columns are read, to the end of the transaction, which
    there must be.
    """
    known = _visible_locked if lock else _visible
    return next(iter(_whole.ask(pk)), None) if known.ask(user, pk) else None


class ApplicationQuerySet(models.QuerySet):
    """Applications as each role may see them."""

    def visible_to(self, user):
        """The applications that exist for this user (design.md section 4).

        A draft, discarded or not, exists for its own unit alone. Administrators see none: they
        keep accounts, not files. Experts see what is assigned to their panels, or to them as an
        alternate, from the panel stage on: once they have given the panel's pledge and declared
        to have no interest in it; nothing of what they are recused from.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.role == Role.APPLICANT:
            return self.filter(applying_unit_id=user.applying_unit_id)
        if user.role == Role.RECOMMENDER:
            own = Q(recommending_unit_id=user.recommending_unit_id)
            # What the unit has redirected stays in its sight until the other one has answered.
            own |= Q(redirected_from_id=user.recommending_unit_id)
            return self.filter(own).exclude(stage__in=PRIVATE)
        if user.role in {Role.OFFICE, Role.BUREAU}:
            return self.exclude(stage__in=PRIVATE)
        if user.role == Role.FINANCE:
            return self.filter(stage__in=[Stage.APPROVING, Stage.COUNTERSIGNING, Stage.AWARDED])
        if user.role == Role.EXPERT:
            return self.filter(stage__in=FROM_PANEL).scored_by(user).opened_to(user)
        return self.none()

    def scored_by(self, expert):
        """The applications that an expert has to score, or had to score before they were decided.

        Those of the panels on which the expert sits and those for which the expert steps in as an
        alternate, but none from which the expert is recused. Read from the other side, it is
        `PanelAssignment.scorers()`, and as a subquery `scorers()` of review/panels/scorers.py.
        """
        of_panels = Q(panel_assignment__panel__in=expert.panels.all())
        as_alternate = Q(pk__in=expert.substitutions.values("application"))
        recused_from = expert.recusals.values("application")
        return self.filter(of_panels | as_alternate).exclude(pk__in=recused_from)

    def opened_to(self, expert):
        """The applications in which an expert has declared to have no interest.

        Only those of panels whose pledge the expert has given.
        """
        pledged = expert.attendances.filter(pledged_at__isnull=False)
        return self.filter(
            panel_assignment__panel__in=pledged.values("panel"),
            pk__in=pledged.values("declarations__application"),
        )

    def lock(self, pk):
        """Lock an application to the end of the transaction; what is read after it stays true.

        SQLite has locked its whole database when a transaction began.
        """
        if connections[self.db].features.has_select_for_update:
            list(self.order_by().filter(pk=pk).select_for_update().values_list("pk"))

    def whole(self, pk):
        """Return one of these applications with all its columns and its round, or None.

        That it is one of these is asked first: the columns are read by its key.
        """
        known = self.order_by().filter(pk=pk).values_list("pk")
        return next(iter(_whole.ask(pk)), None) if known else None

    def waiting_for(self, user):
        """The visible applications whose present stage the user's role owns and must act on."""
        waiting = self.visible_to(user).filter(stage__in=work_stages(user.role))
        if user.role == Role.RECOMMENDER:
            waiting = waiting.filter(recommending_unit_id=user.recommending_unit_id)
        return waiting

    def read(self, *columns):
        """Return the applications of this ordered slice, with these columns alone.

        The slice is found in an index. Asked for the columns at once, PostgreSQL reads every wide
        row that could be in it, sorts them all, and keeps these few.
        """
        rows = self.model.objects.filter(pk__in=self.values("pk")).only(*columns)
        return rows.order_by(*self.query.order_by)


def work_stages(role):
    """The stages whose work a role has to do, in order."""
    return [stage for stage in Stage if OWNERS[stage] == role and stage not in ENDED]


class Privacy(Enum):
    """How much of an application's personal numbers a reader gets."""

    FULL = "full"
    MASKED = "masked"
    HIDDEN = "hidden"


def privacy_for(user, application):
    """Return the `Privacy` with which `user` reads `application`.

    The owner reads everything; experts see no ID, bank or phone numbers; everybody else sees ID
    and bank numbers masked.
    """
    if user.role == Role.APPLICANT and user.applying_unit_id == application.applying_unit_id:
        return Privacy.FULL
    return Privacy.HIDDEN if user.role == Role.EXPERT else Privacy.MASKED


# Who may be shown a number in full, and at which stages: those at which its work needs it. The
# recommending unit and the office hold it against papers, the bureaus against the applicant that
# they sign for; an award is paid into the account.
REVEALED_AT = {
    Role.RECOMMENDER: (Stage.RECOMMENDING, Stage.RECOMMENDED),
    Role.OFFICE: (Stage.QUALIFYING, Stage.INSPECTING, Stage.PUBLICITY, Stage.AWARDED),
    Role.BUREAU: (Stage.APPROVING,),
    Role.FINANCE: (Stage.COUNTERSIGNING, Stage.AWARDED),
}


def reveal_refusal(user, application):
    """Return why `user` is not shown the numbers of a visible application in full, or None."""
    is_others = user.role == Role.RECOMMENDER and (
        application.recommending_unit_id != user.recommending_unit_id
    )
    if is_others or user.role not in REVEALED_AT:
        return "只有办理该申报的单位可以查看完整号码。"
    if application.erased_at:
        return "号码已按保存年限清除。"
    stages = REVEALED_AT[user.role]
    if application.stage not in stages:
        names = "、".join(stage.label for stage in stages)
        return f"{user.get_role_display()}只在“{names}”阶段可以查看完整号码。"
    return None


def actor_shown(user, event):
    """Return who did what the event says, as far as `user` may know; "" where nobody is named.

    Applicants are told no name but their own unit's, the recommending unit no expert's
    (design.md section 4).
    """
    if user.role == Role.APPLICANT and event.role != Role.APPLICANT:
        return ""
    if user.role == Role.RECOMMENDER and event.role == Role.EXPERT:
        return "专家组"
    return event.actor


def openable_files(user, application):
    """Return the keys of the files that `user` may open of what was submitted; None for all.

    The owner and the review office open those of every version, others those of the latest.
    Which categories experts get at all is another matter (`rounds.HIDDEN_FROM_EXPERTS`).
    """
    if user.role in {Role.APPLICANT, Role.OFFICE}:
        return None
    files = application.submissions.values_list("content__evidence", flat=True).last() or []
    return {row["id"] for row in files}
