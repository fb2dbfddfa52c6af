-- What a database administrator runs once, as a superuser, before the first `occ publish --to postgresql://...`:
--   psql -d postgres --set=database=control_room -f deploy/postgresql.sql
-- The database is for nothing else. Roles of audiences are one line each: the name in audiences.yaml after `occ_`.

-- Roles that are there already stay as they are.
select format('create role %s', role) from (values
    ('occ_publisher login'),      -- then: \password occ_publisher, or a certificate, or peer
    ('occ_data_team nologin'),
    ('occ_performance nologin')   -- the audience `performance`
) as wanted (role) where split_part(role, ' ', 1) not in (select rolname from pg_roles) \gexec

create database :"database" owner occ_publisher;
\connect :"database"

-- Only who is granted one of these roles comes in, and nobody makes tables here but the publisher.
revoke all on database :"database" from public;
grant connect on database :"database" to occ_data_team, occ_performance;
revoke all on schema public from public;

-- People, and the accounts of BI tools, are granted a role; nothing else is granted to them:
--   create role power_bi login; \password power_bi
--   grant occ_performance to power_bi;
--   alter role power_bi set statement_timeout = '2min';
--   alter role power_bi set idle_in_transaction_session_timeout = '10min';
--
-- pg_hba.conf: passwords as SCRAM, over TLS, from the networks that need it:
--   hostssl control_room occ_publisher 10.1.2.3/32   scram-sha-256
--   hostssl control_room all           10.1.0.0/16   scram-sha-256
--   host    control_room all           0.0.0.0/0     reject
--
-- An audience with a database of its own (docs/postgresql.md):
--   create database control_room_partners owner occ_publisher;  and the same revoke and grant for it.
