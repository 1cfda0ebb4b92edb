-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

-- Functions that the tables themselves need.

-- Take "increment" values of a sequence and return the last one. The caller owns them all, without gaps between: the
-- advisory lock keeps two callers from interleaving, and is released before the transaction ends.
CREATE FUNCTION ome_nextval(seq varchar, increment int4) RETURNS int8 AS $$
DECLARE
    lock_id int4;
    last_value int8;
BEGIN
    IF increment < 1 THEN
        RAISE EXCEPTION 'ome_nextval: cannot take % values of %', increment, seq;
    END IF;
    SELECT id INTO lock_id FROM _lock_ids WHERE name = seq;
    IF lock_id IS NULL THEN
        INSERT INTO _lock_ids (name) VALUES (seq) ON CONFLICT (name) DO NOTHING;
        SELECT id INTO STRICT lock_id FROM _lock_ids WHERE name = seq;
    END IF;
    PERFORM pg_advisory_lock(1, lock_id);
    BEGIN
        SELECT max(nextval(seq::regclass)) INTO last_value FROM generate_series(1, increment);
    EXCEPTION WHEN query_canceled OR others THEN
        PERFORM pg_advisory_unlock(1, lock_id);
        RAISE;
    END;
    PERFORM pg_advisory_unlock(1, lock_id);
    RETURN last_value;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION ome_nextval(seq varchar) RETURNS int8 AS $$
BEGIN
    RETURN ome_nextval(seq, 1);
END;
$$ LANGUAGE plpgsql;

-- A random UUID in text.
CREATE FUNCTION uuid() RETURNS character(36) AS $$
    SELECT gen_random_uuid()::character(36);
$$ LANGUAGE sql;

-- Permissions in six letters, two each for user, group and world: r, then w, or a for annotate only.
CREATE FUNCTION ome_perms(p int8) RETURNS varchar AS $$
DECLARE
    rights int8;
    letters varchar := '';
BEGIN
    FOREACH rights IN ARRAY ARRAY[p >> 8, p >> 4, p] LOOP
        letters := letters
            || CASE WHEN rights & 4 <> 0 THEN 'r' ELSE '-' END
            || CASE WHEN rights & 2 <> 0 THEN 'w' WHEN rights & 1 <> 0 THEN 'a' ELSE '-' END;
    END LOOP;
    RETURN letters;
END;
$$ LANGUAGE plpgsql;
