"""The index of a basket's wishes, built while baskets are filled."""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0003_making")]

    operations = [
        migrations.RunSQL(
            "CREATE UNIQUE INDEX CONCURRENTLY basket_wish_once"
            " ON orders_basketline (basket_id, variant_id, personal_key)",
            "DROP INDEX CONCURRENTLY IF EXISTS basket_wish_once",
        ),
    ]
