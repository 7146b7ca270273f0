"""意见模板: the pages on which a recommending unit keeps its own texts for opinions."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.roles import Role, role_required
from review.recommending.models import OpinionTemplate
from review.recommending.verify_forms import OpinionTemplateForm

FULL = f"每个单位最多保存 {OpinionTemplate.LIMIT} 个模板，请先删除不用的。"


def templates_of(user):
    """Return the templates of the user's recommending unit."""
    return OpinionTemplate.objects.filter(recommending_unit=user.recommending_unit_id)


@require_http_methods(["GET", "POST"])
@role_required(Role.RECOMMENDER)
def opinion_templates(request):
    """List the unit's templates, and add one."""
    template = OpinionTemplate(recommending_unit_id=request.user.recommending_unit_id)
    form = OpinionTemplateForm(request.POST or None, instance=template)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            if template.add():
                messages.success(request, f"模板“{template}”已保存。")
                return redirect("review:opinion_templates")
            form.add_error(None, FULL)
            status = 409
        else:
            status = 422
    templates = list(templates_of(request.user))
    context = {
        "form": form,
        "templates": templates,
        "full": FULL if len(templates) >= OpinionTemplate.LIMIT else "",
    }
    return render(request, "review/recommending/opinion_templates.html", context, status=status)


@require_http_methods(["GET", "POST"])
@role_required(Role.RECOMMENDER)
def opinion_template(request, pk):
    """Change one of the unit's templates, or delete it."""
    template = get_object_or_404(templates_of(request.user), pk=pk)
    if request.POST.get("action") == "delete":
        template.delete()
        messages.success(request, f"模板“{template}”已删除。")
        return redirect("review:opinion_templates")
    form = OpinionTemplateForm(request.POST or None, instance=template)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, f"模板“{template}”已保存。")
        return redirect("review:opinion_templates")
    status = 422 if request.method == "POST" else 200
    name = "review/recommending/opinion_template.html"
    return render(request, name, {"form": form}, status=status)
