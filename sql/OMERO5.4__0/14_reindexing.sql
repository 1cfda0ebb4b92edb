-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

-- Notes of what the search index must look at again. The event log of a server has the changed objects
-- themselves; these triggers add the objects that are found through them.
-- What is noted already is looked for in the order of the index: asked for equality, PostgreSQL may look at
-- all notes of the event for each row.

CREATE FUNCTION annotation_update_event_trigger() RETURNS trigger AS $$
DECLARE
    event int8;
    touched record;
BEGIN
    FOR touched IN
        SELECT 'ome.model.annotations.Annotation' AS class, parent FROM annotationannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.core.Channel' AS class, parent FROM channelannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.containers.Dataset' AS class, parent FROM datasetannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.acquisition.Detector' AS class, parent FROM detectorannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.acquisition.Dichroic' AS class, parent FROM dichroicannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.meta.Experimenter' AS class, parent FROM experimenterannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.meta.ExperimenterGroup' AS class, parent FROM experimentergroupannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.fs.Fileset' AS class, parent FROM filesetannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.acquisition.Filter' AS class, parent FROM filterannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.containers.Folder' AS class, parent FROM folderannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.core.Image' AS class, parent FROM imageannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.acquisition.Instrument' AS class, parent FROM instrumentannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.acquisition.LightPath' AS class, parent FROM lightpathannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.acquisition.LightSource' AS class, parent FROM lightsourceannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.meta.Namespace' AS class, parent FROM namespaceannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.meta.Node' AS class, parent FROM nodeannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.acquisition.Objective' AS class, parent FROM objectiveannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.core.OriginalFile' AS class, parent FROM originalfileannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.core.PlaneInfo' AS class, parent FROM planeinfoannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.screen.Plate' AS class, parent FROM plateannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.screen.PlateAcquisition' AS class, parent FROM plateacquisitionannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.containers.Project' AS class, parent FROM projectannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.screen.Reagent' AS class, parent FROM reagentannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.roi.Roi' AS class, parent FROM roiannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.screen.Screen' AS class, parent FROM screenannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.meta.Session' AS class, parent FROM sessionannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.roi.Shape' AS class, parent FROM shapeannotationlink WHERE child = NEW.id
        UNION
        SELECT 'ome.model.screen.Well' AS class, parent FROM wellannotationlink WHERE child = NEW.id
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, touched.class, touched.parent
            WHERE (event, touched.class, touched.parent) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, touched.class, touched.parent)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER annotation_trigger AFTER UPDATE ON annotation
    FOR EACH ROW EXECUTE PROCEDURE annotation_update_event_trigger();

CREATE FUNCTION annotation_link_insert_trigger() RETURNS trigger AS $$
DECLARE
    event int8 := _current_or_new_event();
BEGIN
    INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
        SELECT DISTINCT event, TG_ARGV[0], touched.id FROM unnest(ARRAY[NEW.parent]) AS touched (id)
        WHERE (event, TG_ARGV[0], touched.id) IS DISTINCT FROM (
            SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
            WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, TG_ARGV[0], touched.id)
            ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    RETURN coalesce(NEW, OLD);
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;

CREATE FUNCTION annotation_link_update_trigger() RETURNS trigger AS $$
DECLARE
    event int8 := _current_or_new_event();
BEGIN
    INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
        SELECT DISTINCT event, TG_ARGV[0], touched.id FROM unnest(ARRAY[OLD.parent, NEW.parent]) AS touched (id)
        WHERE (event, TG_ARGV[0], touched.id) IS DISTINCT FROM (
            SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
            WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, TG_ARGV[0], touched.id)
            ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    RETURN coalesce(NEW, OLD);
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;

CREATE FUNCTION annotation_link_delete_trigger() RETURNS trigger AS $$
DECLARE
    event int8 := _current_or_new_event();
BEGIN
    INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
        SELECT DISTINCT event, TG_ARGV[0], touched.id FROM unnest(ARRAY[OLD.parent]) AS touched (id)
        WHERE (event, TG_ARGV[0], touched.id) IS DISTINCT FROM (
            SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
            WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, TG_ARGV[0], touched.id)
            ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    RETURN coalesce(NEW, OLD);
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;

