"""A hidden review says why, which its workshop may read; votes count themselves."""

from django.db import migrations, models
from django.db.migrations import RunSQL

# A trigger, for votes also go with the accounts that gave them.
COUNT_VOTE = """
CREATE FUNCTION catalog_count_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE catalog_review SET helpful_count = helpful_count + 1 WHERE id = NEW.review_id;
    ELSE
        UPDATE catalog_review SET helpful_count = helpful_count - 1 WHERE id = OLD.review_id;
    END IF;
    RETURN NULL;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_edition")]

    operations = [
        migrations.AddField(
            model_name="review",
            name="hidden_why",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        RunSQL(
            ["GRANT SELECT (hidden_why) ON catalog_review TO mm_workshop"],
            ["REVOKE SELECT (hidden_why) ON catalog_review FROM mm_workshop"],
        ),
        RunSQL([COUNT_VOTE], ["DROP FUNCTION catalog_count_vote"]),
        RunSQL(
            [
                "CREATE TRIGGER catalog_vote_counted AFTER INSERT OR DELETE ON catalog_reviewvote "
                "FOR EACH ROW EXECUTE FUNCTION catalog_count_vote()"
            ],
            ["DROP TRIGGER catalog_vote_counted ON catalog_reviewvote"],
        ),
    ]
