-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

-- Rules about single classes.

-- Rows of checks repeat the version on both sides and may come any number of times.
CREATE FUNCTION dbpatch_versions_trigger_function() RETURNS trigger AS $$
BEGIN
    IF (NEW.currentversion, NEW.currentpatch) <> (NEW.previousversion, NEW.previouspatch) AND EXISTS (
        SELECT FROM dbpatch
        WHERE id <> NEW.id
        AND (currentversion, currentpatch) <> (previousversion, previouspatch)
        AND ((currentversion, currentpatch) = (NEW.currentversion, NEW.currentpatch)
             OR (previousversion, previouspatch) = (NEW.previousversion, NEW.previouspatch))
    ) THEN
        RAISE EXCEPTION 'upgrades cannot be repeated';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION image_series_default_zero() RETURNS trigger AS $$
BEGIN
    NEW.series := coalesce(NEW.series, 0);
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

-- Namespaces come into being with their first annotation, and keep their name while any uses it.
CREATE FUNCTION add_to_namespace() RETURNS trigger AS $$
BEGIN
    IF NEW.ns IS NOT NULL AND NOT EXISTS (SELECT FROM namespace WHERE name = NEW.ns) THEN
        INSERT INTO namespace (id, permissions, name) VALUES (ome_nextval('seq_namespace'), -52, NEW.ns)
            ON CONFLICT (name) DO NOTHING;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION update_namespace() RETURNS trigger AS $$
BEGIN
    IF NEW.name <> OLD.name AND EXISTS (SELECT FROM annotation WHERE ns = OLD.name) THEN
        RAISE EXCEPTION 'namespace "%" cannot be renamed: annotations use it', OLD.name;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION delete_from_namespace() RETURNS trigger AS $$
BEGIN
    IF EXISTS (SELECT FROM annotation WHERE ns = OLD.name) THEN
        RAISE EXCEPTION 'namespace "%" cannot be deleted: annotations use it', OLD.name;
    END IF;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION preserve_folder_tree() RETURNS trigger AS $$
BEGIN
    IF NEW.parentfolder IS NOT NULL AND EXISTS (
        WITH RECURSIVE above (id) AS (
            SELECT NEW.parentfolder
            UNION
            SELECT f.parentfolder FROM above JOIN folder AS f ON f.id = above.id WHERE f.parentfolder IS NOT NULL
        )
        SELECT FROM above WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'folder % cannot be put into folder %: it would contain itself', NEW.id, NEW.parentfolder;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER dbpatch_versions_trigger BEFORE INSERT OR UPDATE ON dbpatch
    FOR EACH ROW EXECUTE PROCEDURE dbpatch_versions_trigger_function();
CREATE TRIGGER image_series_default_zero BEFORE INSERT OR UPDATE ON image
    FOR EACH ROW EXECUTE PROCEDURE image_series_default_zero();
CREATE TRIGGER add_to_namespace AFTER INSERT OR UPDATE ON annotation
    FOR EACH ROW EXECUTE PROCEDURE add_to_namespace();
CREATE TRIGGER update_namespace BEFORE UPDATE ON namespace
    FOR EACH ROW EXECUTE PROCEDURE update_namespace();
CREATE TRIGGER delete_from_namespace BEFORE DELETE ON namespace
    FOR EACH ROW EXECUTE PROCEDURE delete_from_namespace();
CREATE TRIGGER preserve_folder_tree AFTER INSERT OR UPDATE ON folder
    FOR EACH ROW EXECUTE PROCEDURE preserve_folder_tree();
