-- Called by the indexer before it looks for work: hand over the notes as log entries of their events.
CREATE FUNCTION updated_entities_note_reindex() RETURNS void AS $$
DECLARE
    notes _reindexing_required[];
    last_id int8;
BEGIN
    WITH taken AS (
        DELETE FROM _reindexing_required WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM _reindexing_required ORDER BY event_id, entity_type, entity_id LIMIT 100000 FOR UPDATE))
        RETURNING event_id, entity_type, entity_id
    )
    SELECT array_agg(DISTINCT (event_id, entity_type, entity_id)::_reindexing_required) INTO notes FROM taken
        WHERE NOT EXISTS (SELECT FROM eventlog
                          WHERE event = event_id AND entitytype = entity_type AND entityid = entity_id);
    IF notes IS NULL THEN
        RETURN;
    END IF;
    last_id := ome_nextval('seq_eventlog', cardinality(notes));
    INSERT INTO eventlog (id, action, permissions, entityid, entitytype, event)
        SELECT last_id - cardinality(notes) + place, 'REINDEX', -52, entity_id, entity_type, event_id
        FROM unnest(notes) WITH ORDINALITY AS note (event_id, entity_type, entity_id, place);
END;
$$ LANGUAGE plpgsql;
