from django.db import migrations

APPEALED = """
UPDATE discussions_notice n SET appealed_at = a.created_at FROM moderation_appeal a
WHERE a.decision_id = n.decision_id AND n.outcome = 'rejected' AND n.appealed_at IS NULL
"""


class Migration(migrations.Migration):
    """Appeals that were filed before their notices knew of them."""

    dependencies = [("discussions", "0013_notice_appealed_at"), ("moderation", "0013_labels_that_fired")]

    operations = [migrations.RunSQL(APPEALED, migrations.RunSQL.noop)]
