"""The edition of the public pages (core/editions.py): its one row, and what triggers call."""

from django.db import migrations, models

RAISE = """
CREATE FUNCTION core_raise_edition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Once in a transaction is enough.
    IF current_setting('app.edition_raised', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
        INSERT INTO core_change DEFAULT VALUES;
        PERFORM set_config('app.edition_raised', pg_current_xact_id()::text, true);
    END IF;
    RETURN NULL;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_audit_is_append_only")]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                )
            ],
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RunSQL(
            sql="INSERT INTO core_edition (number) VALUES (0)", reverse_sql=migrations.RunSQL.noop
        ),
        migrations.RunSQL(sql=RAISE, reverse_sql="DROP FUNCTION core_raise_edition"),
    ]
