"""Places in the queue know which version of the policy judged them, and the filters ask its latest verdict alone."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TAGS = """
CREATE OR REPLACE FUNCTION moderation_tags_of(comment bigint) RETURNS varchar[] LANGUAGE sql STABLE AS $$
    WITH verdict AS (
        SELECT r FROM discussions_comment c CROSS JOIN LATERAL (
            SELECT reasons FROM moderation_decision
            WHERE comment_id = c.id AND revision = c.revision AND actor = 'machine' ORDER BY id DESC LIMIT 1) d,
            jsonb_array_elements(d.reasons) r
        WHERE c.id = comment)
    SELECT ARRAY(
        SELECT 'label:' || (r->>'label') FROM verdict WHERE r->>'rule' IN ('score', 'trusted') AND r ? 'label'
        UNION SELECT 'language:' || s.language FROM discussions_comment c
            JOIN moderation_score s ON s.comment_id = c.id AND s.revision = c.revision
            WHERE c.id = comment AND s.language IS NOT NULL
        UNION SELECT 'rule:' || (r->>'rule') FROM verdict WHERE r ? 'rule')::varchar[]
$$;
CREATE FUNCTION moderation_judged_by(comment bigint) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT d.policy_version FROM discussions_comment c
        JOIN moderation_decision d ON d.comment_id = c.id AND d.revision = c.revision AND d.actor = 'machine'
        WHERE c.id = comment ORDER BY d.id DESC LIMIT 1
$$;
CREATE OR REPLACE FUNCTION moderation_queue_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.tags := moderation_tags_of(NEW.comment_id);
    NEW.policy_version := moderation_judged_by(NEW.comment_id);
    RETURN NEW;
END $$;
"""
OF_ALL_VERDICTS = """
CREATE OR REPLACE FUNCTION moderation_tags_of(comment bigint) RETURNS varchar[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(
        SELECT 'label:' || (r->>'label') FROM discussions_comment c
            JOIN moderation_decision d ON d.comment_id = c.id AND d.revision = c.revision,
            jsonb_array_elements(d.reasons) r
            WHERE c.id = comment AND r->>'rule' IN ('score', 'trusted') AND r ? 'label'
        UNION SELECT 'language:' || s.language FROM discussions_comment c
            JOIN moderation_score s ON s.comment_id = c.id AND s.revision = c.revision
            WHERE c.id = comment AND s.language IS NOT NULL
        UNION SELECT 'rule:' || (r->>'rule') FROM discussions_comment c
            JOIN moderation_decision d ON d.comment_id = c.id AND d.revision = c.revision,
            jsonb_array_elements(d.reasons) r
            WHERE c.id = comment AND r ? 'rule')::varchar[]
$$;
CREATE OR REPLACE FUNCTION moderation_queue_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.tags := moderation_tags_of(NEW.comment_id);
    RETURN NEW;
END $$;
DROP FUNCTION moderation_judged_by(bigint);
"""
JUDGED_BY = """
WITH next AS (SELECT id FROM moderation_queueitem WHERE id > %(after)s ORDER BY id LIMIT %(most)s),
done AS (UPDATE moderation_queueitem q SET policy_version = moderation_judged_by(q.comment_id)
         FROM next WHERE q.id = next.id RETURNING q.id)
SELECT max(id) FROM done
"""
AT_A_TIME = 1000  # rows in one short transaction: nobody who decides meanwhile waits for the whole queue


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    after = 0
    with schema_editor.connection.cursor() as cursor:
        while after is not None:
            cursor.execute(JUDGED_BY, {"after": after, "most": AT_A_TIME})
            after = cursor.fetchone()[0]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("moderation", "0015_who_lifted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("policy", "rejudge_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "policy",
            "rejudge_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("queueitem", "policy_version", models.PositiveIntegerField(null=True, editable=False)),
        migrations.AddIndex(
            "queueitem",
            models.Index("policy_version", "id", name="queue_judged_by", condition=models.Q(kind="held")),
        ),
        migrations.RunSQL(TAGS, OF_ALL_VERDICTS),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
