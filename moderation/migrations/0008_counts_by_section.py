"""Every count is kept by section, so that a moderator of one section is told of nothing else.

Comments and reviews are counted under the section of their article; an article that moves takes its counts and its
places on the queues along.
"""

from django.db import migrations

BY_SECTION = """
CREATE OR REPLACE FUNCTION moderation_tally_comment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO moderation_tally (name, section_id, n) SELECT 'is_' || f.state, a.section_id, count(*)
            FROM fresh f LEFT JOIN discussions_article a ON a.id = f.article_id GROUP BY 1, 2;
    ELSE
        INSERT INTO moderation_tally (name, section_id, n) SELECT 'is_' || g.state, a.section_id, -count(*)
            FROM gone g LEFT JOIN discussions_article a ON a.id = g.article_id GROUP BY 1, 2;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION moderation_tally_comment_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE section bigint := (SELECT section_id FROM discussions_article WHERE id = NEW.article_id);
BEGIN
    INSERT INTO moderation_tally (name, section_id, n)
        VALUES ('is_' || OLD.state, section, -1), ('is_' || NEW.state, section, 1);
    DELETE FROM moderation_review WHERE comment_id = NEW.id
        AND CASE WHEN approved THEN NEW.state <> 'published' ELSE NEW.state <> 'rejected' END;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION moderation_tally_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO moderation_tally (name, section_id, n)
            SELECT CASE WHEN f.approved THEN 'approved' ELSE 'refused' END, a.section_id, count(*)
            FROM fresh f LEFT JOIN discussions_comment c ON c.id = f.comment_id
            LEFT JOIN discussions_article a ON a.id = c.article_id GROUP BY 1, 2;
    ELSE
        INSERT INTO moderation_tally (name, section_id, n)
            SELECT CASE WHEN g.approved THEN 'approved' ELSE 'refused' END, a.section_id, -count(*)
            FROM gone g LEFT JOIN discussions_comment c ON c.id = g.comment_id
            LEFT JOIN discussions_article a ON a.id = c.article_id GROUP BY 1, 2;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION moderation_tally_review_turned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE section bigint := (SELECT a.section_id FROM discussions_comment c
                           JOIN discussions_article a ON a.id = c.article_id WHERE c.id = NEW.comment_id);
BEGIN
    INSERT INTO moderation_tally (name, section_id, n) VALUES
        (CASE WHEN OLD.approved THEN 'approved' ELSE 'refused' END, section, -1),
        (CASE WHEN NEW.approved THEN 'approved' ELSE 'refused' END, section, 1);
    RETURN NULL;
END $$;

CREATE FUNCTION moderation_article_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE moderation_queueitem SET section_id = NEW.section_id WHERE article_id = NEW.id;
    INSERT INTO moderation_tally (name, section_id, n)
        SELECT t.name, s.section, s.sign * t.n FROM (
            SELECT 'is_' || state AS name, count(*) AS n FROM discussions_comment WHERE article_id = NEW.id GROUP BY 1
            UNION ALL SELECT CASE WHEN r.approved THEN 'approved' ELSE 'refused' END, count(*)
                FROM moderation_review r JOIN discussions_comment c ON c.id = r.comment_id
                WHERE c.article_id = NEW.id GROUP BY 1) t,
        (VALUES (OLD.section_id, -1), (NEW.section_id, 1)) s (section, sign);
    RETURN NULL;
END $$;
CREATE TRIGGER article_moved AFTER UPDATE OF section_id ON discussions_article FOR EACH ROW
    WHEN (OLD.section_id IS DISTINCT FROM NEW.section_id) EXECUTE FUNCTION moderation_article_moved();

LOCK TABLE moderation_tally, moderation_queueitem, discussions_comment, moderation_review IN SHARE ROW EXCLUSIVE MODE;
UPDATE moderation_queueitem q SET section_id = a.section_id FROM discussions_article a
    WHERE a.id = q.article_id AND q.section_id IS DISTINCT FROM a.section_id;
DELETE FROM moderation_tally;
INSERT INTO moderation_tally (name, section_id, n)
    SELECT kind, section_id, count(*) FROM moderation_queueitem GROUP BY 1, 2
    UNION ALL SELECT 'is_' || c.state, a.section_id, count(*)
        FROM discussions_comment c JOIN discussions_article a ON a.id = c.article_id GROUP BY 1, 2
    UNION ALL SELECT CASE WHEN r.approved THEN 'approved' ELSE 'refused' END, a.section_id, count(*)
        FROM moderation_review r JOIN discussions_comment c ON c.id = r.comment_id
        JOIN discussions_article a ON a.id = c.article_id GROUP BY 1, 2;
"""

# What this undoes is only whose counts they are; the sums stay right whichever functions wrote them.
NO_MOVES = "DROP TRIGGER article_moved ON discussions_article; DROP FUNCTION moderation_article_moved();"


class Migration(migrations.Migration):
    dependencies = [("moderation", "0007_queue_follows_the_author"), ("discussions", "0005_late_news")]
    operations = [migrations.RunSQL(BY_SECTION, NO_MOVES)]
