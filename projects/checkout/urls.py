"""The donor's pages; they carry the language in front."""

from django.urls import path

from projects.checkout import hold_views, pledge_views, views

urlpatterns = [
    path("projects/<slug:slug>/give/", views.give, name="give"),
    path("give/held/<str:token>/", hold_views.held, name="give-held"),
    path("give/held/<str:token>/stay/", hold_views.stay, name="give-held-stay"),
    path("give/thanks/<str:token>/", views.thanks, name="give-thanks"),
    path("give/cancelled/<str:token>/", views.cancelled, name="give-cancelled"),
    path("give/pay/<str:token>/", views.resume, name="give-pay"),
    path("give/regular/<str:token>/", pledge_views.pledge, name="pledge"),
]
