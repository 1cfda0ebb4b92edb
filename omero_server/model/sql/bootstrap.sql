-- The users, groups and objects that everything else refers to. Ids below the first of a sequence are used here only.

INSERT INTO experimenter (id, permissions, version, omename, firstname, lastname, ldap) VALUES
    (0, 0, 0, 'root', 'root', 'root', false),
    (1, 0, 0, 'guest', 'Guest', 'Account', false);
SELECT setval('seq_experimenter', 1);

INSERT INTO experimentergroup (id, permissions, version, name, ldap) VALUES
    (0, -120, 0, 'system', false),
    (1, -52, 0, 'user', false),
    (2, -120, 0, 'guest', false);
SELECT setval('seq_experimentergroup', 2);

INSERT INTO groupexperimentermap (id, permissions, version, parent, child, child_index, owner) VALUES
    (0, -52, 0, 0, 0, 0, true),
    (1, -52, 0, 1, 0, 1, false),
    (2, -52, 0, 2, 1, 0, false);
SELECT setval('seq_groupexperimentermap', 2);

INSERT INTO node (id, permissions, uuid, conn, up, down) VALUES
    (0, -52, '000000000000000000000000000000000000', 'unknown', clock_timestamp(), clock_timestamp());

INSERT INTO session
    (id, permissions, timetoidle, timetolive, started, closed, defaulteventtype, uuid, owner, node) VALUES
    (0, -52, 0, 0, clock_timestamp(), clock_timestamp(), 'BOOTSTRAP', '0', 0, 0),
    (1, -52, 0, 0, clock_timestamp(), clock_timestamp(), 'PREVIOUSITEMS', '1111', 0, 0);
SELECT setval('seq_session', 1);

INSERT INTO eventtype (id, permissions, value) VALUES (0, -52, 'Bootstrap');

INSERT INTO event (id, permissions, time, status, experimenter, session, type, experimentergroup) VALUES
    (0, 0, clock_timestamp(), 'BOOTSTRAP', 0, 0, 0, 0);

INSERT INTO _roles (root_user_id, guest_user_id, system_group_id, user_group_id, guest_group_id) VALUES
    (0, 1, 0, 1, 2);

INSERT INTO configuration (name, value) VALUES ('omero.db.uuid', uuid());

INSERT INTO dbpatch (currentversion, currentpatch, previousversion, previouspatch, message, finished) VALUES
    ('@version@', @patch@, '@version@', @patch@, 'Database ready.', clock_timestamp());

INSERT INTO password (experimenter_id, hash) VALUES (0, @root_password_hash@), (1, '');
