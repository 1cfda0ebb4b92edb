CREATE FUNCTION @map@_map_entry_delete_trigger_function() RETURNS trigger AS $$
BEGIN
    DELETE FROM @map@ WHERE @holder@ = OLD.@key@;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER @map@_map_entry_delete_trigger BEFORE DELETE ON @table@
    FOR EACH ROW EXECUTE PROCEDURE @map@_map_entry_delete_trigger_function();
