"""Every vote and report, come or gone, marks its comment, so that its rank is worked out anew however late that is."""

from django.db import migrations, models

MARK = """
CREATE FUNCTION discussions_mark_judged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO discussions_judged (comment_id) SELECT DISTINCT comment_id FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION discussions_mark_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO discussions_judged (comment_id) VALUES (NEW.comment_id);
    RETURN NULL;
END $$;
CREATE TRIGGER judged_enter AFTER INSERT ON discussions_vote REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION discussions_mark_judged();
CREATE TRIGGER judged_leave AFTER DELETE ON discussions_vote REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION discussions_mark_judged();
CREATE TRIGGER judged_enter AFTER INSERT ON discussions_report REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION discussions_mark_judged();
CREATE TRIGGER judged_leave AFTER DELETE ON discussions_report REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION discussions_mark_judged();
CREATE TRIGGER judged_answered AFTER UPDATE OF handled_at ON discussions_report FOR EACH ROW
    WHEN (OLD.handled_at IS DISTINCT FROM NEW.handled_at) EXECUTE FUNCTION discussions_mark_answered();
INSERT INTO discussions_judged (comment_id)
    SELECT comment_id FROM discussions_vote UNION SELECT comment_id FROM discussions_report;
"""

NO_MARK = """
DROP TRIGGER judged_enter ON discussions_vote;
DROP TRIGGER judged_leave ON discussions_vote;
DROP TRIGGER judged_enter ON discussions_report;
DROP TRIGGER judged_leave ON discussions_report;
DROP TRIGGER judged_answered ON discussions_report;
DROP FUNCTION discussions_mark_judged();
DROP FUNCTION discussions_mark_answered();
"""


class Migration(migrations.Migration):
    dependencies = [("discussions", "0017_told_by_version")]

    operations = [
        migrations.CreateModel(
            name="Judged",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("comment_id", models.BigIntegerField()),
            ],
        ),
        migrations.RemoveIndex(model_name="vote", name="vote_newest"),
        migrations.RunSQL(MARK, NO_MARK),
    ]
