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
            WHERE NOT EXISTS (SELECT FROM _reindexing_required AS known WHERE known.event_id = event
                              AND known.entity_type = 'ome.model.core.Image' AND known.entity_id = touched);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER @name@ AFTER @event@ ON @table@
    FOR EACH ROW EXECUTE PROCEDURE @name@();
