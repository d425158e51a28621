from django.urls import re_path

from projects.pages import views

urlpatterns = [
    re_path(r"^reading/(?P<size>large|standard)/$", views.reading, name="reading"),
]
