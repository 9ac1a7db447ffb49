"""Version 1 of the policy is written after each migrate by moderation/apps.py; this step keeps its place in the line."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]
    operations = []
