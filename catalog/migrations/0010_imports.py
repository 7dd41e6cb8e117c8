"""What an import is to do stands apart from what each of its pieces writes."""

from django.db import migrations, models

STATE = models.CharField(
    choices=[
        ("checking", "Being checked"),
        ("checked", "Checked"),
        ("running", "Being brought in"),
        ("done", "Brought in"),
        ("refused", "Not readable"),
        ("dropped", "Dropped"),
        ("failed", "Broken off"),
    ],
    default="checking",
    max_length=8,
    verbose_name="status",
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_workshop")]

    operations = [
        migrations.AddField("import", "todo", models.JSONField(null=True)),
        migrations.AddField("import", "moved_at", models.DateTimeField(null=True)),
        # The column stays what it is: one more word for people.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AlterField("import", "state", STATE)]
        ),
    ]
