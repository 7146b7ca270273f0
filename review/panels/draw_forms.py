"""Drawing a panel from the expert pool."""

from django import forms

from accounts.fields import TextField
from accounts.forms import PlainFields
from accounts.models import User
from accounts.numbers import WholeNumberField
from accounts.roles import Role
from applications.workflow.perform import Refused
from review.panels.employers import plain_name, units_of
from review.panels.models import ALTERNATES, Alternate, Draw, Panel
from review.panels.set_up import NAME_IS_TAKEN, draw_panel
from review.shared.fields import label_of

REASON_LIMIT = 100


def pool_of(occupations):
    """Return the experts in use, of the chosen 工种 or all, in order of id."""
    pool = User.objects.filter(role=Role.EXPERT, is_active=True)
    if occupations:
        pool = pool.filter(occupation__in=occupations)
    return list(pool.order_by("pk"))


def proposed_exclusions(round, pool):
    """Return whom the office should not draw, and why: a dict of expert id → reason.

    Whoever works for a unit that applies in the round, or sits on one of its panels already.
    """
    of_round = {"panel__round": round}
    on_panel = {
        expert: f"已是{panel}的{seat}"
        for rows, key, seat in (
            (Alternate.objects.filter(**of_round), "expert", "候补专家"),
            (Panel.experts.through.objects.filter(**of_round), "user", "专家"),
        )
        for expert, panel in rows.values_list(key, "panel__name")
    }
    units = units_of(round)
    reasons = {}
    for expert in pool:
        if expert.employer and plain_name(expert.employer) in units:
            reasons[expert.pk] = f"所在单位“{expert.employer}”在本批次申报"
        elif expert.pk in on_panel:
            reasons[expert.pk] = on_panel[expert.pk]
    return reasons


def _is_unexplained(row):
    return bool(row["proposed"]) and not row["excluded"] and not row["keep"]


class DrawForm(PlainFields, forms.Form):
    """Size and seed of a draw, and whom it leaves out; makes the panel with its alternates.

    `pool` are the experts to draw from, as they are now. Exclusions are read from what was posted
    as `exclude-<id>` and `reason-<id>`, or proposed; why a proposed one is not excluded, as
    `keep-<id>`.
    """

    name = forms.CharField(label="专家组名称", max_length=50)
    size = WholeNumberField(
        label=label_of(Draw, "size"),
        min_value=1,
        max_value=50,
        initial=5,
        help_text="不含候补。第一位抽出的专家拟任组长，抽取后可在专家组页面从抽出的专家中另选。",
    )
    alternates = WholeNumberField(
        label=label_of(Draw, "alternates"),
        min_value=0,
        max_value=ALTERNATES,
        initial=ALTERNATES,
        help_text="按抽出的顺序递补。",
    )
    seed = TextField(
        label=label_of(Draw, "seed"),
        max_length=100,
        required=False,
        help_text="由在场人员当众给出，例如掷骰所得的数字；留空则由系统随机生成。"
        "种子、专家库和排除名单决定结果，任何人都可以重新计算。",
    )

    def __init__(self, round, pool, data=None):
        super().__init__(data)
        self.round, self.pool = round, pool
        self.fields["size"].error_messages["invalid"] = "请填写整数。"
        self.rows = self._rows(proposed_exclusions(round, pool))

    def _rows(self, proposed):
        """Return a dict an expert: expert, proposed, excluded, reason, keep and what is wrong.

        `proposed` is why the portal would exclude the expert, or ""; `keep` why the office does
        not; `wrong` names the one of the two reasons that is missing or too long, or "".
        """
        rows = []
        for expert in self.pool:
            why = proposed.get(expert.pk, "")
            row = {"expert": expert, "proposed": why, "keep": "", "wrong": ""}
            if not self.is_bound:
                rows.append({**row, "excluded": bool(why), "reason": why})
                continue
            row |= {
                "excluded": f"exclude-{expert.pk}" in self.data,
                "reason": self._typed(f"reason-{expert.pk}"),
                "keep": self._typed(f"keep-{expert.pk}"),
            }
            if len(row["reason"]) > REASON_LIMIT or (row["excluded"] and not row["reason"]):
                row["wrong"] = "reason"
            elif len(row["keep"]) > REASON_LIMIT or _is_unexplained(row):
                row["wrong"] = "keep"
            rows.append(row)
        return rows

    def _typed(self, name):
        return self.data.get(name, "").replace("\0", "").strip()

    @property
    def ids(self):
        """The pool as the page sends it back: what is drawn from must be what was shown."""
        return ",".join(str(expert.pk) for expert in self.pool)

    @property
    def left(self):
        """How many can be drawn."""
        return sum(not row["excluded"] for row in self.rows)

    @property
    def excluded(self):
        """The rows of those who are not drawn."""
        return [row for row in self.rows if row["excluded"]]

    @property
    def waived(self):
        """The rows of those whose proposed exclusion the office does not take up."""
        return [row for row in self.rows if row["proposed"] and not row["excluded"]]

    def sent(self):
        """Return what was typed as (name, value), to be sent once more when it is confirmed."""
        pairs = [(name, self.data.get(name, "")) for name in (*self.fields, "pool")]
        for row in self.rows:
            key = row["expert"].pk
            if row["excluded"]:
                pairs.append((f"exclude-{key}", "on"))
            pairs += [(f"{name}-{key}", row[name]) for name in ("reason", "keep") if row[name]]
        return pairs

    def refuse_stale(self):
        """Raise Refused when the pool is no longer what the page showed."""
        if self.data.get("pool", "") != self.ids:
            raise Refused("专家库刚有变动，没有抽取，请核对下面的名单后再抽取。")

    def clean_name(self):
        name = self.cleaned_data["name"]
        if Panel.objects.filter(round=self.round, name=name).exists():
            raise forms.ValidationError(f"{NAME_IS_TAKEN}。")
        return name

    def clean(self):
        cleaned = super().clean()
        for wrong, what in (("reason", "排除"), ("keep", "不排除")):
            names = [row["expert"].name for row in self.rows if row["wrong"] == wrong]
            if names:
                sentence = f"请填写{what}{'、'.join(names)}的理由，不超过 {REASON_LIMIT} 字。"
                self.add_error(None, sentence)
        size, alternates = cleaned.get("size"), cleaned.get("alternates")
        if size and alternates is not None and self.left < size + alternates:
            self.add_error(
                "size",
                f"可抽取的专家只有 {self.left} 人，不足 {size + alternates} 人"
                f"（{size} 位专家和 {alternates} 位候补），请减少人数或放宽工种。",
            )
        return cleaned

    def save(self, user):
        """Draw the panel and return the saved `Draw`.

        Raises Refused, and draws nothing, when the pool is no longer what the page showed, or the
        round has a panel of this name by now.
        """
        self.refuse_stale()
        names = ("name", "size", "alternates", "seed")
        return draw_panel(
            self.round,
            user,
            **{name: self.cleaned_data[name] for name in names},
            pool=self.pool,
            exclusions=[_kept(row, reason=row["reason"]) for row in self.excluded],
            waived=[
                _kept(row, proposed=row["proposed"], reason=row["keep"]) for row in self.waived
            ],
        )


def _kept(row, **words):
    """Return what the record of the draw keeps of an expert left out, or not left out."""
    return {"id": row["expert"].pk, "name": row["expert"].name, **words}
