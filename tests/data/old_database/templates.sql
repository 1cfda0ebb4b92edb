-- Functions of which there are many alike; words in capitals between dollars are filled in.

-- list
CREATE FUNCTION $TABLE_$COLUMN_index_move() RETURNS trigger AS $$
DECLARE
    duplicate int8;
BEGIN
    IF new.$COLUMN IS DISTINCT FROM old.$COLUMN OR new.$COLUMN_index IS DISTINCT FROM old.$COLUMN_index THEN
        SELECT id INTO duplicate FROM $TABLE
            WHERE $COLUMN = new.$COLUMN AND $COLUMN_index = new.$COLUMN_index AND id <> new.id OFFSET 0 LIMIT 1;
        IF duplicate IS NOT NULL THEN
            UPDATE $TABLE SET $COLUMN_index = -1 - $COLUMN_index WHERE id = duplicate;
        END IF;
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

-- map
CREATE FUNCTION $TABLE_map_entry_delete_trigger_function() RETURNS trigger AS $$
BEGIN
    DELETE FROM $TABLE WHERE $HOLDER_id = old.$KEY;
    RETURN old;
END;
$$ LANGUAGE plpgsql;

-- queue
CREATE FUNCTION $NAME() RETURNS trigger AS $$
DECLARE
    eid int8;
    target record;
BEGIN
    FOR target IN $QUERY LOOP
        SELECT INTO eid _current_or_new_event();
        IF NOT EXISTS (SELECT 1 FROM _reindexing_required r WHERE r.event_id = eid AND r.entity_type = target.class
                       AND r.entity_id = target.id) THEN
            INSERT INTO _reindexing_required (event_id, entity_type, entity_id) VALUES (eid, target.class, target.id);
        END IF;
    END LOOP;
    RETURN $RESULT;
END;
$$ LANGUAGE plpgsql;

-- guard
CREATE FUNCTION $NAME() RETURNS trigger AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ($QUERY) AS needed (privilege) WHERE NOT EXISTS (
        SELECT 1 FROM _current_admin_privileges c
        WHERE c.privilege = needed.privilege AND c.transaction = txid_current())) THEN
        RAISE EXCEPTION 'cannot give a privilege that the current user does not have';
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
