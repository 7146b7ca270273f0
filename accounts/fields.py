"""Form fields for what people type and paste; `accounts.characters` says what does not count.

Every field of the portal for a number, a code, an e-mail address or a telephone is one of these,
or one of the lenient ones of a draft (`applications.form.forms`): tests/test_typed.py looks at all.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from stdnum.cn import uscc

from accounts.characters import UNPRINTABLE, compact, person, plain
from accounts.models import validate_mobile, validate_uscc
from accounts.numbers import DecimalNumberField, WholeNumberField
from accounts.telephones import mobile, telephones, validate_phone

EMAIL_SENTENCE = "请填写正确的电子邮箱，例如 name@example.cn。"


def address(text):
    """Return an e-mail address as typed, its invisible and full-width characters put right."""
    return plain(text).strip()


def validate_address(value):
    """Check an e-mail address.

    Raises ValidationError with a sentence. Django itself takes a。cn for a domain, for IDNA
    reads 。 as a dot: what would be mailed and what was typed would be two addresses.
    """
    if "。" in value:
        raise ValidationError("电子邮箱中有中文句号“。”，请改为英文的点“.”。", code="invalid")
    strange = [character for character in value if not (character.isascii() or character.isalnum())]
    if strange:
        raise ValidationError(f"电子邮箱中不能有“{strange[0]}”，请核对。", code="invalid")
    try:
        validate_email(value)
    except ValidationError as error:
        raise ValidationError(EMAIL_SENTENCE, code="invalid") from error


class TextField(forms.CharField):
    """A text without characters that nobody sees or that cannot be printed."""

    def to_python(self, value):
        value = super().to_python(value)
        # What may be empty (None) stays so.
        return UNPRINTABLE.sub("", value).strip() if value else value


class NameField(TextField):
    """The name of one person (`characters.person`)."""

    def to_python(self, value):
        return person(super().to_python(value))


class EmailField(forms.EmailField):
    """An e-mail address in lower case."""

    default_validators = [validate_address]

    def to_python(self, value):
        return address(super().to_python(value)).lower()


class SlugField(forms.SlugField):
    """A code of letters, digits and hyphens."""

    def to_python(self, value):
        return compact(super().to_python(value))


class CompactField(forms.CharField):
    """A number kept as text, without blanks, invisible or full-width characters."""

    def __init__(self, *, max_length=None, **kwargs):
        # The length is the validator's matter: spaces do not count.
        super().__init__(**kwargs)

    def to_python(self, value):
        return compact(super().to_python(value))


class MobileField(CompactField):
    """手机: one number, kept as 13800000000."""

    default_validators = [validate_mobile]

    def to_python(self, value):
        text = super().to_python(value)
        return mobile(text) or text


class PhoneField(TextField):
    """电话: one number or several, kept as `telephones` says."""

    default_validators = [validate_phone]

    def to_python(self, value):
        text = super().to_python(value)
        return telephones(text) or text


class CreditCodeField(CompactField):
    """统一社会信用代码; hyphens and small letters are put right, too."""

    default_validators = [validate_uscc]

    def to_python(self, value):
        return uscc.compact(super().to_python(value))


FIELDS = {
    models.EmailField: EmailField,
    models.SlugField: SlugField,
    models.IntegerField: WholeNumberField,
    models.DecimalField: DecimalNumberField,
    models.CharField: TextField,
    models.TextField: TextField,
}


def form_field(model_field, **options):
    """Return a model field's form field, as `Meta.formfield_callback` asks for it."""
    for kind, form_class in FIELDS.items():
        if isinstance(model_field, kind) and not model_field.choices:
            return model_field.formfield(**{"form_class": form_class, **options})
    return model_field.formfield(**options)
