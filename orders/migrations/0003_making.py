"""Lines remember what a shopper said of a piece, and when one made to order leaves its maker."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_walls")]

    operations = [
        migrations.AddField(
            model_name="basketline",
            name="personal",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="basketline",
            name="personal_key",
            field=models.CharField(db_default="", default="", max_length=32),
        ),
        migrations.AddField(
            model_name="orderline",
            name="personal",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="orderline",
            name="ships_from_date",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="orderline",
            name="ships_by_date",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="hold",
            name="made_in_week",
            field=models.DateField(blank=True, null=True),
        ),
    ]
