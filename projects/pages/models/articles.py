from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from projects.pages.blocks import ARTICLE

NEWS_PER_PAGE = 12


class NewsIndexPage(Page):
    """All news, the newest first."""

    lede = models.TextField(_("opening sentences"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("lede")]
    search_fields = [*Page.search_fields, index.SearchField("lede")]

    template = "pages/news_index.html"
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["pages.NewsPage"]
    max_count_per_parent = 1

    class Meta:
        verbose_name = _("news list")

    def get_context(self, request: HttpRequest, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        news = NewsPage.objects.child_of(self).live().order_by("-date", "-pk")
        context["news"] = Paginator(news, NEWS_PER_PAGE).get_page(request.GET.get("p"))
        return context


class NewsPage(Page):
    """One piece of news of the site."""

    date = models.DateField(_("date"), default=timezone.localdate)
    lede = models.TextField(_("opening sentences"), blank=True)
    body = StreamField(ARTICLE, verbose_name=_("text"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("date"), FieldPanel("lede"), FieldPanel("body")]
    search_fields = [
        *Page.search_fields,
        index.SearchField("lede"),
        index.SearchField("body"),
        index.FilterField("date"),
    ]

    template = "pages/news.html"
    parent_page_types = ["pages.NewsIndexPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("news")


class CheckPage(Page):
    """How to check us. The instructions are part of the software, so they stand in the template and cannot drift from
    it; editors may add words of their own below."""

    lede = models.TextField(_("opening sentences"), blank=True)
    body = StreamField(ARTICLE, verbose_name=_("text"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("lede"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("lede"), index.SearchField("body")]

    template = "pages/check.html"
    parent_page_types = ["pages.HomePage"]
    subpage_types: list[str] = []
    max_count_per_parent = 1

    class Meta:
        verbose_name = _("check page")

    def get_context(self, request: HttpRequest, *args, **kwargs):
        from projects.pages.checking import check_context

        return {**super().get_context(request, *args, **kwargs), **check_context()}
