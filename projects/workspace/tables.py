"""Columns that the lists of the workspace share."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, TitleColumn

from ledger.core.money import format_amount
from projects.workspace.words import tone


class MoneyColumn(Column):
    """An amount with its sign, set right so that digits stand under digits."""

    cell_template_name = "workspace/cells/money.html"

    def __init__(self, name, *, currency="currency", **kwargs):
        kwargs.setdefault("classname", "ws-money")
        super().__init__(name, **kwargs)
        self.currency = currency

    def get_value(self, instance):
        minor = super().get_value(instance)
        currency = self.currency(instance) if callable(self.currency) else getattr(instance, self.currency)
        return "" if minor is None else format_amount(minor, currency)


class StateColumn(Column):
    """The state as a word, in the colour that its meaning has everywhere."""

    cell_template_name = "workspace/cells/state.html"

    def __init__(self, name="state", **kwargs):
        kwargs.setdefault("label", _("State"))
        kwargs.setdefault("sort_key", name)
        super().__init__(name, **kwargs)

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["value"] = getattr(instance, f"get_{self.name}_display")()
        context["tone"] = tone(getattr(instance, self.name))
        return context


class RefColumn(TitleColumn):
    """The first letters of an opaque reference, leading to the object's page."""

    def __init__(self, name, **kwargs):
        super().__init__(name, **({"classname": "ws-ref"} | kwargs))

    def get_value(self, instance):
        return str(super().get_value(instance))[:8]
