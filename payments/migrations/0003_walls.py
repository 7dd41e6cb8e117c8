"""What a workshop may read of this app; everything else stays shut (core/walls.py)."""

from django.db import migrations

from makers_market.core.walls import wall


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_books_are_append_only"), ("orders", "0002_walls")]

    operations = [
        wall("payments_ledgerline", "account = 'maker_payable:' || {me} AND {sees_money}"),
        wall("payments_ledgerentry", "id IN (SELECT entry_id FROM payments_ledgerline)"),
    ]
