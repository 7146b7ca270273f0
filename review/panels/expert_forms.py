"""The office's forms of the expert pool."""

from django import forms

from accounts.fields import TextField
from accounts.forms import PlainFields
from accounts.models import User
from review.shared.fields import label_of


class ExpertFilterForm(forms.Form):
    """Filters of the expert pool."""

    occupation = forms.ChoiceField(label=label_of(User, "occupation"), required=False)
    employer = TextField(label=label_of(User, "employer"), required=False, max_length=100)
    q = TextField(label="姓名或职称", required=False, max_length=100)
    state = forms.ChoiceField(
        label="状态",
        choices=[("", "全部"), ("active", "启用"), ("inactive", "已停用")],
        required=False,
    )

    def __init__(self, *args, occupations, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["occupation"].choices = [("", "全部"), *((name, name) for name in occupations)]


class ExpertForm(PlainFields, forms.ModelForm):
    """What the office may put right about an expert; accounts are the administrator's."""

    class Meta:
        model = User
        fields = ["employer", "title", "occupation"]
        help_texts = {
            "employer": "写全称。与申报单位相同的，抽取时提示排除。",
            "occupation": "例如：焊工。按工种抽取专家、分配申报时用。",
        }

    def save(self):
        """Save these three fields of the account and no others; return the expert."""
        self.instance.save(update_fields=self.fields)
        return self.instance
