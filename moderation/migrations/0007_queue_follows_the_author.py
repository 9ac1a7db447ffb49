"""What its author edits or deletes no longer waits for a person: it leaves the queue in the same transaction."""

from django.db import migrations

FOLLOW = """
CREATE FUNCTION moderation_queue_follows_author() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM moderation_queueitem WHERE comment_id = NEW.id AND (NEW.state = 'deleted' OR kind = 'held');
    UPDATE moderation_escalation SET closed_at = now()
        WHERE NEW.state = 'deleted' AND comment_id = NEW.id AND closed_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER queue_follows_author AFTER UPDATE OF state ON discussions_comment FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('deleted', 'pending'))
    EXECUTE FUNCTION moderation_queue_follows_author();
DELETE FROM moderation_queueitem q USING discussions_comment c WHERE c.id = q.comment_id
    AND (c.state = 'deleted' OR q.kind = 'held' AND c.state <> 'held');
"""

NO_FOLLOW = """
DROP TRIGGER queue_follows_author ON discussions_comment;
DROP FUNCTION moderation_queue_follows_author();
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0006_scores_beside_corrections")]
    operations = [migrations.RunSQL(FOLLOW, NO_FOLLOW)]
