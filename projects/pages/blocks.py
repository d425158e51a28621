"""The pieces an editor may build a story from. Each has a template, an icon, a preview and a description.

There is no block for raw HTML, video or embedded pages: nothing on a public page comes from elsewhere.
"""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

# Chinese has no italics; headings inside a story begin below the page's own.
TEXT_FEATURES = ["h3", "bold", "ol", "ul", "link", "document-link"]


class TextBlock(blocks.RichTextBlock):
    def __init__(self, **kwargs):
        super().__init__(features=TEXT_FEATURES, **kwargs)

    class Meta:
        label = _("Text")
        icon = "pilcrow"
        template = "blocks/text.html"
        description = _("Paragraphs, lists and small headings.")
        preview_value = "<p>每户不超过 5,000 元。改造之前，儿童主任和社工一起入户，量房间，问孩子想要什么。</p>"


class HeadingBlock(blocks.CharBlock):
    class Meta:
        label = _("Heading")
        icon = "title"
        template = "blocks/heading.html"
        description = _("A heading of a section of the story.")
        preview_value = "钱怎么用"


class PictureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Picture"))
    caption = blocks.CharBlock(
        label=_("Caption"), required=False, max_length=200, help_text=_("Who took it, when, and what is to be seen.")
    )

    class Meta:
        label = _("Picture")
        icon = "image"
        template = "blocks/picture.html"
        description = _("A room, a desk, a street. Never the face of a child or of a person who is helped.")
        preview_value = {"image": None, "caption": "改造后的书桌，2026 年 9 月"}


class StepBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=60)
    text = blocks.TextBlock(label=_("Text"))


class StepsBlock(blocks.StructBlock):
    steps = blocks.ListBlock(StepBlock(), label=_("Steps"), min_num=2, max_num=6)

    class Meta:
        label = _("Steps")
        icon = "list-ol"
        template = "blocks/steps.html"
        description = _("What happens, one after the other.")
        preview_value = {
            "steps": [
                {"title": "入户", "text": "儿童主任确认需要。"},
                {"title": "复核", "text": "另一个人批准，金额不超过 5,000 元。"},
                {"title": "签收", "text": "家庭确认收到。"},
            ]
        }


class QuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(label=_("Question"), max_length=120)
    answer = blocks.RichTextBlock(label=_("Answer"), features=["bold", "ol", "ul", "link"])

    class Meta:
        label = _("Question and answer")
        icon = "help"
        template = "blocks/question.html"
        description = _("A question donors ask; the answer opens without a script.")
        preview_value = {"question": "没用完的钱怎么办？", "answer": "<p>按备案的募捐方案处理，并在这里公布。</p>"}


class QuoteBlock(blocks.StructBlock):
    words = blocks.TextBlock(label=_("Words"))
    who = blocks.CharBlock(
        label=_("Who said it"), max_length=80, help_text=_("A role or a pseudonym, never the name of a person helped.")
    )

    class Meta:
        label = _("Somebody's words")
        icon = "openquote"
        template = "blocks/quote.html"
        description = _("What somebody said, with their consent.")
        preview_value = {"words": "以前在饭桌上写作业，收了碗才能写。", "who": "小禾（化名）"}


class BudgetBlock(blocks.StaticBlock):
    class Meta:
        label = _("Budget of the project")
        icon = "table"
        template = "blocks/budget.html"
        admin_text = _("Shows the budget lines as they were filed. They are changed in the project, not here.")
        description = _("The filed budget lines with their total, read from the project.")


STORY = [
    ("text", TextBlock()),
    ("heading", HeadingBlock()),
    ("picture", PictureBlock()),
    ("steps", StepsBlock()),
    ("question", QuestionBlock()),
    ("quote", QuoteBlock()),
    ("budget", BudgetBlock()),
]
# Pages that belong to no project have no budget to show.
ARTICLE = [block for block in STORY if block[0] != "budget"]
