"""Followers are told by the order in which comments came, and a notice of illegal content is no other report."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("discussions", "0014_reader_digest_at")]

    operations = [
        migrations.RemoveConstraint("report", "report_once_per_revision"),
        migrations.AddConstraint(
            "report",
            models.UniqueConstraint(
                fields=["comment", "reader", "revision"],
                condition=~models.Q(reason="illegal"),
                name="report_once_per_revision",
            ),
        ),
        migrations.AddField("comment", "first_appeared", models.PositiveBigIntegerField(default=0, db_default=0)),
        migrations.AddField("follow", "told_version", models.PositiveBigIntegerField(default=0, db_default=0)),
    ]
