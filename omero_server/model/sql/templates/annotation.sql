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
            WHERE NOT EXISTS (SELECT FROM _reindexing_required AS known WHERE known.event_id = event
                              AND known.entity_type = touched.class AND known.entity_id = touched.parent);
    END LOOP;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER annotation_trigger AFTER UPDATE ON annotation
    FOR EACH ROW EXECUTE PROCEDURE annotation_update_event_trigger();
