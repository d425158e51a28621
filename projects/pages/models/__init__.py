"""The page types, one file a subject. Django finds them here."""

from projects.pages.models.articles import CheckPage, NewsIndexPage, NewsPage
from projects.pages.models.home import HomePage
from projects.pages.models.projects import CharityPage, ProjectIndexPage, ProjectPage, ProjectUpdatePage
from projects.pages.models.workflow import PublicationTask

__all__ = [
    "CharityPage",
    "CheckPage",
    "HomePage",
    "NewsIndexPage",
    "NewsPage",
    "ProjectIndexPage",
    "ProjectPage",
    "ProjectUpdatePage",
    "PublicationTask",
]
