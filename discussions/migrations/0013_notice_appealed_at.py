from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("discussions", "0012_highlights_are_never_emptied")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="appealed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
