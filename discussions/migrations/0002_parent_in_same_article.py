"""A reply stands under the same article as its parent: a composite foreign key says so."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("discussions", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE discussions_comment ADD CONSTRAINT comment_id_and_article UNIQUE (id, article_id);
            ALTER TABLE discussions_comment ADD CONSTRAINT comment_parent_in_same_article
                FOREIGN KEY (parent_id, article_id) REFERENCES discussions_comment (id, article_id)
                ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE discussions_comment DROP CONSTRAINT comment_parent_in_same_article;
            ALTER TABLE discussions_comment DROP CONSTRAINT comment_id_and_article;
            """,
        )
    ]