CREATE TRIGGER annotation_annotation_link_insert_trigger AFTER INSERT ON annotationannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.annotations.Annotation');
CREATE TRIGGER annotation_annotation_link_update_trigger AFTER UPDATE ON annotationannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.annotations.Annotation');
CREATE TRIGGER annotation_annotation_link_delete_trigger BEFORE DELETE ON annotationannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.annotations.Annotation');
CREATE TRIGGER channel_annotation_link_insert_trigger AFTER INSERT ON channelannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.core.Channel');
CREATE TRIGGER channel_annotation_link_update_trigger AFTER UPDATE ON channelannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.core.Channel');
CREATE TRIGGER channel_annotation_link_delete_trigger BEFORE DELETE ON channelannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.core.Channel');
CREATE TRIGGER dataset_annotation_link_insert_trigger AFTER INSERT ON datasetannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.containers.Dataset');
CREATE TRIGGER dataset_annotation_link_update_trigger AFTER UPDATE ON datasetannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.containers.Dataset');
CREATE TRIGGER dataset_annotation_link_delete_trigger BEFORE DELETE ON datasetannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.containers.Dataset');
CREATE TRIGGER detector_annotation_link_insert_trigger AFTER INSERT ON detectorannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.acquisition.Detector');
CREATE TRIGGER detector_annotation_link_update_trigger AFTER UPDATE ON detectorannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.acquisition.Detector');
CREATE TRIGGER detector_annotation_link_delete_trigger BEFORE DELETE ON detectorannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.acquisition.Detector');
CREATE TRIGGER dichroic_annotation_link_insert_trigger AFTER INSERT ON dichroicannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.acquisition.Dichroic');
CREATE TRIGGER dichroic_annotation_link_update_trigger AFTER UPDATE ON dichroicannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.acquisition.Dichroic');
CREATE TRIGGER dichroic_annotation_link_delete_trigger BEFORE DELETE ON dichroicannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.acquisition.Dichroic');
CREATE TRIGGER experimenter_annotation_link_insert_trigger AFTER INSERT ON experimenterannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.meta.Experimenter');
CREATE TRIGGER experimenter_annotation_link_update_trigger AFTER UPDATE ON experimenterannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.meta.Experimenter');
CREATE TRIGGER experimenter_annotation_link_delete_trigger BEFORE DELETE ON experimenterannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.meta.Experimenter');
CREATE TRIGGER experimentergroup_annotation_link_insert_trigger AFTER INSERT ON experimentergroupannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.meta.ExperimenterGroup');
CREATE TRIGGER experimentergroup_annotation_link_update_trigger AFTER UPDATE ON experimentergroupannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.meta.ExperimenterGroup');
CREATE TRIGGER experimentergroup_annotation_link_delete_trigger BEFORE DELETE ON experimentergroupannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.meta.ExperimenterGroup');
CREATE TRIGGER fileset_annotation_link_insert_trigger AFTER INSERT ON filesetannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.fs.Fileset');
CREATE TRIGGER fileset_annotation_link_update_trigger AFTER UPDATE ON filesetannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.fs.Fileset');
CREATE TRIGGER fileset_annotation_link_delete_trigger BEFORE DELETE ON filesetannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.fs.Fileset');
CREATE TRIGGER filter_annotation_link_insert_trigger AFTER INSERT ON filterannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.acquisition.Filter');
CREATE TRIGGER filter_annotation_link_update_trigger AFTER UPDATE ON filterannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.acquisition.Filter');
CREATE TRIGGER filter_annotation_link_delete_trigger BEFORE DELETE ON filterannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.acquisition.Filter');
CREATE TRIGGER folder_annotation_link_insert_trigger AFTER INSERT ON folderannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.containers.Folder');
CREATE TRIGGER folder_annotation_link_update_trigger AFTER UPDATE ON folderannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.containers.Folder');
CREATE TRIGGER folder_annotation_link_delete_trigger BEFORE DELETE ON folderannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.containers.Folder');
CREATE TRIGGER image_annotation_link_insert_trigger AFTER INSERT ON imageannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.core.Image');
CREATE TRIGGER image_annotation_link_update_trigger AFTER UPDATE ON imageannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.core.Image');
CREATE TRIGGER image_annotation_link_delete_trigger BEFORE DELETE ON imageannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.core.Image');
CREATE TRIGGER instrument_annotation_link_insert_trigger AFTER INSERT ON instrumentannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.acquisition.Instrument');
CREATE TRIGGER instrument_annotation_link_update_trigger AFTER UPDATE ON instrumentannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.acquisition.Instrument');
CREATE TRIGGER instrument_annotation_link_delete_trigger BEFORE DELETE ON instrumentannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.acquisition.Instrument');
CREATE TRIGGER lightpath_annotation_link_insert_trigger AFTER INSERT ON lightpathannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.acquisition.LightPath');
CREATE TRIGGER lightpath_annotation_link_update_trigger AFTER UPDATE ON lightpathannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.acquisition.LightPath');
CREATE TRIGGER lightpath_annotation_link_delete_trigger BEFORE DELETE ON lightpathannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.acquisition.LightPath');
CREATE TRIGGER lightsource_annotation_link_insert_trigger AFTER INSERT ON lightsourceannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.acquisition.LightSource');
CREATE TRIGGER lightsource_annotation_link_update_trigger AFTER UPDATE ON lightsourceannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.acquisition.LightSource');
CREATE TRIGGER lightsource_annotation_link_delete_trigger BEFORE DELETE ON lightsourceannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.acquisition.LightSource');
CREATE TRIGGER namespace_annotation_link_insert_trigger AFTER INSERT ON namespaceannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.meta.Namespace');
CREATE TRIGGER namespace_annotation_link_update_trigger AFTER UPDATE ON namespaceannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.meta.Namespace');
CREATE TRIGGER namespace_annotation_link_delete_trigger BEFORE DELETE ON namespaceannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.meta.Namespace');
CREATE TRIGGER node_annotation_link_insert_trigger AFTER INSERT ON nodeannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.meta.Node');
CREATE TRIGGER node_annotation_link_update_trigger AFTER UPDATE ON nodeannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.meta.Node');
CREATE TRIGGER node_annotation_link_delete_trigger BEFORE DELETE ON nodeannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.meta.Node');
CREATE TRIGGER objective_annotation_link_insert_trigger AFTER INSERT ON objectiveannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.acquisition.Objective');
CREATE TRIGGER objective_annotation_link_update_trigger AFTER UPDATE ON objectiveannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.acquisition.Objective');
CREATE TRIGGER objective_annotation_link_delete_trigger BEFORE DELETE ON objectiveannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.acquisition.Objective');
CREATE TRIGGER originalfile_annotation_link_insert_trigger AFTER INSERT ON originalfileannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.core.OriginalFile');
CREATE TRIGGER originalfile_annotation_link_update_trigger AFTER UPDATE ON originalfileannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.core.OriginalFile');
CREATE TRIGGER originalfile_annotation_link_delete_trigger BEFORE DELETE ON originalfileannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.core.OriginalFile');
CREATE TRIGGER planeinfo_annotation_link_insert_trigger AFTER INSERT ON planeinfoannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.core.PlaneInfo');
CREATE TRIGGER planeinfo_annotation_link_update_trigger AFTER UPDATE ON planeinfoannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.core.PlaneInfo');
CREATE TRIGGER planeinfo_annotation_link_delete_trigger BEFORE DELETE ON planeinfoannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.core.PlaneInfo');
CREATE TRIGGER plate_annotation_link_insert_trigger AFTER INSERT ON plateannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.screen.Plate');
CREATE TRIGGER plate_annotation_link_update_trigger AFTER UPDATE ON plateannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.screen.Plate');
CREATE TRIGGER plate_annotation_link_delete_trigger BEFORE DELETE ON plateannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.screen.Plate');
CREATE TRIGGER plateacquisition_annotation_link_insert_trigger AFTER INSERT ON plateacquisitionannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.screen.PlateAcquisition');
CREATE TRIGGER plateacquisition_annotation_link_update_trigger AFTER UPDATE ON plateacquisitionannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.screen.PlateAcquisition');
CREATE TRIGGER plateacquisition_annotation_link_delete_trigger BEFORE DELETE ON plateacquisitionannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.screen.PlateAcquisition');
CREATE TRIGGER project_annotation_link_insert_trigger AFTER INSERT ON projectannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.containers.Project');
CREATE TRIGGER project_annotation_link_update_trigger AFTER UPDATE ON projectannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.containers.Project');
CREATE TRIGGER project_annotation_link_delete_trigger BEFORE DELETE ON projectannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.containers.Project');
CREATE TRIGGER reagent_annotation_link_insert_trigger AFTER INSERT ON reagentannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.screen.Reagent');
CREATE TRIGGER reagent_annotation_link_update_trigger AFTER UPDATE ON reagentannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.screen.Reagent');
CREATE TRIGGER reagent_annotation_link_delete_trigger BEFORE DELETE ON reagentannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.screen.Reagent');
CREATE TRIGGER roi_annotation_link_insert_trigger AFTER INSERT ON roiannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.roi.Roi');
CREATE TRIGGER roi_annotation_link_update_trigger AFTER UPDATE ON roiannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.roi.Roi');
CREATE TRIGGER roi_annotation_link_delete_trigger BEFORE DELETE ON roiannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.roi.Roi');
CREATE TRIGGER screen_annotation_link_insert_trigger AFTER INSERT ON screenannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.screen.Screen');
CREATE TRIGGER screen_annotation_link_update_trigger AFTER UPDATE ON screenannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.screen.Screen');
CREATE TRIGGER screen_annotation_link_delete_trigger BEFORE DELETE ON screenannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.screen.Screen');
CREATE TRIGGER session_annotation_link_insert_trigger AFTER INSERT ON sessionannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.meta.Session');
CREATE TRIGGER session_annotation_link_update_trigger AFTER UPDATE ON sessionannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.meta.Session');
CREATE TRIGGER session_annotation_link_delete_trigger BEFORE DELETE ON sessionannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.meta.Session');
CREATE TRIGGER shape_annotation_link_insert_trigger AFTER INSERT ON shapeannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.roi.Shape');
CREATE TRIGGER shape_annotation_link_update_trigger AFTER UPDATE ON shapeannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.roi.Shape');
CREATE TRIGGER shape_annotation_link_delete_trigger BEFORE DELETE ON shapeannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.roi.Shape');
CREATE TRIGGER well_annotation_link_insert_trigger AFTER INSERT ON wellannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_insert_trigger('ome.model.screen.Well');
CREATE TRIGGER well_annotation_link_update_trigger AFTER UPDATE ON wellannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_update_trigger('ome.model.screen.Well');
CREATE TRIGGER well_annotation_link_delete_trigger BEFORE DELETE ON wellannotationlink
    FOR EACH ROW EXECUTE PROCEDURE annotation_link_delete_trigger('ome.model.screen.Well');

