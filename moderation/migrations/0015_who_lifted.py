import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

WHO = """
UPDATE moderation_{0} s SET lifted_by_id = u.id FROM discussions_user u WHERE u.email = s.lifted_by_name
"""


class Migration(migrations.Migration):
    """Whoever lifted a sanction or took trust back is shown by their name, which is their account's to say."""

    dependencies = [
        ("moderation", "0014_notices_know_their_appeal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name=name,
            name="lifted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        )
        for name in ("sanction", "trust")
    ] + [migrations.RunSQL(WHO.format(name), migrations.RunSQL.noop) for name in ("sanction", "trust")]
