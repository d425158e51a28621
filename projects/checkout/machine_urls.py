"""Where machines knock: no language in front."""

from django.urls import path

from projects.checkout.webhook import stripe_webhook

urlpatterns = [path("stripe/webhook", stripe_webhook, name="stripe-webhook")]
