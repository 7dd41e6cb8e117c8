"""What public pages show of these tables raises their edition (core/editions.py)."""

from django.db import migrations

from makers_market.core.editions import shown, shown_where

# Nobody sees more of a number than "3 left", or that 20 can be ordered.
SEEN = "least({0}.on_hand - {0}.held, 20)"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_search"), ("core", "0003_edition")]

    operations = [
        *[
            shown(table)
            for table in (
                "accounts_maker",
                "accounts_shopsection",
                "catalog_category",
                "catalog_collection",
                "catalog_collectionpiece",
                "catalog_makerrating",
                "catalog_page",
                "catalog_personalfield",
                "catalog_picture",
                "catalog_product",
                "catalog_product_terms",
                "catalog_review",
                "catalog_reviewpicture",
                "catalog_synonym",
                "catalog_term",
                "catalog_variant",
                "catalog_workload",
                "core_marketstate",
            )
        ],
        shown_where("catalog_stock", f"{SEEN.format('old')} IS DISTINCT FROM {SEEN.format('new')}"),
        shown_where("catalog_listing", "old.sold_lately IS DISTINCT FROM new.sold_lately"),
    ]
