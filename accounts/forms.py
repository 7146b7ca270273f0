"""Forms of registration and of the administrator's pages."""

import re
from itertools import groupby

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from django import forms
from django.db import transaction
from django.db.models import Max
from stdnum.cn import uscc

from accounts import registration
from accounts.fields import (
    EMAIL_SENTENCE,
    CompactField,
    CreditCodeField,
    EmailField,
    MobileField,
    NameField,
    TextField,
    form_field,
)
from accounts.models import AdmittedCode, ApplyingUnit, RecommendingUnit, User, is_credit_code
from accounts.roles import Role


class PlainFields:
    """A form in the portal's manner.

    No placeholder that repeats the label, no dashes for "nothing chosen", errors that say what to
    do, and one name for the e-mail address.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.error_messages["required"] = "请填写。"
            if isinstance(field, forms.EmailField):
                field.label = User._meta.get_field("email").verbose_name
                field.error_messages["invalid"] = EMAIL_SENTENCE
            if isinstance(field, forms.ChoiceField):
                field.error_messages["required"] = "请选择。"
            if isinstance(field, forms.TypedChoiceField):
                field.choices = [
                    (value, label if value else "请选择") for value, label in field.choices
                ]
        if "password1" in self.fields:
            new = self.fields["password1"]
            new.help_text = "至少 10 个字符，不能全是数字，也不要用常见的词、姓名或拼音加数字。"


class LoginForm(PlainFields, allauth.LoginForm):
    """Login; the page itself leads to those who forgot their password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
        self.fields["login"] = EmailField(
            label=self.fields["login"].label,
            widget=self.fields["login"].widget,
            error_messages=self.fields["login"].error_messages,
        )


