"""What a follow remembered before."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("discussions", "0016_what_followers_know")]

    operations = [migrations.RemoveField("follow", "told_id"), migrations.RemoveField("follow", "waiting")]
