"""A donor's own pages; they carry the language in front."""

from django.urls import path

from projects.donors import views

urlpatterns = [
    path("my/", views.my_giving, name="my_giving"),
    path("my/sign-in/", views.sign_in, name="my_sign_in"),
    path("my/sign-in/<str:token>/", views.link, name="my_link"),
    path("my/data/", views.my_data, name="my_data"),
    path("my/data/copy/", views.copy, name="my_copy"),
    path("my/data/erasure/", views.ask_erasure, name="my_ask_erasure"),
    path("my/erasure/<str:token>/", views.erasure, name="my_erasure"),
    path("my/sign-out/", views.sign_out, name="my_sign_out"),
]
