CREATE FUNCTION group_link_@event@_check() RETURNS trigger AS $$
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
CREATE CONSTRAINT TRIGGER group_link_@event@_trigger AFTER @event@ ON groupexperimentermap
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE PROCEDURE group_link_@event@_check();
