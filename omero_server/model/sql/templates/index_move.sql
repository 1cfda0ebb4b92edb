CREATE FUNCTION @table@_@prop@_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.@prop@, NEW.@prop@_index) IS DISTINCT FROM (OLD.@prop@, OLD.@prop@_index) THEN
        UPDATE @table@ SET @prop@_index = -1 - @prop@_index
            WHERE @prop@ = NEW.@prop@ AND @prop@_index = NEW.@prop@_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER @table@_@prop@_index_trigger BEFORE UPDATE ON @table@
    FOR EACH ROW EXECUTE PROCEDURE @table@_@prop@_index_move();
