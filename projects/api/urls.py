from django.urls import path

from projects.api import log_views
from projects.api.interface import api
from projects.api.verifier import verifier

urlpatterns = [
    path("api/v1/ledger-auditor.pyz", verifier, name="verifier"),
    path("api/v1/", api.urls),
    path("log/checkpoint", log_views.checkpoint, name="log-checkpoint"),
    path("log/vkey", log_views.vkey, name="log-vkey"),
    path("log/vkeys", log_views.vkeys, name="log-vkeys"),
    path("log/cosignature", log_views.cosignature, name="log-cosignature"),
    path("log/proof/<str:position>.tlog-proof", log_views.proof, name="log-proof"),
    path("log/tile/<path:rest>", log_views.tile, name="log-tile"),
    # Nothing under the log's address falls through to the public pages.
    path("log/<path:rest>", log_views.nothing, name="log-nothing"),
]
