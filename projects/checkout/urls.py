"""The donor's pages; they carry the language in front."""

from django.urls import path

from projects.checkout import pledge_views, views

urlpatterns = [
    path("projects/<slug:slug>/give/", views.give, name="give"),
    path("give/thanks/<str:token>/", views.thanks, name="give-thanks"),
    path("give/cancelled/<str:token>/", views.cancelled, name="give-cancelled"),
    path("give/pay/<str:token>/", views.resume, name="give-pay"),
    path("give/regular/<str:token>/", pledge_views.pledge, name="pledge"),
]
