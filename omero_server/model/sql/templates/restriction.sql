-- A list of pairs is often written anew; what counts is whether the privilege is still switched off at the end.
CREATE FUNCTION user_config_@event@_check() RETURNS trigger AS $$
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
CREATE CONSTRAINT TRIGGER user_config_@event@_trigger AFTER @event@ ON experimenter_config
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE PROCEDURE user_config_@event@_check();
