-- Functions of a database OMERO5.4__0, written from the description of what each does in tests/data/facts: a second
-- hand, so that nothing of the server's own DDL is taken for granted. See tests/support/old_database.py.

CREATE FUNCTION uuid() RETURNS character(36) AS $$
    SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 14, 3) || '-a' || substr(h, 18, 3) || '-'
           || substr(h, 21, 12)
    FROM md5(clock_timestamp()::text || random()::text) AS h;
$$ LANGUAGE sql;

CREATE FUNCTION ome_perms(p int8) RETURNS varchar AS $$
DECLARE
    txt varchar := '';
BEGIN
    txt := txt || CASE WHEN (p & 1024) = 1024 THEN 'r' ELSE '-' END;
    txt := txt || CASE WHEN (p & 512) = 512 THEN 'w' WHEN (p & 256) = 256 THEN 'a' ELSE '-' END;
    txt := txt || CASE WHEN (p & 64) = 64 THEN 'r' ELSE '-' END;
    txt := txt || CASE WHEN (p & 32) = 32 THEN 'w' WHEN (p & 16) = 16 THEN 'a' ELSE '-' END;
    txt := txt || CASE WHEN (p & 4) = 4 THEN 'r' ELSE '-' END;
    txt := txt || CASE WHEN (p & 2) = 2 THEN 'w' WHEN (p & 1) = 1 THEN 'a' ELSE '-' END;
    RETURN txt;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION ome_nextval(seq varchar, increment int4) RETURNS int8 AS $$
DECLARE
    lock_key int4;
    taken int8;
BEGIN
    SELECT id INTO lock_key FROM _lock_ids WHERE name = seq;
    IF NOT FOUND THEN
        INSERT INTO _lock_ids (name) VALUES (seq) RETURNING id INTO lock_key;
    END IF;
    PERFORM pg_advisory_lock(1, lock_key);
    BEGIN
        FOR i IN 1..increment LOOP
            taken := nextval(seq::regclass);
        END LOOP;
    EXCEPTION WHEN OTHERS THEN
        PERFORM pg_advisory_unlock(1, lock_key);
        RAISE;
    END;
    PERFORM pg_advisory_unlock(1, lock_key);
    RETURN taken;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION ome_nextval(seq varchar) RETURNS int8 AS $$
BEGIN
    RETURN ome_nextval(seq, 1);
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _prepare_session(_event_id int8, _user_id int8, _group_id int8) RETURNS void AS $$
BEGIN
    IF NOT EXISTS (SELECT table_name FROM information_schema.tables
                   WHERE table_name = '_current_session' AND table_type = 'LOCAL TEMPORARY') THEN
        CREATE TEMP TABLE _current_session ("event_id" int8, "user_id" int8, "group_id" int8) ON COMMIT DELETE ROWS;
        INSERT INTO _current_session VALUES (_event_id, _user_id, _group_id);
    ELSE
        DELETE FROM _current_session;
        INSERT INTO _current_session VALUES (_event_id, _user_id, _group_id);
    END IF;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _current_event() RETURNS int8 AS $$
DECLARE
    found_event int8;
BEGIN
    IF NOT EXISTS (SELECT table_name FROM information_schema.tables WHERE table_name = '_current_session') THEN
        RETURN 0;
    END IF;
    SELECT INTO found_event event_id FROM _current_session;
    RETURN found_event;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _current_or_new_event() RETURNS int8 AS $$
DECLARE
    eid int8;
BEGIN
    eid := _current_event();
    IF eid IS NULL OR eid = 0 THEN
        SELECT INTO eid ome_nextval('seq_event');
        INSERT INTO event (id, permissions, status, time, experimenter, experimentergroup, session, type)
            VALUES (eid, -52, 'TRIGGERED', now(), 0, 0, 0, 0);
    END IF;
    RETURN eid;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION updated_entities_note_reindex() RETURNS void AS $$
DECLARE
    row record;
