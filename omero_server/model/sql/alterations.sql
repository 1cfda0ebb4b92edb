-- What no class of the model says: database-only columns, narrowed types, defaults, further indexes.

ALTER TABLE dbpatch
    ALTER COLUMN id SET DEFAULT ome_nextval('seq_dbpatch'),
    ALTER COLUMN permissions SET DEFAULT -52,
    ALTER COLUMN message SET DEFAULT 'Updating';
ALTER TABLE experimenter ALTER COLUMN ldap SET DEFAULT false;
ALTER TABLE experimentergroup ALTER COLUMN ldap SET DEFAULT false;
ALTER TABLE image
    ALTER COLUMN series SET DEFAULT 0,
    ALTER COLUMN series SET NOT NULL;
ALTER TABLE originalfile
    ALTER COLUMN mimetype SET DEFAULT 'application/octet-stream',
    ALTER COLUMN repo TYPE varchar(36);
ALTER TABLE session ALTER COLUMN userip TYPE varchar(45);

-- Where the pixel data of an import lies; read by servers, never by clients.
ALTER TABLE pixels
    ADD COLUMN path text,
    ADD COLUMN name text,
    ADD COLUMN repo varchar(36);

CREATE INDEX annotation_discriminator ON annotation (discriminator);
CREATE INDEX annotation_name ON annotation (name);
CREATE INDEX annotation_ns ON annotation (ns);
CREATE INDEX eventlog_action ON eventlog (action);
CREATE INDEX eventlog_entityid ON eventlog (entityid);
CREATE INDEX eventlog_entitytype ON eventlog (entitytype);
CREATE INDEX namespace_displayname ON namespace (displayname);
CREATE UNIQUE INDEX namespace_name ON namespace (name);
CREATE INDEX node_down ON node (down);
CREATE INDEX originalfile_hash_index ON originalfile (hash);
CREATE INDEX originalfile_mime_index ON originalfile (mimetype);
CREATE INDEX originalfile_path_index ON originalfile (path);
CREATE INDEX originalfile_repo_index ON originalfile (repo);
CREATE INDEX pixels_repo_index ON pixels (repo);
CREATE INDEX roi_name ON roi (name);
CREATE UNIQUE INDEX well_col_row ON well (plate, "column", row);

-- One row per path and repository, however many slashes the path is written with.
CREATE UNIQUE INDEX originalfile_repo_path_index
    ON originalfile (repo, regexp_split_to_array('/' || path || name || '/', '/+'))
    WHERE repo IS NOT NULL;
