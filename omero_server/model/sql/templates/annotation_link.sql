CREATE FUNCTION annotation_link_@event@_trigger() RETURNS trigger AS $$
DECLARE
    event int8 := _current_or_new_event();
BEGIN
    INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
        SELECT DISTINCT event, TG_ARGV[0], touched.id FROM unnest(ARRAY[@touched@]) AS touched (id)
        WHERE NOT EXISTS (SELECT FROM _reindexing_required AS known WHERE known.event_id = event
                          AND known.entity_type = TG_ARGV[0] AND known.entity_id = touched.id);
    RETURN coalesce(NEW, OLD);
END;
$$ LANGUAGE plpgsql;
