"""Addresses for programs: without a language in front."""

from django.urls import path

from projects.pages import status

urlpatterns = [path("status.json", status.as_json, name="status-json")]
