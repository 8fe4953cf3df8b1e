-- What promote.sh has the standby do: take writes, and wait for nobody's word on them, as nobody follows it yet. A standby
-- copied from a primary that waits for one would wait, too.
ALTER SYSTEM RESET synchronous_standby_names;
SELECT pg_reload_conf();
DO $$ BEGIN
  IF NOT pg_promote(true, 60) THEN RAISE EXCEPTION 'not promoted within a minute'; END IF;
END $$;
-- only a commit that comes back proves it
CREATE TABLE attain_promoted ();
DROP TABLE attain_promoted;
