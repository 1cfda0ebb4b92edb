-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

-- Nobody gives away an administrator's privilege that he does not hold. Members of the system group hold every
-- privilege that is not switched off in their configuration (pair "AdminPrivilege:<value>" other than "true"). What the
-- current user holds is in _current_admin_privileges when the transaction commits, which is when these triggers fire.

CREATE FUNCTION group_link_insert_check() RETURNS trigger AS $$
DECLARE
    missing varchar;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.parent, NEW.child) IS NOT DISTINCT FROM (OLD.parent, OLD.child)
       OR NOT EXISTS (SELECT FROM _roles WHERE system_group_id = NEW.parent) THEN
        RETURN NULL;
    END IF;
    SELECT p.value INTO missing FROM adminprivilege AS p
        WHERE NOT EXISTS (SELECT FROM experimenter_config AS c WHERE c.experimenter_id = NEW.child
                          AND c.name = 'AdminPrivilege:' || p.value AND lower(c.value) <> 'true')
        AND NOT EXISTS (SELECT FROM _current_admin_privileges
                        WHERE transaction = txid_current() AND privilege = p.value)
        ORDER BY p.id LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'user % cannot become an administrator with the privilege %: you do not have it yourself',
            NEW.child, missing;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE CONSTRAINT TRIGGER group_link_insert_trigger AFTER insert ON groupexperimentermap
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE PROCEDURE group_link_insert_check();

CREATE FUNCTION group_link_update_check() RETURNS trigger AS $$
DECLARE
    missing varchar;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.parent, NEW.child) IS NOT DISTINCT FROM (OLD.parent, OLD.child)
       OR NOT EXISTS (SELECT FROM _roles WHERE system_group_id = NEW.parent) THEN
        RETURN NULL;
    END IF;
    SELECT p.value INTO missing FROM adminprivilege AS p
        WHERE NOT EXISTS (SELECT FROM experimenter_config AS c WHERE c.experimenter_id = NEW.child
                          AND c.name = 'AdminPrivilege:' || p.value AND lower(c.value) <> 'true')
        AND NOT EXISTS (SELECT FROM _current_admin_privileges
                        WHERE transaction = txid_current() AND privilege = p.value)
        ORDER BY p.id LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'user % cannot become an administrator with the privilege %: you do not have it yourself',
            NEW.child, missing;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE CONSTRAINT TRIGGER group_link_update_trigger AFTER update ON groupexperimentermap
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE PROCEDURE group_link_update_check();

-- A list of pairs is often written anew; what counts is whether the privilege is still switched off at the end.
CREATE FUNCTION user_config_delete_check() RETURNS trigger AS $$
DECLARE
    gained varchar := substr(OLD.name, length('AdminPrivilege:') + 1);
BEGIN
    IF OLD.name LIKE 'AdminPrivilege:%' AND lower(OLD.value) <> 'true'
       AND EXISTS (SELECT FROM adminprivilege WHERE value = gained)
       AND EXISTS (SELECT FROM groupexperimentermap, _roles
                   WHERE child = OLD.experimenter_id AND parent = system_group_id)
       AND NOT EXISTS (SELECT FROM experimenter_config WHERE experimenter_id = OLD.experimenter_id
                       AND name = OLD.name AND lower(value) <> 'true')
       AND NOT EXISTS (SELECT FROM _current_admin_privileges
                       WHERE transaction = txid_current() AND privilege = gained) THEN
        RAISE EXCEPTION 'administrator % cannot be given the privilege %: you do not have it yourself',
            OLD.experimenter_id, gained;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE CONSTRAINT TRIGGER user_config_delete_trigger AFTER delete ON experimenter_config
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE PROCEDURE user_config_delete_check();

-- A list of pairs is often written anew; what counts is whether the privilege is still switched off at the end.
CREATE FUNCTION user_config_update_check() RETURNS trigger AS $$
DECLARE
    gained varchar := substr(OLD.name, length('AdminPrivilege:') + 1);
BEGIN
    IF OLD.name LIKE 'AdminPrivilege:%' AND lower(OLD.value) <> 'true'
       AND EXISTS (SELECT FROM adminprivilege WHERE value = gained)
       AND EXISTS (SELECT FROM groupexperimentermap, _roles
                   WHERE child = OLD.experimenter_id AND parent = system_group_id)
       AND NOT EXISTS (SELECT FROM experimenter_config WHERE experimenter_id = OLD.experimenter_id
                       AND name = OLD.name AND lower(value) <> 'true')
       AND NOT EXISTS (SELECT FROM _current_admin_privileges
                       WHERE transaction = txid_current() AND privilege = gained) THEN
        RAISE EXCEPTION 'administrator % cannot be given the privilege %: you do not have it yourself',
            OLD.experimenter_id, gained;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE CONSTRAINT TRIGGER user_config_update_trigger AFTER update ON experimenter_config
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE PROCEDURE user_config_update_check();
