"""The office's forms about applying units."""

from django import forms

from accounts.fields import TextField, form_field
from accounts.forms import PlainFields
from accounts.models import ApplyingUnit, UnitCorrection


class UnitFilterForm(forms.Form):
    """Looks an applying unit up."""

    q = TextField(label="单位名称或统一社会信用代码", required=False, max_length=100)


class UnitCorrectionForm(PlainFields, forms.ModelForm):
    """What the office may put right of a registration, and why; the unit cannot itself."""

    reason = TextField(
        label=UnitCorrection._meta.get_field("reason").verbose_name,
        max_length=UnitCorrection._meta.get_field("reason").max_length,
        widget=forms.Textarea({"rows": 3}),
        help_text="写明依据，例如：与营业执照核对，注册时少写“有限”二字。申报单位和各审核单位可见。",
    )

    class Meta:
        model = ApplyingUnit
        fields = ["name", "host_kind"]
        formfield_callback = form_field
        help_texts = {"name": "与营业执照或法人证书上的名称一致。"}
