"""A stand-in for Stripe: its own process, HTTP, form encoding, signed webhooks, a page that looks hosted.

It imports neither Django nor the stripe package, so what passes against it passes because of what goes over the wire.
No real money moves here, and every page says so.
"""
