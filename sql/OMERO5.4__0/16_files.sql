-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

-- Files of repositories.

-- Only servers may say that a row stands for a file in a repository: they put the secret uuid of a node that is up before
-- the name. It is taken off again, so it is never stored.
CREATE FUNCTION _protect_originalfile_repo_insert() RETURNS trigger AS $$
DECLARE
    secret varchar;
BEGIN
    SELECT uuid INTO secret FROM node WHERE down IS NULL AND starts_with(NEW.name, uuid) LIMIT 1;
    IF secret IS NOT NULL THEN
        NEW.name := substr(NEW.name, length(secret) + 1);
    ELSIF NEW.repo IS NOT NULL AND EXISTS (SELECT FROM node WHERE down IS NULL) THEN
        RAISE EXCEPTION 'only a server may set the repository of a file';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _protect_originalfile_repo_update() RETURNS trigger AS $$
DECLARE
    secret varchar;
BEGIN
    SELECT uuid INTO secret FROM node WHERE down IS NULL AND starts_with(NEW.name, uuid) LIMIT 1;
    IF secret IS NOT NULL THEN
        NEW.name := substr(NEW.name, length(secret) + 1);
    ELSIF NEW.repo IS NOT NULL AND NEW.repo IS DISTINCT FROM OLD.repo
          AND EXISTS (SELECT FROM node WHERE down IS NULL) THEN
        RAISE EXCEPTION 'only a server may set the repository of a file';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _fs_protected_mimetype() RETURNS trigger AS $$
BEGIN
    IF OLD.mimetype IN ('Directory', 'Repository') AND NEW.mimetype IS DISTINCT FROM OLD.mimetype THEN
        RAISE EXCEPTION 'file % is a % and stays one: its mimetype cannot change', OLD.id, lower(OLD.mimetype);
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _fs_dir_delete() RETURNS trigger AS $$
BEGIN
    IF OLD.mimetype = 'Directory' AND EXISTS (
        SELECT FROM originalfile WHERE repo = OLD.repo AND path = OLD.path || OLD.name || '/'
    ) THEN
        RAISE EXCEPTION 'directory "%" (file %) is not empty: delete what is in it first',
            OLD.path || OLD.name, OLD.id;
    END IF;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;

-- The log holds 255 characters of a name; a longer one must not keep its file from being deleted.
CREATE FUNCTION _fs_log_delete() RETURNS trigger AS $$
BEGIN
    IF OLD.repo IS NOT NULL THEN
        INSERT INTO _fs_deletelog (event_id, file_id, owner_id, group_id, path, name, repo)
            VALUES (_current_or_new_event(), OLD.id, OLD.owner_id, OLD.group_id, OLD.path, left(OLD.name, 255),
                    OLD.repo);
    END IF;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER _protect_originalfile_repo_insert BEFORE INSERT ON originalfile
    FOR EACH ROW EXECUTE PROCEDURE _protect_originalfile_repo_insert();
CREATE TRIGGER _protect_originalfile_repo_update BEFORE UPDATE ON originalfile
    FOR EACH ROW EXECUTE PROCEDURE _protect_originalfile_repo_update();
CREATE TRIGGER _fs_protected_mimetype BEFORE UPDATE ON originalfile
    FOR EACH ROW EXECUTE PROCEDURE _fs_protected_mimetype();
CREATE TRIGGER _fs_dir_delete BEFORE DELETE ON originalfile
    FOR EACH ROW EXECUTE PROCEDURE _fs_dir_delete();
CREATE TRIGGER _fs_log_delete AFTER DELETE ON originalfile
    FOR EACH ROW EXECUTE PROCEDURE _fs_log_delete();
