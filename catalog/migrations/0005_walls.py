"""What a workshop may read of the tables of 0004; everything else stays shut (core/walls.py)."""

from django.db import migrations

from makers_market.core.walls import open_to_workshops, wall

OWN_PIECES = "product_id IN (SELECT id FROM catalog_product)"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_find_choose_trust")]

    operations = [
        open_to_workshops("catalog_term"),
        wall("catalog_import", "maker_id = {me}"),
        wall("catalog_listing", "maker_id = {me}"),
        wall("catalog_makerrating", "maker_id = {me}"),
        wall("catalog_workload", "maker_id = {me}"),
        wall("catalog_personalfield", OWN_PIECES),
        wall("catalog_product_terms", OWN_PIECES),
        wall("catalog_productslug", OWN_PIECES),
        wall("catalog_pricechange", "variant_id IN (SELECT id FROM catalog_variant)"),
        wall("catalog_review", "maker_id = {me}", columns="id, uuid, product_id, maker_id, author_name, variant_title, stars, maker_stars, title, words, language, state, helpful_count, reply, replied_at, written_at"),
        wall("catalog_reviewpicture", "review_id IN (SELECT id FROM catalog_review)"),
    ]
