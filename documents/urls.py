from django.urls import path

from documents import views

app_name = "documents"
urlpatterns = [
    path("annex1/<int:pk>.xlsx", views.annex1_excel, name="annex1"),
    path("annex2/<int:pk>.pdf", views.annex2_pdf, name="annex2"),
]
