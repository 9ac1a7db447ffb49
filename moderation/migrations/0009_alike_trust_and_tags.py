"""Near-duplicates, readers who are trusted, and on every place in a queue what the filters ask for."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# The database derives the tags when a comment enters a queue, from the score and the verdict that stand by then.
TAGS = """
CREATE FUNCTION moderation_tags_of(comment bigint) RETURNS varchar[] LANGUAGE sql STABLE AS $$
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
CREATE FUNCTION moderation_queue_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.tags := moderation_tags_of(NEW.comment_id);
    RETURN NEW;
END $$;
CREATE TRIGGER queue_tags BEFORE INSERT OR UPDATE OF why ON moderation_queueitem
    FOR EACH ROW EXECUTE FUNCTION moderation_queue_tags();
UPDATE moderation_queueitem SET tags = moderation_tags_of(comment_id);
"""
NO_TAGS = """
DROP TRIGGER queue_tags ON moderation_queueitem;
DROP FUNCTION moderation_queue_tags();
DROP FUNCTION moderation_tags_of(bigint);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('discussions', '0006_pins'),
        ('moderation', '0008_counts_by_section'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Likeness',
            fields=[
                ('comment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='likeness', serialize=False, to='discussions.comment')),
                ('bands', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('kin', models.BigIntegerField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='Trust',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.TextField(max_length=2000, verbose_name='why')),
                ('by_name', models.CharField(max_length=254)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by_name', models.CharField(blank=True, max_length=254)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='queueitem',
            name='tags',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), default=list, editable=False, size=None),
        ),
        migrations.AddIndex(
            model_name='queueitem',
            index=django.contrib.postgres.indexes.GinIndex(models.F('tags'), name='queue_tags'),
        ),
        migrations.AddIndex(
            model_name='likeness',
            index=django.contrib.postgres.indexes.GinIndex(models.F('bands'), name='likeness_bands'),
        ),
        migrations.AddIndex(
            model_name='likeness',
            index=models.Index(models.F('kin'), models.F('comment'), name='likeness_kin'),
        ),
        migrations.AddIndex(
            model_name='likeness',
            index=models.Index(models.F('created_at'), name='likeness_age'),
        ),
        migrations.AddField(
            model_name='trust',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='trust',
            name='reader',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trusted', to='discussions.reader'),
        ),
        migrations.AddConstraint(
            model_name='trust',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('reader',), name='trust_once_a_reader'),
        ),
        migrations.AddConstraint(
            model_name='trust',
            constraint=models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='trust_says_why'),
        ),
        migrations.RunSQL(TAGS, NO_TAGS),
    ]
