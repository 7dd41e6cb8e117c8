"""A variant may lie in a basket several times, each with other answers.

The release before writes lines without answers: the new rule keeps those as unique as the old one
did. Two lines of one variant exist only once a workshop has asked a question, which only the new
release can.
"""

from django.db import migrations, models

NEW = models.UniqueConstraint(
    fields=["basket", "variant", "personal_key"], name="basket_wish_once"
)


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_basket_wish_index")]
    excused = {
        "ban-drop-constraint": (
            "basket_wish_once forbids the release before the same double lines, those without"
            " answers, and that release reads nothing by the constraint's name"
        )
    }

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE orders_basketline"
                    " ADD CONSTRAINT basket_wish_once UNIQUE USING INDEX basket_wish_once",
                    "ALTER TABLE orders_basketline DROP CONSTRAINT basket_wish_once;"
                    " CREATE UNIQUE INDEX basket_wish_once"
                    " ON orders_basketline (basket_id, variant_id, personal_key)",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(model_name="basketline", constraint=NEW),
            ],
        ),
        migrations.RemoveConstraint(model_name="basketline", name="basket_variant_once"),
    ]
