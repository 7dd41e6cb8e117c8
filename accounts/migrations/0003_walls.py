"""What a workshop may read of this app; everything else stays shut (core/walls.py)."""

from django.db import migrations

from makers_market.core.walls import wall


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_people_and_walls")]

    operations = [
        wall("accounts_maker", "id = {me}"),
        wall("accounts_makermove", "subject_id = {me}"),
        wall("accounts_shopdraft", "maker_id = {me}"),
        wall("accounts_shopsection", "maker_id = {me}"),
        wall("accounts_membership", "maker_id = {me}"),
        wall("accounts_invitation", "maker_id = {me}"),
        wall(
            "accounts_user",
            "id IN (SELECT user_id FROM accounts_membership WHERE maker_id = {me})",
            columns="id, email, name, language, is_active",
        ),
    ]
