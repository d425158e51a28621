from django.urls import path

from projects.api.interface import api

urlpatterns = [
    path("api/v1/", api.urls),
]
