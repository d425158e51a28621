"""Where the workspace joins the Wagtail admin: sections, the to-do list on the home screen, its style sheet."""

from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.ui.components import Component

from projects.workspace.sections import may_any
from projects.workspace.todo import todos
from projects.workspace.views.awards import AwardSection
from projects.workspace.views.bills import BillSection
from projects.workspace.views.books import BooksSection
from projects.workspace.views.cases import CaseSection
from projects.workspace.views.donor_statements import DonorStatementSection
from projects.workspace.views.gifts import GiftSection
from projects.workspace.views.goods_issues import GoodsIssueSection
from projects.workspace.views.hand_gifts import HandGiftSection
from projects.workspace.views.hand_refunds import HandRefundSection
from projects.workspace.views.match_formulas import FormulaSection
from projects.workspace.views.matching import MatchingSection
from projects.workspace.views.payout_answers import HouseholdSection
from projects.workspace.views.payouts import PayoutSection
from projects.workspace.views.pledges import PledgeSection
from projects.workspace.views.projects import ProjectSection
from projects.workspace.views.requests import RequestSection
from projects.workspace.views.reviews import ReviewSection
from projects.workspace.views.settlement import SettlementSection
from projects.workspace.views.webhooks import WebhookSection

SECTIONS = (
    CaseSection,
    RequestSection,
    AwardSection,
    PayoutSection,
    HouseholdSection,
    GoodsIssueSection,
    SettlementSection,
    GiftSection,
    PledgeSection,
    HandGiftSection,
    DonorStatementSection,
    BillSection,
    HandRefundSection,
    ReviewSection,
    ProjectSection,
    MatchingSection,
    FormulaSection,
    BooksSection,
    WebhookSection,
)


@hooks.register("register_admin_viewset")
def register_sections():
    return [section() for section in SECTIONS]


class TodoPanel(Component):
    """What waits for the person who has signed in."""

    name = "workspace_todo"
    template_name = "workspace/todo.html"
    order = 50

    def __init__(self, user) -> None:
        self.user = user

    def get_context_data(self, parent_context):
        now = timezone.now()
        return {"todos": todos(self.user, timezone.localdate(now)), "now": now}


@hooks.register("construct_homepage_panels")
def add_todo_panel(request, panels):
    if may_any(request.user, ("workspace.enter",)):
        panels.append(TodoPanel(request.user))


@hooks.register("insert_global_admin_css")
def add_style():
    return format_html('<link rel="stylesheet" href="{}">', static("css/workspace.css"))
