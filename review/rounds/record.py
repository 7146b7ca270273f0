"""What the office writes of rounds, and the log of it: a new one, a copy of one, settings."""

from applications.rounds import Round
from applications.workflow.guards import moment
from applications.workflow.perform import Refused
from review.rounds.defaults import set_up
from review.rounds.frozen import Locks
from review.rounds.next_year import copy_parts
from review.rounds.settings import digest_of, settings_of
from review.shared.concurrency import lock_round
from review.shared.round_changes import RoundChange


def create_round(round_, user):
    """Save a new round as a draft, with the default criteria and evidence requirements."""
    round_.save()
    set_up(round_)
    RoundChange.write(round_, user, {}, {"新建批次": round_.title})


def copy_round(source, round_, user):
    """Save a new round as a draft, with the criteria and evidence requirements of another one."""
    round_.save()
    copy_parts(source, round_)
    RoundChange.write(round_, user, {"复制批次": source.title}, {"复制批次": round_.title})


def save_setup(setup, user):
    """Save a valid `RoundSetup`, and what it changed to the log.

    Raises Refused, and saves nothing, when somebody else has changed the round since the page was
    made, or when less may be changed now than when it was judged.
    """
    # Nobody submits or scores meanwhile.
    with lock_round(setup.round.pk) as saved:
        before = settings_of(saved)
        if digest_of(before) != setup.seen:
            last = saved.changes.select_related("user").first()
            who = f"由{last.user.name}于{moment(last.at)}" if last else ""
            raise Refused(f"本批次的设置已{who}修改，没有保存，请刷新页面后再操作。")
        if Locks.of(saved) != setup.locks:
            raise Refused("刚刚有申报提交或评分开始，部分设置已不能修改，请刷新后再操作。")
        # The form's fields alone: numbers may have been given while it was judged.
        setup.round.save(update_fields=setup.form.fields)
        for _, form in setup.requirements:
            form.save()
        if not setup.locks.is_scored:
            _save_criteria(setup)
        after = settings_of(Round.objects.get(pk=saved.pk))
        RoundChange.write(saved, user, before, after)


def _save_criteria(setup):
    for form in setup.criteria.forms:
        if form.instance.pk and not form.cleaned_data.get("name"):
            form.instance.delete()
    for position, form in enumerate(setup.criteria.kept(), start=1):
        form.instance.round = setup.round
        form.instance.position = position
        form.save()