CREATE FUNCTION folder_update_trigger() RETURNS trigger AS $$
DECLARE
    event int8;
    touched int8;
BEGIN
    FOR touched IN
        SELECT DISTINCT roi.image FROM folderroilink AS link JOIN roi ON roi.id = link.child
        WHERE link.parent = NEW.id AND roi.image IS NOT NULL
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, 'ome.model.core.Image', touched
            WHERE (event, 'ome.model.core.Image'::text, touched) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, 'ome.model.core.Image', touched)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER folder_update_trigger AFTER UPDATE ON folder
    FOR EACH ROW EXECUTE PROCEDURE folder_update_trigger();

CREATE FUNCTION folder_roi_link_insert_trigger() RETURNS trigger AS $$
DECLARE
    event int8;
    touched int8;
BEGIN
    FOR touched IN
        SELECT DISTINCT image FROM roi WHERE id IN (NEW.child) AND image IS NOT NULL
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, 'ome.model.core.Image', touched
            WHERE (event, 'ome.model.core.Image'::text, touched) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, 'ome.model.core.Image', touched)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER folder_roi_link_insert_trigger AFTER INSERT ON folderroilink
    FOR EACH ROW EXECUTE PROCEDURE folder_roi_link_insert_trigger();

CREATE FUNCTION folder_roi_link_update_trigger() RETURNS trigger AS $$
DECLARE
    event int8;
    touched int8;
