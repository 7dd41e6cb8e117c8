"""What a workshop may read of this app; everything else stays shut (core/walls.py)."""

from django.db import migrations

from makers_market.core.walls import open_to_workshops, wall


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_people_and_walls"), ("accounts", "0003_walls")]

    operations = [
        open_to_workshops("catalog_category"),
        wall("catalog_product", "maker_id = {me}"),
        wall("catalog_upload", "maker_id = {me}"),
        wall("catalog_variant", "product_id IN (SELECT id FROM catalog_product)"),
        wall("catalog_picture", "product_id IN (SELECT id FROM catalog_product)"),
        wall("catalog_revision", "product_id IN (SELECT id FROM catalog_product)"),
        wall("catalog_productmove", "subject_id IN (SELECT id FROM catalog_product)"),
        wall("catalog_stock", "variant_id IN (SELECT id FROM catalog_variant)"),
        wall("catalog_stockmovement", "variant_id IN (SELECT id FROM catalog_variant)"),
    ]
