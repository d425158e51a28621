"""The amounts that a project's donation form offers, where its charity has chosen its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

# More tiles than this are not read but skipped.
MOST = 6


class SuggestedAmount(models.Model):
    """One tile of a project's form: ``amount_minor`` in minor units of ``currency``, at ``position`` 1 to `MOST`."""

    project = models.ForeignKey(
        "catalog.Project", on_delete=models.CASCADE, related_name="suggested_amounts", db_index=False
    )
    currency = models.CharField(max_length=3)
    position = models.PositiveSmallIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        verbose_name = _("suggested amount")
        verbose_name_plural = _("suggested amounts")
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="suggested_amount_positive"),
            # Numbered places, each taken once: so there are never too many, whatever writes here.
            models.CheckConstraint(
                condition=models.Q(position__gte=1, position__lte=MOST), name="suggested_amount_has_a_place"
            ),
            models.UniqueConstraint(fields=["project", "currency", "position"], name="suggested_amount_one_per_place"),
            models.UniqueConstraint(fields=["project", "currency", "amount_minor"], name="suggested_amount_once"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency}"
