"""The old yes or no goes, and a hidden donor has no public name by the database's word."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("giving", "0008_visibility_filled")]

    operations = [
        migrations.RemoveField(model_name="gift", name="is_public"),
        migrations.RemoveField(model_name="pledge", name="is_public"),
        migrations.AddConstraint(
            model_name="gift",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", ["PUBLIC", "INITIALS"]), ("public_name", ""), _connector="OR"),
                name="gift_hidden_has_no_public_name",
            ),
        ),
    ]