class ChangePasswordForm(PlainFields, allauth.ChangePasswordForm):
    """A logged-in user changes the password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""

    def clean_oldpassword(self):
        """Count and log a wrong password as the login does: a session could be used to guess."""
        password = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class SetPasswordForm(PlainFields, allauth.SetPasswordForm):
    """A logged-in user without a password sets one."""


class ResetPasswordForm(PlainFields, allauth.ResetPasswordForm):
    """Somebody who forgot the password asks for a link.

    Not for an account that is only invited: else its invitation would never run out.
    """

    email = EmailField(widget=forms.EmailInput({"autocomplete": "email"}))

    def clean_email(self):
        email = super().clean_email()
        self.users = [user for user in self.users if not user.is_invited]
        return email


class ResetPasswordKeyForm(PlainFields, allauth.ResetPasswordKeyForm):
    """Sets a new password behind the link of the mail."""


class UnitsByKind(forms.models.ModelChoiceIterator):
    """The recommending units of a select, grouped by kind in the order of the notice."""

    def __iter__(self):
        yield "", self.field.empty_label
        kinds = RecommendingUnit.Kind.values
        units = sorted(self.queryset, key=lambda unit: kinds.index(unit.kind))
        for kind, group in groupby(units, lambda unit: unit.kind):
            yield RecommendingUnit.Kind(kind).label, [self.choice(unit) for unit in group]


class RecommendingUnitField(forms.ModelChoiceField):
    """A select of the recommending units that may be chosen at present."""

    iterator = UnitsByKind

    def __init__(self, **kwargs):
        super().__init__(
            RecommendingUnit.objects.filter(is_active=True),
            label=RecommendingUnit._meta.verbose_name,
            empty_label="请选择",
            **kwargs,
        )


class RegistrationForm(PlainFields, allauth.SignupForm, forms.ModelForm):
    """An applying unit registers: makes the unit and its user in one transaction."""

    email = EmailField(widget=forms.EmailInput({"autocomplete": "email"}))
    recommending_unit = RecommendingUnitField(
        help_text="一般为单位所在区的人社局；市直行业主管部门所属单位选其主管部门。"
    )

    field_order = [
        "name",
        "uscc",
        "nature",
        "host_kind",
        "recommending_unit",
        "address",
        "contact_name",
        "contact_mobile",
        "email",
        "password1",
        "password2",
    ]

    class Meta:
        model = ApplyingUnit
        fields = [
            "name",
            "uscc",
            "nature",
            "host_kind",
            "address",
            "contact_name",
            "contact_mobile",
        ]
        formfield_callback = form_field
        field_classes = {
            "uscc": CreditCodeField,
            "contact_name": NameField,
            "contact_mobile": MobileField,
        }
        help_texts = {
            "name": "与营业执照或法人证书上的名称一致。",
            "uscc": "18 位，见营业执照或法人证书。",
            "contact_name": "负责本次申报的工作人员，也是本账号的使用人。",
        }
        error_messages = {
            "uscc": {
                "unique": "该统一社会信用代码已注册，请用原账号登录，或请本单位的同事邀请您；"
                "忘记密码的，可在登录页重置；刚注册、邮箱填错的，请改正邮箱。"
            }
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, autocomplete in {
            "name": "organization",
            "uscc": "off",
            "address": "street-address",
            "contact_name": "name",
            "contact_mobile": "tel",
        }.items():
            self.fields[name].widget.attrs["autocomplete"] = autocomplete
        self.fields["email"].help_text = "用于登录和接收通知。"

    def save(self, request):
        """Save the unit and its user, and return the user."""
        with transaction.atomic():
            return super().save(request)

    def save_unit(self):
        """Save and return the unit. Raises IntegrityError when another was just a bit faster."""
        self.instance.recommending_unit = self.cleaned_data["recommending_unit"]
        return registration.save_unconfirmed(self.instance)


class CorrectionForm(PlainFields, forms.Form):
    """The right address of a registration that is not confirmed yet.

    `found` is what this browser registered (`registration.held`); without it, credit code and
    password say which registration is meant. `account` is its account once the form is valid, None
    where the session alone keeps the registration.
    """

    # A browser would fill in the user name that it keeps: the address, not the code.
    uscc = CreditCodeField(
        label=ApplyingUnit._meta.get_field("uscc").verbose_name,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    password = forms.CharField(
        label="注册时设置的密码",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    email = EmailField(
        widget=forms.EmailInput({"autocomplete": "email"}), help_text="验证邮件将发到这里。"
    )

    def __init__(self, data=None, *, request, found):
        super().__init__(data)
        self.request, self.found, self.account = request, found, None
        if found:
            del self.fields["uscc"], self.fields["password"]
            self.initial["email"] = found["email"]

    def clean(self):
        cleaned = super().clean()
        if self.found:
            self.account = registration.account_of(self.found)
        elif not self.errors:
            self.account = self._authenticated(cleaned["uscc"], cleaned["password"])
        return cleaned

    def _authenticated(self, code, password):
        """Return the account that the password opens, counted as at the login."""
        account = User.objects.filter(applying_unit__uscc=code).order_by("pk").first()
        # A code without account is counted, and takes its time, just as one with.
        email = account.email if account else code
        user = get_adapter().authenticate(self.request, email=email, password=password)
        if user is None:
            raise forms.ValidationError(
                "统一社会信用代码或密码不正确。超过 24 小时未验证的注册已作废，请重新注册。"
            )
        if not registration.unconfirmed().filter(pk=user.applying_unit_id).exists():
            raise forms.ValidationError(
                "该注册已完成验证，请直接登录；要更改邮箱的，请与评审办公室联系。"
            )
        return user


class AdmittedCodeForm(PlainFields, forms.ModelForm):
    """The administrator admits a credit code whose check digit is not the standard's."""

    class Meta:
        model = AdmittedCode
        fields = ["code", "reason"]
        formfield_callback = form_field
        field_classes = {"code": CompactField}
        widgets = {"reason": forms.Textarea({"rows": 3})}
        help_texts = {
            "code": "18 位，与证照逐位核对后填写。",
            "reason": "写明核对了什么证照、由谁确认，例如：2015 年发放，已与登记机关核实。",
        }
        error_messages = {"code": {"unique": "该代码已登记，可以注册。"}}

    def clean_code(self):
        code = uscc.compact(self.cleaned_data["code"])
        if not re.fullmatch("[0-9A-Z]{18}", code):
            raise forms.ValidationError("统一社会信用代码应为 18 位数字或大写字母。")
        if is_credit_code(code):
            raise forms.ValidationError("该代码的校验码正确，不需要登记，可以直接注册。")
        return code


