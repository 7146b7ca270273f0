"""The roles: one per account."""

from functools import wraps

from django.db import models
from django.http import Http404


class Role(models.TextChoices):
    """Who a user is in the review (design.md section 2)."""

    APPLICANT = "APPLICANT", "申报单位"
    RECOMMENDER = "RECOMMENDER", "推荐单位"
    OFFICE = "OFFICE", "评审办公室"
    EXPERT = "EXPERT", "评审专家"
    BUREAU = "BUREAU", "市人社局审批"
    FINANCE = "FINANCE", "市财政局会签"
    ADMIN = "ADMIN", "系统管理员"


def role_required(*roles):
    """Let only users with one of `roles` into a function view.

    Everybody else gets Http404: a page of another role does not exist for them. Anonymous visitors
    never come here, LoginRequiredMiddleware sends them to the login page first.
    """

    def decorate(view):
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            if request.user.role not in roles:
                raise Http404
            return view(request, *args, **kwargs)

        return wrapped

    return decorate
