"""The name of a saved filter."""

from django import forms

from accounts.models import User
from review.queue.saved_filters.models import SavedFilter


class SavedFilterForm(forms.ModelForm):
    """Saves the filter of `instance`, whose user and query the view has set, under a name.

    Validate and save it in one transaction.
    """

    class Meta:
        model = SavedFilter
        fields = ["name"]
        error_messages = {"name": {"required": "请填写名称。"}}

    def clean(self):
        cleaned = super().clean()
        # Locked while counted: two pages at once would both find the last place free.
        User.objects.select_for_update().only("pk").get(pk=self.instance.user_id)
        others = SavedFilter.objects.filter(user=self.instance.user_id).exclude(pk=self.instance.pk)
        if others.filter(name=cleaned.get("name", "")).exists():
            self.add_error("name", "已有同名的筛选，请换一个名称。")
        if self.instance.pk is None:
            if not self.instance.query:
                raise forms.ValidationError("请先在申报列表中选择筛选条件，再保存。")
            if others.count() >= SavedFilter.MOST:
                raise forms.ValidationError(f"最多保存 {SavedFilter.MOST} 个筛选，请先删除不用的。")
        return cleaned