BEGIN
    FOR touched IN
        SELECT DISTINCT image FROM roi WHERE id IN (OLD.child, NEW.child) AND image IS NOT NULL
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, 'ome.model.core.Image', touched
            WHERE (event, 'ome.model.core.Image'::text, touched) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, 'ome.model.core.Image', touched)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER folder_roi_link_update_trigger AFTER UPDATE ON folderroilink
    FOR EACH ROW EXECUTE PROCEDURE folder_roi_link_update_trigger();

CREATE FUNCTION folder_roi_link_delete_trigger() RETURNS trigger AS $$
DECLARE
    event int8;
    touched int8;
BEGIN
    FOR touched IN
        SELECT DISTINCT image FROM roi WHERE id IN (OLD.child) AND image IS NOT NULL
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, 'ome.model.core.Image', touched
            WHERE (event, 'ome.model.core.Image'::text, touched) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, 'ome.model.core.Image', touched)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER folder_roi_link_delete_trigger AFTER DELETE ON folderroilink
    FOR EACH ROW EXECUTE PROCEDURE folder_roi_link_delete_trigger();

CREATE FUNCTION roi_insert_trigger() RETURNS trigger AS $$
DECLARE
    event int8;
    touched int8;
BEGIN
    FOR touched IN
        SELECT image FROM unnest(ARRAY[NEW.image]) AS roi (image) WHERE image IS NOT NULL
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, 'ome.model.core.Image', touched
            WHERE (event, 'ome.model.core.Image'::text, touched) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, 'ome.model.core.Image', touched)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER roi_insert_trigger AFTER INSERT ON roi
    FOR EACH ROW EXECUTE PROCEDURE roi_insert_trigger();