BEGIN
    FOR row IN SELECT * FROM _reindexing_required ORDER BY event_id LIMIT 100000 LOOP
        DELETE FROM _reindexing_required WHERE event_id = row.event_id AND entity_type = row.entity_type
            AND entity_id = row.entity_id;
        IF NOT EXISTS (SELECT 1 FROM eventlog WHERE event = row.event_id AND entitytype = row.entity_type
                       AND entityid = row.entity_id) THEN
            INSERT INTO eventlog (id, action, permissions, entityid, entitytype, event)
                VALUES (ome_nextval('seq_eventlog'), 'REINDEX', -52, row.entity_id, row.entity_type, row.event_id);
        END IF;
    END LOOP;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION annotation_link_insert_trigger() RETURNS trigger AS $$
DECLARE
    eid int8;
BEGIN
    SELECT INTO eid _current_or_new_event();
    IF NOT EXISTS (SELECT 1 FROM _reindexing_required WHERE event_id = eid AND entity_type = TG_ARGV[0]
                   AND entity_id = new.parent) THEN
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id) VALUES (eid, TG_ARGV[0], new.parent);
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION annotation_link_update_trigger() RETURNS trigger AS $$
DECLARE
    eid int8;
BEGIN
    SELECT INTO eid _current_or_new_event();
    INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
        SELECT DISTINCT eid, TG_ARGV[0], p FROM unnest(ARRAY[old.parent, new.parent]) AS p
        WHERE NOT EXISTS (SELECT 1 FROM _reindexing_required r WHERE r.event_id = eid AND r.entity_type = TG_ARGV[0]
                          AND r.entity_id = p);
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION annotation_link_delete_trigger() RETURNS trigger AS $$
DECLARE
    eid int8;
BEGIN
    SELECT INTO eid _current_or_new_event();
    IF NOT EXISTS (SELECT 1 FROM _reindexing_required WHERE event_id = eid AND entity_type = TG_ARGV[0]
                   AND entity_id = old.parent) THEN
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id) VALUES (eid, TG_ARGV[0], old.parent);
    END IF;
    RETURN old;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION dbpatch_versions_trigger_function() RETURNS trigger AS $$
BEGIN
    IF (new.currentversion <> new.previousversion OR new.currentpatch <> new.previouspatch) AND EXISTS (
        SELECT 1 FROM dbpatch d WHERE d.id <> new.id
        AND (d.currentversion <> d.previousversion OR d.currentpatch <> d.previouspatch)
        AND ((d.currentversion = new.currentversion AND d.currentpatch = new.currentpatch)
             OR (d.previousversion = new.previousversion AND d.previouspatch = new.previouspatch))) THEN
        RAISE 'upgrades cannot be repeated';
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _fs_dir_delete() RETURNS trigger AS $$
BEGIN
    IF old.repo IS NOT NULL AND old.mimetype = 'Directory' AND EXISTS (
        SELECT 1 FROM originalfile WHERE repo = old.repo AND path = old.path || old.name || '/') THEN
        RAISE EXCEPTION 'Directory(id=%)=%/%/ is not empty!', old.id, old.path, old.name;
    END IF;
    RETURN old;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _fs_protected_mimetype() RETURNS trigger AS $$
BEGIN
    IF old.mimetype IN ('Directory', 'Repository') AND new.mimetype <> old.mimetype THEN
        RAISE EXCEPTION 'mimetype % of file % is protected', old.mimetype, old.id;
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _fs_log_delete() RETURNS trigger AS $$
BEGIN
    IF old.repo IS NOT NULL THEN
        INSERT INTO _fs_deletelog (event_id, file_id, owner_id, group_id, path, name, repo)
            SELECT _current_or_new_event(), old.id, old.owner_id, old.group_id, old.path, old.name, old.repo;
    END IF;
    RETURN old;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _protect_originalfile_repo_insert() RETURNS trigger AS $$
DECLARE
    secret text;
    live int8;
