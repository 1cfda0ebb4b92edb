-- The event of the running transaction, for triggers.

-- Called once by each writing transaction of a server.
CREATE FUNCTION _prepare_session(event int8, usr int8, grp int8) RETURNS void AS $$
BEGIN
    IF to_regclass('pg_temp._current_session') IS NULL THEN
        CREATE TEMPORARY TABLE _current_session (event_id int8, user_id int8, group_id int8) ON COMMIT DELETE ROWS;
    END IF;
    DELETE FROM pg_temp._current_session;
    INSERT INTO pg_temp._current_session VALUES (event, usr, grp);
END;
$$ LANGUAGE plpgsql;

-- Null when a server's connection has not begun to write, 0 when it is not a server's connection.
CREATE FUNCTION _current_event() RETURNS int8 AS $$
BEGIN
    IF to_regclass('pg_temp._current_session') IS NULL THEN
        RETURN 0;
    END IF;
    RETURN (SELECT event_id FROM pg_temp._current_session);
END;
$$ LANGUAGE plpgsql;

-- For changes made by hand: an event of its own.
CREATE FUNCTION _current_or_new_event() RETURNS int8 AS $$
DECLARE
    event int8 := coalesce(_current_event(), 0);
BEGIN
    IF event = 0 THEN
        event := ome_nextval('seq_event');
        INSERT INTO event (id, permissions, status, time, experimenter, experimentergroup, session, type)
            VALUES (event, -52, 'TRIGGERED', clock_timestamp(), 0, 0, 0, 0);
    END IF;
    RETURN event;
END;
$$ LANGUAGE plpgsql;
