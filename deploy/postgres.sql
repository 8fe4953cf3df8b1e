-- Runs once, on an empty data folder: the database, and a role that owns it and nothing else.
\set password `cat /run/secrets/attain_database_password`
CREATE ROLE attain LOGIN PASSWORD :'password';
-- sees how long other sessions' transactions are open, and the state of standbys: what operations look at
GRANT pg_read_all_stats TO attain;
-- bytes order the same everywhere, so no upgrade of the system's locales can break an index
CREATE DATABASE attain OWNER attain TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
-- the superuser comes in only from within the container
ALTER ROLE postgres PASSWORD NULL;
