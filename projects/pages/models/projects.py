"""Projects on the site. The page tells the story; every fact and figure comes from the catalogue and the ledger.

The tree is home › list › charity › project › update: the charity's page is the section its own editors may work in.
The address of a project leaves the charity out (`/projects/<slug>/`), so that it survives a change of the section.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index
from wagtail.url_routing import RouteResult

from projects.pages.blocks import ARTICLE, STORY
from projects.pages.gate import GatedPageForm, refuse_unless_complete


class ProjectIndexPage(Page):
    """All public projects, to be searched and filtered without a script."""

    lede = models.TextField(_("opening sentences"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("lede")]
    search_fields = [*Page.search_fields, index.SearchField("lede")]

    template = "pages/project_index.html"
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["pages.CharityPage"]
    max_count_per_parent = 1

    class Meta:
        verbose_name = _("project list")

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """`/projects/<slug>/` is a charity or a project of any charity."""
        if path_components and self.live:
            first, *rest = path_components
            if not self.get_children().filter(slug=first).exists():
                page = ProjectPage.objects.descendant_of(self).filter(slug=first).first()
                if page is None:
                    raise Http404
                return page.route(request, rest)
        return super().route(request, path_components)

    def get_context(self, request: HttpRequest, *args, **kwargs):
        from projects.pages.screens import index_context

        return {**super().get_context(request, *args, **kwargs), **index_context(self, request)}


class CharityPage(Page):
    """One charity: who it is, by which right it raises money, and its projects. Its editors work below this page."""

    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("charity")
    )
    lede = models.TextField(_("opening sentences"), blank=True)
    body = StreamField(ARTICLE, verbose_name=_("text"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("organisation"), FieldPanel("lede"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("lede"), index.FilterField("organisation_id")]

    template = "pages/charity.html"
    parent_page_types = ["pages.ProjectIndexPage"]
    subpage_types = ["pages.ProjectPage"]

    class Meta:
        verbose_name = _("charity's section")

    def get_context(self, request: HttpRequest, *args, **kwargs):
        from projects.pages.screens import charity_context

        return {**super().get_context(request, *args, **kwargs), **charity_context(self)}


class WithoutTheSection(Page):
    """Pages whose address leaves out the charity's section: `/projects/<charity>/<slug>/` is `/projects/<slug>/`."""

    section_depth = 4  # root 1, home 2, list 3, charity 4

    class Meta:
        abstract = True

    def get_url_parts(self, request=None):
        parts = super().get_url_parts(request)
        if parts is None or parts[2] is None:
            return parts
        site_id, root_url, path = parts
        below = self.depth - self.section_depth
        pieces = path.rstrip("/").split("/")
        del pieces[-1 - below]
        return site_id, root_url, "/".join(pieces) + "/"

    def serve(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not getattr(request, "is_preview", False) and request.path != self.get_url(request):
            return HttpResponseRedirect(self.get_url(request))
        return super().serve(request, *args, **kwargs)


class ProjectPage(WithoutTheSection):
    """The story of one project. Publishing it is refused while the campaign's facts are incomplete (see `gate.py`)."""

    project = models.ForeignKey(
        "catalog.Project",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("project"),
        help_text=_("Name, budget, dates, filing and state are kept there and cannot be edited here."),
    )
    lede = models.TextField(_("opening sentences"), blank=True, help_text=_("Empty: the summary of the project."))
    story = StreamField(STORY, verbose_name=_("story"), blank=True)
    made_up = models.BooleanField(
        _("the gifts are made up"), default=False, help_text=_("The page says so, above the figures.")
    )

    content_panels = [
        *Page.content_panels,
        HelpPanel(template="pages/admin/gate_panel.html"),
        MultiFieldPanel([FieldPanel("project"), FieldPanel("made_up")], heading=_("Project")),
        FieldPanel("lede"),
        FieldPanel("story"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("lede"),
        index.SearchField("story"),
        index.FilterField("project_id"),
    ]

    template = "pages/project.html"
    base_form_class = GatedPageForm
    parent_page_types = ["pages.CharityPage"]
    subpage_types = ["pages.ProjectUpdatePage"]

    class Meta:
        verbose_name = _("project page")

    def clean(self) -> None:
        """A page belongs to one project of the charity it stands under, and each language has one."""
        super().clean()
        if not self.project_id:
            return
        section = self.section()
        if section is not None and section.organisation_id != self.project.organisation_id:
            raise ValidationError({"project": _("This project belongs to another charity.")})
        others = ProjectPage.objects.filter(project_id=self.project_id, locale_id=self.locale_id).exclude(pk=self.pk)
        if others.exists():
            raise ValidationError({"project": _("This project already has a page in this language.")})

    def save(self, *args, **kwargs):
        """The last word of the publishing gate: every way of publishing ends in a save with `live` set."""
        if self.live and "update_fields" not in kwargs:
            refuse_unless_complete(self, on=timezone.localdate())
        return super().save(*args, **kwargs)

    def section(self) -> CharityPage | None:
        """The charity's page this one stands under; None while it is being created."""
        parent = self.get_parent().specific if self.depth else None
        return parent if isinstance(parent, CharityPage) else None

    def get_context(self, request: HttpRequest, *args, **kwargs):
        from projects.pages.screens import project_context

        return {**super().get_context(request, *args, **kwargs), **project_context(self, timezone.now())}


class ProjectUpdatePage(WithoutTheSection):
    """What happened in a project, by date."""

    date = models.DateField(_("date"), default=timezone.localdate)
    lede = models.TextField(_("opening sentences"), blank=True)
    body = StreamField(ARTICLE, verbose_name=_("text"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("date"), FieldPanel("lede"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("lede"), index.FilterField("date")]

    template = "pages/update.html"
    parent_page_types = ["pages.ProjectPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("project update")

    def get_context(self, request: HttpRequest, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        project_page = self.get_parent().specific
        context.update(project_page=project_page, project=project_page.project)
        return context
