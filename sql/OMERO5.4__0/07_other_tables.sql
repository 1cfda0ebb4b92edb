-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

-- Tables without a class.

-- Advisory lock number of each sequence; see ome_nextval.
CREATE TABLE _lock_ids (
    name varchar(255) NOT NULL,
    id int4 DEFAULT nextval('_lock_seq') PRIMARY KEY
);
CREATE UNIQUE INDEX _lock_ids_name ON _lock_ids (name);

-- Objects that the search index must look at again; see updated_entities_note_reindex.
CREATE TABLE _reindexing_required (
    event_id int8 NOT NULL,
    entity_type text NOT NULL,
    entity_id int8 NOT NULL,
    CONSTRAINT fk_reindexing_required_event_id FOREIGN KEY (event_id) REFERENCES event (id)
);
CREATE INDEX _reindexing_required_event_index ON _reindexing_required (event_id);
CREATE INDEX _reindexing_required_row_index ON _reindexing_required (event_id, entity_type, entity_id);

-- Ids of the users and groups with a special meaning; one row.
CREATE TABLE _roles (
    root_user_id int8 NOT NULL,
    guest_user_id int8 NOT NULL,
    system_group_id int8 NOT NULL,
    user_group_id int8 NOT NULL,
    guest_group_id int8 NOT NULL
);

-- Deleted rows of originalfile that had a repository.
CREATE TABLE _fs_deletelog (
    event_id int8 NOT NULL,
    file_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    group_id int8 NOT NULL,
    path text NOT NULL,
    name varchar(255) NOT NULL,
    repo varchar(36) NOT NULL
);
CREATE INDEX _fs_deletelog_event ON _fs_deletelog (event_id);
CREATE INDEX _fs_deletelog_file ON _fs_deletelog (file_id);
CREATE INDEX _fs_deletelog_owner ON _fs_deletelog (owner_id);
CREATE INDEX _fs_deletelog_group ON _fs_deletelog (group_id);
CREATE INDEX _fs_deletelog_path ON _fs_deletelog (path);
CREATE INDEX _fs_deletelog_name ON _fs_deletelog (name);
CREATE INDEX _fs_deletelog_repo ON _fs_deletelog (repo);

-- Privileges of the user on whose behalf a running transaction works; checked by the triggers in privileges.sql.
CREATE UNLOGGED TABLE _current_admin_privileges (
    transaction int8,
    privilege varchar(255)
);
CREATE INDEX i_current_admin_privileges_transactions ON _current_admin_privileges (transaction);

CREATE TABLE configuration (
    name varchar(255) PRIMARY KEY,
    value text
);

CREATE TABLE password (
    experimenter_id int8 PRIMARY KEY REFERENCES experimenter (id),
    hash varchar(255),
    changed timestamp
);
