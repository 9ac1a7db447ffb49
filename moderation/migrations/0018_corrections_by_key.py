"""A key's corrections are its own: another's of the same name replaces none of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0017_filters_at_scale")]

    operations = [
        migrations.RemoveConstraint(model_name="suggestion", name="suggestion_once_per_community_and_token"),
        migrations.AddConstraint(
            model_name="suggestion",
            constraint=models.UniqueConstraint(
                fields=["key", "community", "token"], name="suggestion_once_per_key_and_token"
            ),
        ),
    ]