CREATE FUNCTION roi_update_trigger() RETURNS trigger AS $$
DECLARE
    event int8;
    touched int8;
BEGIN
    FOR touched IN
        SELECT image FROM unnest(ARRAY[OLD.image, NEW.image]) AS roi (image) WHERE image IS NOT NULL AND OLD.image IS DISTINCT FROM NEW.image
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, 'ome.model.core.Image', touched
            WHERE (event, 'ome.model.core.Image'::text, touched) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, 'ome.model.core.Image', touched)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER roi_update_trigger AFTER UPDATE ON roi
    FOR EACH ROW EXECUTE PROCEDURE roi_update_trigger();

CREATE FUNCTION roi_delete_trigger() RETURNS trigger AS $$
DECLARE
    event int8;
    touched int8;
BEGIN
    FOR touched IN
        SELECT image FROM unnest(ARRAY[OLD.image]) AS roi (image) WHERE image IS NOT NULL
    LOOP
        event := coalesce(event, _current_or_new_event());
        INSERT INTO _reindexing_required (event_id, entity_type, entity_id)
            SELECT event, 'ome.model.core.Image', touched
            WHERE (event, 'ome.model.core.Image'::text, touched) IS DISTINCT FROM (
                SELECT (known.event_id, known.entity_type, known.entity_id) FROM _reindexing_required AS known
                WHERE (known.event_id, known.entity_type, known.entity_id) >= (event, 'ome.model.core.Image', touched)
                ORDER BY known.event_id, known.entity_type, known.entity_id LIMIT 1);
    END LOOP;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
    -- Plans stay: one made while there are few notes must not read all of them for each row once there are many.
    SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET enable_incremental_sort = off;
CREATE TRIGGER roi_delete_trigger AFTER DELETE ON roi
    FOR EACH ROW EXECUTE PROCEDURE roi_delete_trigger();

-- Called by the indexer before it looks for work: hand over the notes as log entries of their events.
CREATE FUNCTION updated_entities_note_reindex() RETURNS void AS $$
DECLARE
    notes _reindexing_required[];
    last_id int8;
BEGIN
    WITH taken AS (
        DELETE FROM _reindexing_required WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM _reindexing_required ORDER BY event_id, entity_type, entity_id LIMIT 100000 FOR UPDATE))
        RETURNING event_id, entity_type, entity_id
    )
    SELECT array_agg(DISTINCT (event_id, entity_type, entity_id)::_reindexing_required) INTO notes FROM taken
        WHERE NOT EXISTS (SELECT FROM eventlog
                          WHERE event = event_id AND entitytype = entity_type AND entityid = entity_id);
    IF notes IS NULL THEN
        RETURN;
    END IF;
    last_id := ome_nextval('seq_eventlog', cardinality(notes));
    INSERT INTO eventlog (id, action, permissions, entityid, entitytype, event)
        SELECT last_id - cardinality(notes) + place, 'REINDEX', -52, entity_id, entity_type, event_id
        FROM unnest(notes) WITH ORDINALITY AS note (event_id, entity_type, entity_id, place);
END;
$$ LANGUAGE plpgsql;
