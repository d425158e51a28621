from django.urls import path

from projects.receipts import views

urlpatterns = [
    path("gift/<str:token>/receipt.pdf", views.receipt_pdf, name="receipt_pdf"),
    path("receipt/", views.check, name="receipt_check"),
]
