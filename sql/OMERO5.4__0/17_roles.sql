-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

-- The users and groups that every installation needs stay as they are.

CREATE FUNCTION prevent_root_deactivate_delete() RETURNS trigger AS $$
BEGIN
    IF EXISTS (SELECT FROM _roles
               WHERE OLD.child = root_user_id AND OLD.parent IN (system_group_id, user_group_id)) THEN
        RAISE EXCEPTION 'the root user cannot leave the system group or the user group';
    END IF;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION prevent_root_deactivate_update() RETURNS trigger AS $$
BEGIN
    IF (NEW.parent, NEW.child) IS DISTINCT FROM (OLD.parent, OLD.child)
       AND EXISTS (SELECT FROM _roles
                   WHERE OLD.child = root_user_id AND OLD.parent IN (system_group_id, user_group_id)) THEN
        RAISE EXCEPTION 'the root user cannot leave the system group or the user group';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION prevent_experimenter_rename() RETURNS trigger AS $$
BEGIN
    IF NEW.omename <> OLD.omename
       AND EXISTS (SELECT FROM _roles WHERE OLD.id IN (root_user_id, guest_user_id)) THEN
        RAISE EXCEPTION 'the special user "%" cannot be renamed', OLD.omename;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION prevent_experimenter_group_rename() RETURNS trigger AS $$
BEGIN
    IF NEW.name <> OLD.name
       AND EXISTS (SELECT FROM _roles WHERE OLD.id IN (system_group_id, user_group_id, guest_group_id)) THEN
        RAISE EXCEPTION 'the special group "%" cannot be renamed', OLD.name;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION prevent_root_privilege_restriction() RETURNS trigger AS $$
BEGIN
    IF NEW.name LIKE 'AdminPrivilege:%' AND lower(NEW.value) <> 'true'
       AND EXISTS (SELECT FROM _roles WHERE NEW.experimenter_id = root_user_id) THEN
        RAISE EXCEPTION 'the privileges of the root user cannot be restricted';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER prevent_root_deactivate_delete BEFORE DELETE ON groupexperimentermap
    FOR EACH ROW EXECUTE PROCEDURE prevent_root_deactivate_delete();
CREATE TRIGGER prevent_root_deactivate_update BEFORE UPDATE ON groupexperimentermap
    FOR EACH ROW EXECUTE PROCEDURE prevent_root_deactivate_update();
CREATE TRIGGER prevent_experimenter_rename BEFORE UPDATE ON experimenter
    FOR EACH ROW EXECUTE PROCEDURE prevent_experimenter_rename();
CREATE TRIGGER prevent_experimenter_group_rename BEFORE UPDATE ON experimentergroup
    FOR EACH ROW EXECUTE PROCEDURE prevent_experimenter_group_rename();
CREATE TRIGGER prevent_root_privilege_restriction BEFORE INSERT OR UPDATE ON experimenter_config
    FOR EACH ROW EXECUTE PROCEDURE prevent_root_privilege_restriction();
