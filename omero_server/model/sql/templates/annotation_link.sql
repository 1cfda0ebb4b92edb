CREATE FUNCTION annotation_link_@event@_trigger() RETURNS trigger AS $$
DECLARE
    event int8 := _current_or_new_event();
BEGIN
    INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
        SELECT DISTINCT event, TG_ARGV[0], touched.id FROM unnest(ARRAY[@touched@]) AS touched (id)
        WHERE (event, TG_ARGV[0], touched.id) IS DISTINCT FROM (
            SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
            WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, TG_ARGV[0], touched.id)
            ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    RETURN coalesce(NEW, OLD);
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
