-- Version 1.  The functions are all that others than the owner may use of the tables: so each operation is one statement, and who
-- submits cannot read what others have submitted.  They have the owner's rights, and no search path of a session's has a say.
DO $$ BEGIN IF to_regnamespace('aid_ces') IS NULL THEN CREATE SCHEMA aid_ces; END IF; END $$;
CREATE TABLE aid_ces.queue (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL,
  works integer NOT NULL,
  lost bigint NOT NULL DEFAULT 0);
CREATE TABLE aid_ces.tasks (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{28}$'),
  key text NOT NULL CHECK (octet_length(key) <= 128),
  task text NOT NULL CHECK (octet_length(task) <= 8388608),
  answer bytea NOT NULL CHECK (octet_length(answer) <= 8388608),
  ours boolean NOT NULL,
  tries integer NOT NULL CHECK (tries BETWEEN 1 AND 1000),
  submitter name NOT NULL DEFAULT session_user,
  queued timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done')),
  attempts integer NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  after timestamptz NOT NULL DEFAULT clock_timestamp(),
  worker text,
  lease timestamptz,
  started timestamptz,
  done timestamptz,
  outcome text CHECK (outcome IN ('verdict', 'error', 'cancelled')),
  result text CHECK (octet_length(result) <= 8388608),
  CHECK ((state = 'running') = (lease IS NOT NULL)),
  CHECK ((state = 'done') = (outcome IS NOT NULL)));
CREATE INDEX tasks_waiting ON aid_ces.tasks (queued) WHERE state = 'waiting';
CREATE INDEX tasks_running ON aid_ces.tasks (worker, lease) WHERE state = 'running';
CREATE INDEX tasks_done ON aid_ces.tasks (done) WHERE state = 'done';
CREATE TABLE aid_ces.workers (
  name text PRIMARY KEY CHECK (octet_length(name) <= 128),
  host text NOT NULL CHECK (octet_length(host) <= 128),
  pid integer NOT NULL,
  jobs integer NOT NULL,
  keys text[] NOT NULL CHECK (cardinality(keys) <= 256),
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen timestamptz NOT NULL,
  until timestamptz NOT NULL,
  judged bigint NOT NULL DEFAULT 0,
  role name NOT NULL DEFAULT session_user);
