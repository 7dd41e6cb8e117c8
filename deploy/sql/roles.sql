-- Roles are not in a dump: run this first, in tests, in CI, on RDS and before a restore.
-- It may be run again at any time. Run it as an administrator, with the app's login named:
--   PGOPTIONS='-c roles.app=market' psql -f deploy/sql/roles.sql
-- The app's login is an ordinary role: no superuser, no BYPASSRLS, no CREATEROLE.
DO $$
DECLARE
    app text := current_setting('roles.app');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mm_workshop') THEN
        CREATE ROLE mm_workshop NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        EXECUTE format('CREATE ROLE %I LOGIN', app);
    END IF;
    -- A workshop's requests SET ROLE to it; nothing of it is inherited.
    EXECUTE format('GRANT mm_workshop TO %I WITH SET TRUE, INHERIT FALSE', app);
END $$;
