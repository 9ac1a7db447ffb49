"""Counts kept by triggers in the transaction of whatever they count, and the words column that search reads.

Every change of a count is a row of its own, so writers never wait for each other; readers sum, and fold now and then.
"""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION moderation_tally_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO moderation_tally (name, section_id, n) SELECT kind, section_id, count(*) FROM fresh GROUP BY 1, 2;
    ELSE
        INSERT INTO moderation_tally (name, section_id, n) SELECT kind, section_id, -count(*) FROM gone GROUP BY 1, 2;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_enter AFTER INSERT ON moderation_queueitem REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION moderation_tally_queue();
CREATE TRIGGER tally_leave AFTER DELETE ON moderation_queueitem REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION moderation_tally_queue();

CREATE FUNCTION moderation_tally_queue_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO moderation_tally (name, section_id, n)
        VALUES (OLD.kind, OLD.section_id, -1), (NEW.kind, NEW.section_id, 1);
    RETURN NULL;
END $$;
CREATE TRIGGER tally_moved AFTER UPDATE ON moderation_queueitem FOR EACH ROW
    WHEN (OLD.kind IS DISTINCT FROM NEW.kind OR OLD.section_id IS DISTINCT FROM NEW.section_id)
    EXECUTE FUNCTION moderation_tally_queue_moved();

CREATE FUNCTION moderation_tally_comment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO moderation_tally (name, n) SELECT 'is_' || state, count(*) FROM fresh GROUP BY 1;
    ELSE
        INSERT INTO moderation_tally (name, n) SELECT 'is_' || state, -count(*) FROM gone GROUP BY 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_enter AFTER INSERT ON discussions_comment REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION moderation_tally_comment();
CREATE TRIGGER tally_leave AFTER DELETE ON discussions_comment REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION moderation_tally_comment();

CREATE FUNCTION moderation_tally_comment_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO moderation_tally (name, n) VALUES ('is_' || OLD.state, -1), ('is_' || NEW.state, 1);
    DELETE FROM moderation_review WHERE comment_id = NEW.id
        AND CASE WHEN approved THEN NEW.state <> 'published' ELSE NEW.state <> 'rejected' END;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_moved AFTER UPDATE OF state ON discussions_comment FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION moderation_tally_comment_moved();

CREATE FUNCTION moderation_tally_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO moderation_tally (name, n)
            SELECT CASE WHEN approved THEN 'approved' ELSE 'refused' END, count(*) FROM fresh GROUP BY 1;
    ELSE
        INSERT INTO moderation_tally (name, n)
            SELECT CASE WHEN approved THEN 'approved' ELSE 'refused' END, -count(*) FROM gone GROUP BY 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tally_enter AFTER INSERT ON moderation_review REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION moderation_tally_review();
CREATE TRIGGER tally_leave AFTER DELETE ON moderation_review REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION moderation_tally_review();

CREATE FUNCTION moderation_tally_review_turned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO moderation_tally (name, n) VALUES
        (CASE WHEN OLD.approved THEN 'approved' ELSE 'refused' END, -1),
        (CASE WHEN NEW.approved THEN 'approved' ELSE 'refused' END, 1);
    RETURN NULL;
END $$;
CREATE TRIGGER tally_turned AFTER UPDATE ON moderation_review FOR EACH ROW
    WHEN (OLD.approved IS DISTINCT FROM NEW.approved) EXECUTE FUNCTION moderation_tally_review_turned();

INSERT INTO moderation_tally (name, section_id, n)
    SELECT kind, section_id, count(*) FROM moderation_queueitem GROUP BY 1, 2;
INSERT INTO moderation_tally (name, n) SELECT 'is_' || state, count(*) FROM discussions_comment GROUP BY 1;
"""

NO_TRIGGERS = """
DROP TRIGGER tally_enter ON moderation_queueitem; DROP TRIGGER tally_leave ON moderation_queueitem;
DROP TRIGGER tally_moved ON moderation_queueitem;
DROP TRIGGER tally_enter ON discussions_comment; DROP TRIGGER tally_leave ON discussions_comment;
DROP TRIGGER tally_moved ON discussions_comment;
DROP TRIGGER tally_enter ON moderation_review; DROP TRIGGER tally_leave ON moderation_review;
DROP TRIGGER tally_turned ON moderation_review;
DROP FUNCTION moderation_tally_queue(); DROP FUNCTION moderation_tally_queue_moved();
DROP FUNCTION moderation_tally_comment(); DROP FUNCTION moderation_tally_comment_moved();
DROP FUNCTION moderation_tally_review(); DROP FUNCTION moderation_tally_review_turned();
DELETE FROM moderation_tally;
"""

# The database derives the words from the text, so they follow an edit or an erasure without anybody's help. Django's
# model does not know the column and never reads it where it is not asked for.
WORDS = """
ALTER TABLE discussions_revision ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED;
CREATE INDEX revision_words ON discussions_revision USING gin (words);
CREATE INDEX revision_same_words ON discussions_revision USING hash (sha256);
CREATE INDEX decision_of_batch ON moderation_decision (batch) WHERE batch IS NOT NULL;
CREATE INDEX comment_rejected ON discussions_comment (id DESC) WHERE state = 'rejected';
"""

NO_WORDS = """
DROP INDEX comment_rejected;
DROP INDEX decision_of_batch;
DROP INDEX revision_same_words;
ALTER TABLE discussions_revision DROP COLUMN words;
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0003_desk")]
    operations = [
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(WORDS, NO_WORDS),
    ]