BEGIN
    SELECT count(*) INTO live FROM node WHERE down IS NULL;
    SELECT uuid INTO secret FROM node WHERE down IS NULL AND left(new.name, length(uuid)) = uuid LIMIT 1;
    IF secret IS NOT NULL THEN
        new.name := right(new.name, -length(secret));
    ELSIF new.repo IS NOT NULL AND live > 0 THEN
        RAISE EXCEPTION 'cannot set repo of file %', new.id;
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION _protect_originalfile_repo_update() RETURNS trigger AS $$
DECLARE
    secret text;
    live int8;
BEGIN
    SELECT count(*) INTO live FROM node WHERE down IS NULL;
    SELECT uuid INTO secret FROM node WHERE down IS NULL AND left(new.name, length(uuid)) = uuid LIMIT 1;
    IF secret IS NOT NULL THEN
        new.name := right(new.name, -length(secret));
    ELSIF new.repo IS NOT NULL AND (old.repo IS NULL OR old.repo <> new.repo) AND live > 0 THEN
        RAISE EXCEPTION 'cannot set repo of file %', new.id;
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION prevent_root_deactivate_delete() RETURNS trigger AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM _roles WHERE root_user_id = old.child AND old.parent IN (system_group_id, user_group_id)) THEN
        RAISE EXCEPTION 'cannot remove root from a required group';
    END IF;
    RETURN old;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION prevent_root_deactivate_update() RETURNS trigger AS $$
BEGIN
    IF (new.parent <> old.parent OR new.child <> old.child) AND EXISTS (
        SELECT 1 FROM _roles WHERE root_user_id = old.child AND old.parent IN (system_group_id, user_group_id)) THEN
        RAISE EXCEPTION 'cannot remove root from a required group';
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION prevent_experimenter_rename() RETURNS trigger AS $$
BEGIN
    IF new.omename <> old.omename AND EXISTS (SELECT 1 FROM _roles WHERE old.id IN (root_user_id, guest_user_id)) THEN
        RAISE EXCEPTION 'cannot rename special experimenter %', old.omename;
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION prevent_experimenter_group_rename() RETURNS trigger AS $$
BEGIN
    IF new.name <> old.name AND EXISTS (
        SELECT 1 FROM _roles WHERE old.id IN (system_group_id, user_group_id, guest_group_id)) THEN
        RAISE EXCEPTION 'cannot rename special group %', old.name;
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION prevent_root_privilege_restriction() RETURNS trigger AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM _roles WHERE root_user_id = new.experimenter_id)
       AND new.name LIKE 'AdminPrivilege:%' AND lower(new.value) <> 'true' THEN
        RAISE EXCEPTION 'cannot restrict the privileges of root';
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION image_series_default_zero() RETURNS trigger AS $$
BEGIN
    IF new.series IS NULL THEN
        new.series := 0;
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION add_to_namespace() RETURNS trigger AS $$
BEGIN
    IF new.ns IS NOT NULL AND NOT EXISTS (SELECT 1 FROM namespace WHERE name = new.ns) THEN
        INSERT INTO namespace (id, permissions, name) SELECT ome_nextval('seq_namespace'), -52, new.ns;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION update_namespace() RETURNS trigger AS $$
BEGIN
    IF old.name <> new.name AND EXISTS (SELECT 1 FROM annotation WHERE ns = old.name) THEN
        RAISE EXCEPTION 'cannot rename namespace % that is still used by annotations', old.name;
    END IF;
    RETURN new;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION delete_from_namespace() RETURNS trigger AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM annotation WHERE ns = old.name) THEN
        RAISE EXCEPTION 'cannot delete namespace % that is still used by annotations', old.name;
    END IF;
    RETURN old;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION preserve_folder_tree() RETURNS trigger AS $$
DECLARE
    above int8 := new.parentfolder;
BEGIN
    WHILE above IS NOT NULL LOOP
        IF above = new.id THEN
            RAISE EXCEPTION 'folder % would be inside itself', new.id;
        END IF;
        SELECT parentfolder INTO above FROM folder WHERE id = above;
    END LOOP;
    RETURN new;
END;
$$ LANGUAGE plpgsql;
