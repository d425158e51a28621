"""Every address of the site. Public pages carry the language in front; machines' addresses do not."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import URLPattern, URLResolver, include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("books/", admin.site.urls),
    path("cms/", include(wagtailadmin_urls)),
    path("", include("projects.checkout.machine_urls")),
    path("", include("projects.api.urls")),
    path("", include("projects.pages.machine_urls")),
    path("documents/", include(wagtaildocs_urls)),
]

if settings.DEBUG:
    urlpatterns += staticfiles_urlpatterns()

urlpatterns += i18n_patterns(
    path("", include("projects.receipts.urls")),
    path("", include("projects.pages.urls")),
    path("", include("projects.checkout.urls")),
    path("", include("projects.donors.urls")),
    path("", include("projects.oversight.urls")),
    path("", include(wagtail_urls)),
)
