"""The audit log is only added to; a sealed row never changes again."""

from django.db import migrations

from makers_market.core.walls import open_to_workshops, wall

GUARD = """
CREATE FUNCTION core_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seal = '' AND NEW.seal <> ''
        AND (to_jsonb(NEW) - 'seal' - 'position') = (to_jsonb(OLD) - 'seal' - 'position')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log is only added to';
END $$;
CREATE TRIGGER core_audit_append_only BEFORE UPDATE OR DELETE ON core_auditentry
FOR EACH ROW EXECUTE FUNCTION core_audit_guard();
"""
UNGUARD = """
DROP TRIGGER core_audit_append_only ON core_auditentry;
DROP FUNCTION core_audit_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_people_and_walls"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
        wall("core_auditentry", "maker = {me}"),
        open_to_workshops("core_marketstate"),
        # The admin asks for the names of models; there is nothing of anybody in them.
        open_to_workshops("django_content_type"),
    ]
