"""What a workshop may read of this app; everything else stays shut (core/walls.py)."""

from django.db import migrations

from makers_market.core.walls import wall


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("catalog", "0003_walls")]

    operations = [
        wall("orders_shipment", "maker_id = {me} AND status <> 'waiting'"),
        wall("orders_shipmentmove", "subject_id IN (SELECT id FROM orders_shipment)"),
        wall("orders_orderline", "shipment_id IN (SELECT id FROM orders_shipment)"),
        # No address to write to, no telephone, no other maker's amounts.
        wall(
            "orders_order",
            "id IN (SELECT order_id FROM orders_shipment)",
            columns="id, number, placed_at, name, street, postcode, city, country, language",
        ),
    ]
