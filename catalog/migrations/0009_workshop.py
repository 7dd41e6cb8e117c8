"""A choice that is no longer offered stays, for the orders that name it; no listing counts it."""

import importlib

from django.db import migrations, models

FOLLOW_STOCK = importlib.import_module("catalog.migrations.0006_search").FOLLOW_STOCK.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
FOLLOW_OFFERED = FOLLOW_STOCK.replace(
    "GROUP BY variant.product_id", "WHERE variant.is_offered GROUP BY variant.product_id"
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_reviews")]

    operations = [
        migrations.AddField(
            model_name="variant",
            name="is_offered",
            field=models.BooleanField(db_default=True, default=True, verbose_name="offered"),
        ),
        migrations.RunSQL([FOLLOW_OFFERED], [FOLLOW_STOCK]),
    ]
