from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists narrowed to a rare label, rule or language no longer read the whole record."""

    dependencies = [("moderation", "0016_judged_by")]

    operations = [
        migrations.AddIndex(
            "decision",
            GinIndex(
                OpClass("reasons", "jsonb_path_ops"), name="decision_reasons", condition=models.Q(actor="machine")
            ),
        ),
        migrations.AddIndex("score", models.Index("language", "comment", name="score_language")),
    ]
