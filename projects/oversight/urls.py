from django.urls import path

from projects.oversight import books, flags, verifications, views

app_name = "oversight"

urlpatterns = [
    path("oversight/", views.home, name="home"),
    path("oversight/sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("oversight/sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("oversight/search/", views.search, name="search"),
    path("oversight/books/<slug:slug>/", views.book, name="book"),
    path("oversight/books/<slug:slug>/statements/", books.statements, name="statements"),
    path("oversight/books/<slug:slug>/match-flags/", flags.match_flags, name="match_flags"),
    path("oversight/entries/<uuid:entry_id>/", views.entry, name="entry"),
    path("oversight/verifications/", verifications.verifications, name="verifications"),
    path("oversight/verifications/<int:number>/", verifications.verification, name="verification"),
    path("oversight/gifts/<str:ref>/", views.gift, name="gift"),
    path("oversight/awards/<str:ref>/", views.award, name="award"),
    path("oversight/payouts/<str:ref>/", views.payout, name="payout"),
    path("oversight/awards/<str:ref>/reveal/", views.reveal_award, name="reveal_award"),
    path("oversight/gifts/<str:ref>/reveal/", views.reveal_donor, name="reveal_donor"),
]
