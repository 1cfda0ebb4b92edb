CREATE FUNCTION @name@() RETURNS trigger AS $$
DECLARE
    event int8;
    touched int8;
BEGIN
    FOR touched IN
        @images@
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, 'ome.model.core.Image', touched
            WHERE (event, 'ome.model.core.Image'::text, touched) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, 'ome.model.core.Image', touched)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER @name@ AFTER @event@ ON @table@
    FOR EACH ROW EXECUTE PROCEDURE @name@();
