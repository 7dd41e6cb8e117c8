"""How searches read words, and what keeps the stock of a listing."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.migrations import RunSQL

NEW_TABLE = "the table is made by 0004 of this same release: nobody reads or writes it yet"


def configuration(name: str, language: str, stemmer: str) -> RunSQL:
    """Build the operation that makes a text search configuration that sets accents aside."""
    return RunSQL(
        sql=[
            f"CREATE TEXT SEARCH CONFIGURATION {name} (COPY = {language})",
            f"ALTER TEXT SEARCH CONFIGURATION {name} ALTER MAPPING FOR asciiword, asciihword, "
            f"hword_asciipart, word, hword, hword_part WITH unaccent, {stemmer}",
        ],
        reverse_sql=[f"DROP TEXT SEARCH CONFIGURATION {name}"],
    )


LIST_PRODUCT = """
CREATE FUNCTION catalog_list_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_listing (
        product_id, maker_id, category_id, craft, is_shown, price_cents, price_max_cents,
        available, is_reduced, is_made_to_order, is_one_of_a_kind, place, materials, colours,
        rating_count, rating_damped, stars, sold_lately, card
    )
    SELECT NEW.id, NEW.maker_id, NEW.category_id, category.craft, false, 0, 0,
        0, false, false, false, '', '{}', '{}',
        0, 0, '{0,0,0,0,0}', 0, '{}'
    FROM catalog_category AS category WHERE category.id = NEW.category_id
    ON CONFLICT (product_id) DO NOTHING;
    RETURN NULL;
END $$
"""
# The listings are locked in primary-key order before they change, as everybody locks them.
FOLLOW_STOCK = """
CREATE FUNCTION catalog_follow_stock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pieces bigint[];
    differences bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(product_id), array_agg(change) INTO pieces, differences FROM (
            SELECT variant.product_id, sum(gained.on_hand - gained.held) AS change
            FROM gained JOIN catalog_variant AS variant ON variant.id = gained.variant_id
            GROUP BY variant.product_id
        ) AS changed WHERE change <> 0;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(product_id), array_agg(-change) INTO pieces, differences FROM (
            SELECT variant.product_id, sum(lost.on_hand - lost.held) AS change
            FROM lost JOIN catalog_variant AS variant ON variant.id = lost.variant_id
            GROUP BY variant.product_id
        ) AS changed WHERE change <> 0;
    ELSE
        SELECT array_agg(product_id), array_agg(change) INTO pieces, differences FROM (
            SELECT variant.product_id, sum(each.change) AS change
            FROM (
                SELECT variant_id, on_hand - held AS change FROM gained
                UNION ALL SELECT variant_id, held - on_hand FROM lost
            ) AS each JOIN catalog_variant AS variant ON variant.id = each.variant_id
            GROUP BY variant.product_id
        ) AS changed WHERE change <> 0;
    END IF;
    IF pieces IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM catalog_listing
    WHERE product_id = ANY (pieces) ORDER BY product_id FOR NO KEY UPDATE;
    UPDATE catalog_listing AS listing SET available = listing.available + changed.change
    FROM unnest(pieces, differences) AS changed (product_id, change)
    WHERE listing.product_id = changed.product_id;
    RETURN NULL;
END $$
"""
TRANSITIONS = {
    "insert": "NEW TABLE AS gained",
    "update": "OLD TABLE AS lost NEW TABLE AS gained",
    "delete": "OLD TABLE AS lost",
}


def stock_trigger(event: str) -> RunSQL:
    name = f"catalog_stock_{event}_listed"
    return RunSQL(
        sql=[
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON catalog_stock "
            f"REFERENCING {TRANSITIONS[event]} "
            "FOR EACH STATEMENT EXECUTE FUNCTION catalog_follow_stock()"
        ],
        reverse_sql=[f"DROP TRIGGER {name} ON catalog_stock"],
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_walls")]
    excused = {"require-concurrent-index-creation": NEW_TABLE}

    operations = [
        RunSQL(
            ["CREATE EXTENSION IF NOT EXISTS unaccent", "CREATE EXTENSION IF NOT EXISTS pg_trgm"],
            RunSQL.noop,
        ),
        configuration("market_en", "english", "english_stem"),
        configuration("market_pt", "portuguese", "portuguese_stem"),
        RunSQL([LIST_PRODUCT], ["DROP FUNCTION catalog_list_product"]),
        RunSQL(
            [
                "CREATE TRIGGER catalog_product_listed AFTER INSERT ON catalog_product "
                "FOR EACH ROW EXECUTE FUNCTION catalog_list_product()"
            ],
            ["DROP TRIGGER catalog_product_listed ON catalog_product"],
        ),
        RunSQL([FOLLOW_STOCK], ["DROP FUNCTION catalog_follow_stock"]),
        stock_trigger("insert"),
        stock_trigger("update"),
        stock_trigger("delete"),
        migrations.AddIndex(
            "word", GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="word_trigrams")
        ),
        migrations.AddIndex("listing", GinIndex(fields=["materials"], name="listing_materials")),
        migrations.AddIndex("listing", GinIndex(fields=["colours"], name="listing_colours")),
        migrations.AddIndex(
            "listing",
            models.Index(
                fields=["-rating_damped", "-product"],
                name="listing_best_rated",
                condition=models.Q(is_shown=True),
            ),
        ),
        migrations.AddIndex(
            "listing",
            models.Index(
                fields=["-sold_lately", "-product"],
                name="listing_popular",
                condition=models.Q(is_shown=True),
            ),
        ),
    ]