CREATE FUNCTION aid_ces.ms(t timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (extract(epoch FROM t) * 1000)::bigint $$;
-- What is over becomes waiting again, or is given up; nobody is waited for.  A new fence: who held it is late from here on.
CREATE FUNCTION aid_ces.sweep() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE n integer;
BEGIN
  UPDATE aid_ces.tasks SET state = CASE WHEN attempts < tries THEN 'waiting' ELSE 'done' END, fence = fence + 1,
    lease = NULL, outcome = CASE WHEN attempts < tries THEN NULL ELSE 'error' END,
    done = CASE WHEN attempts < tries THEN NULL ELSE clock_timestamp() END,
    answer = CASE WHEN attempts < tries THEN answer ELSE '' END,
    result = CASE WHEN attempts < tries THEN NULL ELSE
      '{"code":"killed","message":"Every worker that judged it ended meanwhile; it is given up"}' END
  WHERE id = ANY (ARRAY(SELECT id FROM aid_ces.tasks WHERE state = 'running' AND lease < clock_timestamp()
                        FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n > 0 THEN
    UPDATE aid_ces.queue SET lost = lost + n;
    PERFORM pg_notify('aid_ces_work', 'work'), pg_notify('aid_ces_done', '');
  END IF;
END $$;
CREATE FUNCTION aid_ces.submit(id text, key text, task text, answer text, tries integer, ours boolean) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO aid_ces.tasks (id, key, task, answer, tries, ours)
  VALUES ($1, $2, $3, decode($4, 'hex'), $5, $6) ON CONFLICT DO NOTHING;
  SELECT pg_notify('aid_ces_work', 'work') $$;
-- Of a task of one's own; whoever owns the queue sees them all.
CREATE FUNCTION aid_ces.result(which text)
RETURNS TABLE (state text, outcome text, result text, tries integer, attempts integer, worker text, queued bigint,
               started bigint, done bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT aid_ces.sweep();
  SELECT state, outcome, result, tries, attempts, worker, aid_ces.ms(queued), aid_ces.ms(started), aid_ces.ms(done)
  FROM aid_ces.tasks WHERE id = $1 AND (submitter = session_user OR session_user = current_user) $$;
CREATE FUNCTION aid_ces.cancel(which text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE was text;
BEGIN
  SELECT state INTO was FROM aid_ces.tasks WHERE id = which AND (submitter = session_user OR session_user = current_user)
  FOR UPDATE;
  IF was IN ('waiting', 'running') THEN
    UPDATE aid_ces.tasks SET state = 'done', outcome = 'cancelled', lease = NULL, done = clock_timestamp(),
      fence = fence + 1, answer = '' WHERE id = which;
    PERFORM pg_notify('aid_ces_work', 'stop') WHERE was = 'running';
    PERFORM pg_notify('aid_ces_done', which);
  END IF;
  RETURN was;
END $$;
CREATE FUNCTION aid_ces.status() RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT aid_ces.sweep();
  SELECT json_build_object(
    'waiting', count(*) FILTER (WHERE state = 'waiting'), 'running', count(*) FILTER (WHERE state = 'running'),
    'done', count(*) FILTER (WHERE state = 'done'), 'verdicts', count(*) FILTER (WHERE outcome = 'verdict'),
    'errors', count(*) FILTER (WHERE outcome = 'error'), 'cancelled', count(*) FILTER (WHERE outcome = 'cancelled'),
    'oldest_ms', coalesce(aid_ces.ms(clock_timestamp()) - aid_ces.ms(min(queued) FILTER (WHERE state = 'waiting')), 0),
    'last_minute', count(*) FILTER (WHERE done > clock_timestamp() - interval '1 minute'),
    'lost', (SELECT lost FROM aid_ces.queue),
    'workers', (SELECT coalesce(json_agg(json_build_object('name', name, 'host', host, 'pid', pid, 'jobs', jobs,
                  'running', (SELECT count(*) FROM aid_ces.tasks t WHERE t.state = 'running' AND t.worker = w.name),
                  'done', judged, 'warm', cardinality(keys), 'seen_ms', aid_ces.ms(clock_timestamp()) - aid_ces.ms(seen),
                  'alive', until >= clock_timestamp()) ORDER BY host, name), '[]') FROM aid_ces.workers w))::text
  FROM aid_ces.tasks $$;
-- Three looks, each in the order of waiting: one for who waits longest, when the claim is to be fair, one for what the
-- worker is warm for, one for what nobody else is warm for or what has waited long enough for them.  ARRAY(...) is worked out
-- once, so what was locked is what is taken.  The last row, without an id, has in FENCE in how many ms there may be more, or -1.
CREATE FUNCTION aid_ces.claim(me text, n integer, mine text[], fair boolean, lease_ms integer, hold_ms integer)
RETURNS TABLE (id text, fence bigint, attempts integer, key text, task text, answer text, ours boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  others text[]; which text[]; took integer; room integer := n; hold interval := hold_ms * interval '1 ms';
  soon timestamptz;
BEGIN
  PERFORM aid_ces.sweep();
  others := ARRAY(SELECT DISTINCT k FROM aid_ces.workers w, unnest(w.keys) AS k
                  WHERE w.name <> me AND w.until >= clock_timestamp());
  FOR look IN 1..3 LOOP
    CONTINUE WHEN room <= 0 OR (look = 1 AND NOT fair);
    IF look = 1 THEN
      which := ARRAY(SELECT id FROM aid_ces.tasks WHERE state = 'waiting' AND after <= clock_timestamp()
                     AND queued <= clock_timestamp() - hold ORDER BY queued LIMIT 1 FOR UPDATE SKIP LOCKED);
    ELSIF look = 2 THEN
      which := ARRAY(SELECT id FROM aid_ces.tasks WHERE state = 'waiting' AND after <= clock_timestamp()
                     AND key = ANY (mine) ORDER BY queued LIMIT room FOR UPDATE SKIP LOCKED);
    ELSE
      which := ARRAY(SELECT id FROM aid_ces.tasks WHERE state = 'waiting' AND after <= clock_timestamp()
                     AND (queued <= clock_timestamp() - hold OR key <> ALL (others))
                     ORDER BY queued LIMIT room FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY UPDATE aid_ces.tasks t SET state = 'running', worker = me, attempts = t.attempts + 1,
      fence = t.fence + 1, lease = clock_timestamp() + lease_ms * interval '1 ms', started = clock_timestamp()
      WHERE t.id = ANY (which) RETURNING t.id, t.fence, t.attempts, t.key, t.task, encode(t.answer, 'hex'), t.ours;
    GET DIAGNOSTICS took = ROW_COUNT;
    room := room - took;
  END LOOP;
  IF room > 0 THEN
    soon := least((SELECT min(lease) FROM aid_ces.tasks WHERE state = 'running' AND worker <> me),
      (SELECT min(CASE WHEN key = ANY (mine) OR key <> ALL (others) THEN after ELSE greatest(after, queued + hold) END)
       FROM aid_ces.tasks WHERE state = 'waiting'));
  END IF;
  RETURN QUERY SELECT '', CASE WHEN soon IS NULL THEN -1 ELSE greatest(0, aid_ces.ms(soon) - aid_ces.ms(clock_timestamp())) END,
    0, '', '', '', false;
END $$;
-- Gives what ME still holds.  What it was given and does not know of was lost on the way to it.
CREATE FUNCTION aid_ces.renew(me text, host text, pid integer, jobs integer, keys text[], lease_ms integer, ids text[],
                              fences bigint[]) RETURNS TABLE (id text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO aid_ces.workers AS w (name, host, pid, jobs, keys, seen, until)
  VALUES (me, $2, $3, $4, $5, clock_timestamp(), clock_timestamp() + lease_ms * interval '1 ms')
  ON CONFLICT (name) DO UPDATE SET keys = EXCLUDED.keys, seen = EXCLUDED.seen, until = EXCLUDED.until;
  UPDATE aid_ces.tasks t SET state = 'waiting', attempts = t.attempts - 1, fence = t.fence + 1, lease = NULL
  WHERE t.state = 'running' AND t.worker = me AND t.id <> ALL (ids);
  IF FOUND THEN PERFORM pg_notify('aid_ces_work', 'work'); END IF;
  RETURN QUERY UPDATE aid_ces.tasks t SET lease = clock_timestamp() + lease_ms * interval '1 ms'
    FROM unnest(ids, fences) AS h (id, fence) WHERE t.id = h.id AND t.fence = h.fence AND t.state = 'running'
    RETURNING t.id;
END $$;
-- Again: the same was left before, and the answer to that was lost.
CREATE FUNCTION aid_ces.finish(me text, which text, held bigint, what text, told text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  UPDATE aid_ces.tasks SET state = 'done', lease = NULL, done = clock_timestamp(), outcome = what, result = told,
    answer = '' WHERE id = which AND fence = held AND state = 'running';
  IF NOT FOUND THEN
    RETURN CASE WHEN EXISTS (SELECT FROM aid_ces.tasks WHERE id = which AND fence = held AND state = 'done')
      THEN 'again' ELSE 'late' END;
  END IF;
  UPDATE aid_ces.workers SET judged = judged + 1 WHERE name = me;
  PERFORM pg_notify('aid_ces_done', which);
  RETURN 'taken';
END $$;
-- WHY, which counts as a try, is the error if it was the last one.
CREATE FUNCTION aid_ces.give_back(which text, held bigint, why text, after_ms integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE last boolean;
BEGIN
  SELECT why IS NOT NULL AND attempts >= tries INTO last FROM aid_ces.tasks
  WHERE id = which AND fence = held AND state = 'running' FOR UPDATE;
  IF last THEN
    UPDATE aid_ces.tasks SET state = 'done', lease = NULL, done = clock_timestamp(), outcome = 'error', result = why,
      answer = '' WHERE id = which;
    PERFORM pg_notify('aid_ces_done', which);
  ELSIF NOT last THEN
    UPDATE aid_ces.tasks SET state = 'waiting', lease = NULL, fence = fence + 1,
      attempts = attempts - CASE WHEN why IS NULL THEN 1 ELSE 0 END,
      after = clock_timestamp() + after_ms * interval '1 ms' WHERE id = which;
    PERFORM pg_notify('aid_ces_work', 'work');
  END IF;
END $$;
CREATE FUNCTION aid_ces.leave(me text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  UPDATE aid_ces.tasks t SET state = 'waiting', attempts = t.attempts - 1, fence = t.fence + 1, lease = NULL
  WHERE t.state = 'running' AND t.worker = me;
  IF FOUND THEN PERFORM pg_notify('aid_ces_work', 'work'); END IF;
  DELETE FROM aid_ces.workers WHERE name = me;
END $$;
CREATE FUNCTION aid_ces.forget(ago_ms bigint) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM aid_ces.workers WHERE until < clock_timestamp() - interval '1 hour';
  WITH gone AS (DELETE FROM aid_ces.tasks WHERE state = 'done' AND done <= clock_timestamp() - $1 * interval '1 ms' RETURNING 1)
  SELECT count(*) FROM gone $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aid_ces FROM PUBLIC;
INSERT INTO aid_ces.queue (version, works) VALUES (1, 1);
