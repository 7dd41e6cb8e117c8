-- Pieces :low to :high of a large shop, in one go; their keys are fixed, so that a number names
-- always the same piece. Parameters: %(low)s, %(high)s.
CREATE TEMPORARY TABLE IF NOT EXISTS bench_words AS
SELECT
    ARRAY['Speckled', 'Ribbed', 'Round', 'Tall', 'Small', 'Woven', 'Carved', 'Glazed', 'Striped',
          'Folded', 'Plain', 'Soft', 'Heavy', 'Light', 'Double', 'Winter', 'Summer', 'Garden',
          'Kitchen', 'Harbour', 'Meadow', 'River', 'Hill', 'Moon', 'Morning'] AS looks,
    ARRAY['stoneware', 'oak', 'wool', 'cotton', 'silver', 'leather', 'porcelain', 'walnut',
          'beeswax', 'cork', 'brass', 'ash', 'copper', 'felt', 'paper', 'olive wood'] AS stuffs,
    ARRAY['mug', 'bowl', 'vase', 'throw', 'board', 'ring', 'candle', 'print', 'tote', 'plate',
          'jug', 'stool', 'scarf', 'tray', 'necklace', 'soap', 'spoon', 'lamp', 'basket',
          'notebook'] AS things;

INSERT INTO accounts_maker (
    id, slug, name, first_name, place, craft, story, story_pt, quote, quote_pt, legal_name,
    tax_number, delivery_cents, delivery_abroad_cents, allows_collection, posts_within_days,
    is_open, announcement, announcement_pt, legal_address, policies, policies_pt, status)
SELECT 1000000 + m, 'bench-maker-' || m, 'Workshop ' || m, 'Maker', (ARRAY[
        'Redondo', 'Mértola', 'Caldas da Rainha', 'Óbidos', 'Porto', 'Guimarães', 'Loulé',
        'Évora', 'Coimbra', 'Viana do Castelo'])[1 + m %% 10] || ', Portugal',
    (SELECT craft FROM catalog_category WHERE parent_id IS NULL ORDER BY id
     OFFSET m %% 8 LIMIT 1),
    'We work by hand.', '', 'I work by hand.', '', 'Workshop ' || m || ', Lda.', '500000001', 450,
    1200, false, 2, true, '', '', 'Rua 1', '', '', 'approved'
FROM generate_series(%(low)s / 300, %(high)s / 300) AS m
ON CONFLICT DO NOTHING;

INSERT INTO catalog_product (
    id, slug, title_en, title_pt, description_en, description_pt, material, options,
    vat_basis_points, status, published_at, category_id, maker_id)
SELECT 10000000 + n, 'bench-' || n,
    concat_ws(' ', looks[1 + n %% 25],
        CASE WHEN n %% 1000 = 1 THEN 'heirloom' END, CASE WHEN n %% 100 = 2 THEN 'indigo' END,
        CASE WHEN n %% 10 = 3 THEN 'linen' END,
        stuffs[1 + (n / 25) %% 16], things[1 + (n / 7) %% 20], 'no.', n),
    '', 'Made in small numbers, by hand and by eye, with what the season gives. Each one differs a '
    || 'little from the next, and that is how you tell it from a copy. Wash it with care and it '
    || 'will outlive you; send it back to us if it does not.', '', stuffs[1 + (n / 25) %% 16],
    CASE WHEN n %% 3 = 0
        THEN '[{"name": "size", "values": ["Small", "Medium", "Large"], "values_pt": []}]'
        ELSE '[]' END::jsonb,
    2300, 'live', timestamptz '2026-11-01' - n * interval '40 seconds',
    (ARRAY(SELECT id FROM catalog_category WHERE parent_id IS NOT NULL ORDER BY id))[
        1 + (n / 7) %% (SELECT count(*) FROM catalog_category WHERE parent_id IS NOT NULL)],
    1000000 + n / 300
FROM generate_series(%(low)s, %(high)s) AS n, bench_words;

INSERT INTO catalog_variant (id, sku, options, price_cents, currency, position, product_id)
SELECT 10000000 + n * 3 + v, 'bench-' || n || '-' || v,
    CASE WHEN n %% 3 = 0
        THEN jsonb_build_object('size', (ARRAY['Small', 'Medium', 'Large'])[v + 1])
        ELSE '{}' END,
    500 + (n::bigint * 7919) %% 19500 + v * 400, 'EUR', v, 10000000 + n
FROM generate_series(%(low)s, %(high)s) AS n,
    generate_series(0, CASE WHEN n %% 3 = 0 THEN 2 ELSE 0 END) AS v;

INSERT INTO catalog_stock (variant_id, on_hand, held)
SELECT id, CASE WHEN id %% 11 = 0 THEN 0 ELSE 1 + id %% 30 END, 0 FROM catalog_variant
WHERE product_id BETWEEN 10000000 + %(low)s AND 10000000 + %(high)s;

INSERT INTO catalog_stockmovement (quantity, reason, reference, at, variant_id)
SELECT on_hand, 'received', 'bench', timestamptz '2026-11-01', variant_id FROM catalog_stock
JOIN catalog_variant ON catalog_variant.id = variant_id
WHERE on_hand > 0 AND product_id BETWEEN 10000000 + %(low)s AND 10000000 + %(high)s;

INSERT INTO catalog_picture (
    digest, alt_en, alt_pt, width, height, widths, dominant, shows, position, product_id)
SELECT md5(n || '-' || p), 'A piece before a white wall', '', 1280, 1600,
    '[320, 480, 640, 960, 1280]', n %% 64, '', p, 10000000 + n
FROM generate_series(%(low)s, %(high)s) AS n, generate_series(0, n %% 4) AS p;

INSERT INTO catalog_product_terms (product_id, term_id)
SELECT DISTINCT 10000000 + n, term.id
FROM generate_series(%(low)s, %(high)s) AS n
CROSS JOIN LATERAL (
    (SELECT id FROM catalog_term WHERE kind = 'colour' ORDER BY id
     OFFSET n %% greatest(1, (SELECT count(*) FROM catalog_term WHERE kind = 'colour')) LIMIT 1)
    UNION ALL
    (SELECT id FROM catalog_term WHERE kind = 'material' ORDER BY id
     OFFSET (n / 3) %% greatest(1, (SELECT count(*) FROM catalog_term WHERE kind = 'material'))
     LIMIT 1)
) AS term;
