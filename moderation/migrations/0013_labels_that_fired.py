"""The filter by label finds what the card shows: labels that policy acted on, at the thresholds of its own version."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# "trusted" is a doubtful score of somebody whom policy trusts: the label stands on the card all the same.
FIRED = """
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
"""
AT_ONE_HALF = """
CREATE OR REPLACE FUNCTION moderation_tags_of(comment bigint) RETURNS varchar[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(
        SELECT 'label:' || l.key FROM discussions_comment c
            JOIN moderation_score s ON s.comment_id = c.id AND s.revision = c.revision, jsonb_each_text(s.labels) l
            WHERE c.id = comment AND l.value::float >= 0.5
        UNION SELECT 'language:' || s.language FROM discussions_comment c
            JOIN moderation_score s ON s.comment_id = c.id AND s.revision = c.revision
            WHERE c.id = comment AND s.language IS NOT NULL
        UNION SELECT 'rule:' || (r->>'rule') FROM discussions_comment c
            JOIN moderation_decision d ON d.comment_id = c.id AND d.revision = c.revision,
            jsonb_array_elements(d.reasons) r
            WHERE c.id = comment AND r ? 'rule')::varchar[]
$$;
"""
RETAG = """
UPDATE moderation_queueitem q SET tags = f.tags
FROM (SELECT id, moderation_tags_of(comment_id) AS tags FROM moderation_queueitem
      WHERE id > %(after)s AND id <= %(last)s) f
WHERE q.id = f.id AND NOT (q.tags @> f.tags AND q.tags <@ f.tags)
"""
AT_A_TIME = 1000  # rows in one short transaction: nobody who decides meanwhile waits for the whole queue


def retag(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    after = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT max(id) FROM (SELECT id FROM moderation_queueitem WHERE id > %s ORDER BY id LIMIT %s) t",
                [after, AT_A_TIME],
            )
            last = cursor.fetchone()[0]
            if last is None:
                return
            cursor.execute(RETAG, {"after": after, "last": last})
            after = last


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("moderation", "0012_record_is_never_emptied")]
    operations = [
        migrations.RunSQL(FIRED, AT_ONE_HALF),
        migrations.RunPython(retag, retag),
    ]
