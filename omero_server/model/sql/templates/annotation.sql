CREATE FUNCTION annotation_update_event_trigger() RETURNS trigger AS $$
DECLARE
    event int8;
    touched record;
BEGIN
    FOR touched IN
@links@
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, touched.class, touched.parent
            WHERE (event, touched.class, touched.parent) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, touched.class, touched.parent)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER annotation_trigger AFTER UPDATE ON annotation
    FOR EACH ROW EXECUTE PROCEDURE annotation_update_event_trigger();
