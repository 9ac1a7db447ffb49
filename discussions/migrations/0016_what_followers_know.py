"""Whoever follows has been told of what had come; what waited then is told once it comes."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
UPDATE discussions_comment SET first_appeared = appeared WHERE appeared > 0;
UPDATE discussions_follow SET told_version = article.thread_version
  FROM discussions_article article WHERE article.id = discussions_follow.article_id;
"""
# Back to numbers: nobody is told anything twice.
BACK = """
UPDATE discussions_follow SET told_id = coalesce(
  (SELECT max(id) FROM discussions_comment WHERE article_id = discussions_follow.article_id), 0);
"""


class Migration(migrations.Migration):
    dependencies = [("discussions", "0015_first_appeared")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
