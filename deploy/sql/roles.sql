-- Roles are not in a dump: run this first, in tests, in CI, on RDS and before a restore.
-- It may be run again at any time. Run it as an administrator, in the shop's database, with the
-- app's login named:
--   PGOPTIONS='-c roles.app=market' psql -f deploy/sql/roles.sql
-- and on RDS, where it signs in by a token of IAM, with '-c roles.app=market -c roles.auth=iam'.
-- The app's login is an ordinary role: no superuser, no BYPASSRLS, no CREATEROLE.
DO $$
DECLARE
    app text := current_setting('roles.app');
BEGIN
    -- Two at once would both find a role missing.
    PERFORM pg_advisory_xact_lock(hashtext('makers_market.roles'));
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mm_workshop') THEN
        CREATE ROLE mm_workshop NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        -- Who makes a role without being superuser becomes a member of it for good (PostgreSQL 16),
        -- and so of rds_iam, whose members sign in by token alone: RDS's administrator could use
        -- its password no more. So a passing role makes the login and goes.
        PERFORM set_config('createrole_self_grant', 'set', true);
        CREATE ROLE mm_passing NOLOGIN CREATEROLE;
        PERFORM set_config('createrole_self_grant', '', true);
        SET LOCAL ROLE mm_passing;
        EXECUTE format('CREATE ROLE %I LOGIN', app);
        RESET ROLE;
        DROP ROLE mm_passing;
    END IF;
    -- A workshop's requests SET ROLE to it; nothing of it is inherited.
    EXECUTE format('GRANT mm_workshop TO %I WITH SET TRUE, INHERIT FALSE', app);
    -- RDS: a member signs in by a token of IAM, and by no password any more.
    IF current_setting('roles.auth', true) = 'iam'
        AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        EXECUTE format('GRANT rds_iam TO %I', app);
    END IF;
    -- What it needs to migrate: tables of its own, and the extensions that PostgreSQL trusts.
    IF current_database() <> 'postgres' THEN
        EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO %I',
                       current_database(), app);
        EXECUTE format('GRANT USAGE, CREATE ON SCHEMA public TO %I', app);
    END IF;
END $$;
