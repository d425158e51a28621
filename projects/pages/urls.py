from django.urls import path, re_path

from projects.pages import embed, settlement_screen, status, views

urlpatterns = [
    re_path(r"^reading/(?P<size>large|standard)/$", views.reading, name="reading"),
    path("embed/<slug:slug>/", embed.page, name="embed"),
    path("status/", status.page, name="status"),
    path("settlements/", settlement_screen.page, name="settlements"),
    path("trace/", views.trace, name="trace"),
    path("entries/<int:number>/", views.entry, name="entry"),
    path("gift/<str:token>/", views.gift, name="gift"),
]