class AccountFields(PlainFields, forms.ModelForm):
    """What everybody who makes or edits somebody else's account types: name and address."""

    class Meta:
        model = User
        fields = ["name", "email"]
        formfield_callback = form_field
        field_classes = {"name": NameField}

    def clean_email(self):
        return self.cleaned_data["email"].lower()

    def save(self, commit=True):
        """Save the account and its address (`registration.save_account`)."""
        user = super().save(commit=False)
        registration.save_account(user, is_new_address="email" in self.changed_data)
        return user


class AccountForm(AccountFields):
    """The administrator makes or edits an account.

    Applicants register themselves: their accounts can be edited here, but neither made nor turned
    into another role.
    """

    recommending_unit = RecommendingUnitField(
        required=False, help_text="仅“推荐单位”角色填写，且必须填写。"
    )

    class Meta(AccountFields.Meta):
        fields = ["role", "name", "email", "recommending_unit", "employer", "title", "occupation"]
        help_texts = {
            "email": "用于登录和接收通知。修改后，本人下次登录时须重新验证。",
            "employer": "仅评审专家填写。",
            "title": "仅评审专家填写。",
            "occupation": "仅评审专家填写，例如：焊工。按工种抽取专家、分配申报时用。",
        }
        error_messages = {"email": {"unique": "该电子邮箱已有账号。"}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.role == Role.APPLICANT:
            for name in ("role", "recommending_unit", "employer", "title", "occupation"):
                del self.fields[name]
        else:
            self.fields["role"].choices = [
                ("", "请选择"),
                *((value, label) for value, label in Role.choices if value != Role.APPLICANT),
            ]
            if not self.instance.pk:
                self.initial["role"] = ""

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("role") == Role.RECOMMENDER:
            if not cleaned.get("recommending_unit") and "recommending_unit" not in self.errors:
                self.add_error("recommending_unit", "请选择该账号所属的推荐单位。")
        elif "recommending_unit" in self.fields:
            cleaned["recommending_unit"] = None
        return cleaned


class ColleagueForm(AccountFields):
    """The first account of an applying unit invites a colleague."""

    class Meta(AccountFields.Meta):
        help_texts = {"email": "邀请邮件发到这里，也是同事登录用的邮箱。"}
        error_messages = {
            "email": {
                "unique": "该电子邮箱已有账号，请换一个。如是以前移除的同事，请联系评审办公室恢复。"
            }
        }


class AccountFilterForm(forms.Form):
    """Filters of the list of accounts."""

    role = forms.ChoiceField(
        label=User._meta.get_field("role").verbose_name,
        choices=[("", "全部"), *Role.choices],
        required=False,
    )
    state = forms.ChoiceField(
        label="状态",
        choices=[
            ("", "全部"),
            ("active", "启用"),
            ("unused", "启用，从未登录"),
            ("inactive", "已停用"),
        ],
        required=False,
    )
    q = TextField(label="姓名、邮箱或单位", required=False)


class RecommendingUnitForm(PlainFields, forms.ModelForm):
    """The administrator makes or edits a recommending unit."""

    class Meta:
        model = RecommendingUnit
        fields = ["kind", "name", "code", "position", "is_active"]
        formfield_callback = form_field
        help_texts = {
            "kind": "中央、省属在汉企业及市属大型企业自行推荐的，选“自行推荐单位”。",
            "code": "字母、数字和连字符，用于导出文件，例如 JA。",
            "position": "数字小的排在前面。",
            "is_active": "取消后，注册时不再列出，已有的申报不受影响。",
        }
        error_messages = {
            "code": {"unique": "该代码已被使用。"},
            "name": {"unique": "该推荐单位已存在。"},
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            last = RecommendingUnit.objects.aggregate(last=Max("position"))["last"]
            self.initial["position"] = (last or 0) + 10


class RecommendingUnitFilterForm(forms.Form):
    """Filters of the list of recommending units."""

    kind = forms.ChoiceField(
        label=RecommendingUnit._meta.get_field("kind").verbose_name,
        choices=[("", "全部"), *RecommendingUnit.Kind.choices],
        required=False,
    )
    state = forms.ChoiceField(
        label="状态",
        choices=[("", "全部"), ("active", "可选"), ("inactive", "不可选")],
        required=False,
    )
    q = TextField(label="名称或代码", required=False)
