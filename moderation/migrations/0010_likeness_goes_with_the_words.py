"""What its author deletes is found alike no more: its marks go in the same transaction."""

from django.db import migrations

FOLLOW = """
CREATE FUNCTION moderation_likeness_follows_author() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM moderation_likeness WHERE comment_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER likeness_follows_author AFTER UPDATE OF state ON discussions_comment FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state = 'deleted')
    EXECUTE FUNCTION moderation_likeness_follows_author();
DELETE FROM moderation_likeness l USING discussions_comment c WHERE c.id = l.comment_id AND c.state = 'deleted';
"""

NO_FOLLOW = """
DROP TRIGGER likeness_follows_author ON discussions_comment;
DROP FUNCTION moderation_likeness_follows_author();
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0009_alike_trust_and_tags")]
    operations = [migrations.RunSQL(FOLLOW, NO_FOLLOW)]
