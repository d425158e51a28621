from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from projects.pages.blocks import ARTICLE


class HomePage(Page):
    """The first page of a language: what this is, what it adds up to, and the three ways on."""

    lede = models.TextField(_("opening sentences"), blank=True)
    body = StreamField(ARTICLE, verbose_name=_("text"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("lede"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("lede"), index.SearchField("body")]

    template = "pages/home.html"
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["pages.ProjectIndexPage", "pages.NewsIndexPage", "pages.CheckPage"]
    max_count_per_parent = 2

    class Meta:
        verbose_name = _("home page")

    def get_context(self, request: HttpRequest, *args, **kwargs):
        from projects.pages.screens import home_context

        return {**super().get_context(request, *args, **kwargs), **home_context(self, request)}
