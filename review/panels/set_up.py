"""Setting up a panel: by hand, with alternates, or from a draw. What is saved, and who is told."""

import secrets

from django.db import transaction
from django.utils import timezone

from applications.notify import notifications
from applications.notify.tasks import post
from applications.rounds import Round
from applications.workflow.perform import Refused
from review.panels.draw import draw
from review.panels.models import Alternate, Draw, Panel
from review.panels.recusals import update_recusals_of_panel
from review.panels.scorers import undeclared
from review.shared.round_changes import RoundChange

NAME_IS_TAKEN = "本批次已有同名的专家组"


def panel_as_text(pk):
    """Return who is on a saved panel as one line, so that a page knows what it showed."""
    words = Panel.objects.get(pk=pk).in_words()
    return "；".join(f"{name}：{text}" for name, text in words.items())


def save_panel(panel, user, *, experts, alternates, seen):
    """Save a panel, its experts and alternates, and what changed; tell the experts who joined.

    `alternates` are in order; `seen` is `panel_as_text` as the page showed it. Raises Refused, and
    saves nothing, when somebody else has changed the panel since.
    """
    with transaction.atomic():
        words_before, members_before = {}, []
        if panel.pk:
            locked_panel = Panel.objects.select_for_update().get(pk=panel.pk)
            words_before = locked_panel.in_words()
            if panel_as_text(panel.pk) != seen:
                raise Refused("专家组刚由他人修改，没有保存，请刷新后再操作。")
            members_before = list(panel.experts.values_list("pk", flat=True))
        panel.save()
        panel.experts.set(experts)
        panel.alternates.all().delete()
        _save_alternates(panel, [expert.pk for expert in alternates])
        update_recusals_of_panel(panel, user)
        words_after = Panel.objects.get(pk=panel.pk).in_words()
        RoundChange.write(panel.round, user, words_before, words_after)
        for expert in panel.experts.exclude(pk__in=members_before):
            _tell_joined(panel, expert)


def _save_alternates(panel, keys):
    Alternate.objects.bulk_create(
        Alternate(panel=panel, expert_id=pk, position=position)
        for position, pk in enumerate(keys, start=1)
    )


def _tell_joined(panel, expert):
    """Tell an expert who has joined a panel what waits there, if anything does."""
    if number := undeclared(expert).filter(panel_assignment__panel=panel).count():
        key = f"join:{panel.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
        post(notifications.about_seat(notifications.JOIN_PANEL, panel, expert, key, number))


def draw_panel(round_, user, *, name, size, alternates, seed, pool, exclusions, waived):
    """Draw a panel with so many experts and alternates, and return the saved `Draw`.

    `pool` are the experts to draw from; `exclusions` and `waived` are lists of dicts as `Draw`
    keeps them. A random seed is taken where `seed` is blank. Raises Refused, and draws nothing,
    when the round already has a panel of this name.
    """
    with transaction.atomic():
        Round.objects.select_for_update().get(pk=round_.pk)
        if Panel.objects.filter(round=round_, name=name).exists():
            raise Refused(f"{NAME_IS_TAKEN}，没有再次抽取。")
        seed = seed or secrets.token_hex(16)
        result = draw(
            [expert.pk for expert in pool],
            [row["id"] for row in exclusions],
            seed,
            size + alternates,
        )
        panel = Panel.objects.create(round=round_, name=name, leader_id=result[0])
        panel.experts.set(result[:size])
        _save_alternates(panel, result[size:])
        record = Draw.objects.create(
            round=round_,
            panel=panel,
            seed=seed,
            size=size,
            alternates=alternates,
            pool=[
                {
                    "id": expert.pk,
                    "name": expert.name,
                    "employer": expert.employer,
                    "occupation": expert.occupation,
                }
                for expert in pool
            ],
            exclusions=exclusions,
            waived=waived,
            result=result,
            drawn_by=user,
            drawn_at=timezone.now(),
        )
        RoundChange.write(round_, user, {}, panel.in_words())
    return record
