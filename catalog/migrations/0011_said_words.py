"""Whether any piece that is shown says a word, asked of the index whatever the planner thinks.

PostgreSQL takes a word that it does not know for one of the frequent ones, and would read every
piece to find none.
"""

from django.db import migrations

ASK = """
CREATE FUNCTION catalog_is_said(query tsquery, language text) RETURNS boolean
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off
SET enable_indexonlyscan = off AS $$
    SELECT CASE language
        WHEN 'pt' THEN EXISTS (
            SELECT FROM catalog_listing WHERE is_shown AND words_pt @@ query
        )
        ELSE EXISTS (SELECT FROM catalog_listing WHERE is_shown AND words_en @@ query)
    END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_imports")]

    operations = [
        migrations.RunSQL(ASK, reverse_sql="DROP FUNCTION catalog_is_said(tsquery, text)")
    ]
