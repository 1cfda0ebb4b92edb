-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

-- A row that moves onto a taken place of an ordered list first sends the other one out of the way.

CREATE FUNCTION channel_pixels_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.pixels, NEW.pixels_index) IS DISTINCT FROM (OLD.pixels, OLD.pixels_index) THEN
        UPDATE channel SET pixels_index = -1 - pixels_index
            WHERE pixels = NEW.pixels AND pixels_index = NEW.pixels_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER channel_pixels_index_trigger BEFORE UPDATE ON channel
    FOR EACH ROW EXECUTE PROCEDURE channel_pixels_index_move();

CREATE FUNCTION channelbinding_renderingdef_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.renderingdef, NEW.renderingdef_index) IS DISTINCT FROM (OLD.renderingdef, OLD.renderingdef_index) THEN
        UPDATE channelbinding SET renderingdef_index = -1 - renderingdef_index
            WHERE renderingdef = NEW.renderingdef AND renderingdef_index = NEW.renderingdef_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER channelbinding_renderingdef_index_trigger BEFORE UPDATE ON channelbinding
    FOR EACH ROW EXECUTE PROCEDURE channelbinding_renderingdef_index_move();

CREATE FUNCTION codomainmapcontext_channelbinding_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.channelbinding, NEW.channelbinding_index) IS DISTINCT FROM (OLD.channelbinding, OLD.channelbinding_index) THEN
        UPDATE codomainmapcontext SET channelbinding_index = -1 - channelbinding_index
            WHERE channelbinding = NEW.channelbinding AND channelbinding_index = NEW.channelbinding_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER codomainmapcontext_channelbinding_index_trigger BEFORE UPDATE ON codomainmapcontext
    FOR EACH ROW EXECUTE PROCEDURE codomainmapcontext_channelbinding_index_move();

CREATE FUNCTION filesetentry_fileset_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.fileset, NEW.fileset_index) IS DISTINCT FROM (OLD.fileset, OLD.fileset_index) THEN
        UPDATE filesetentry SET fileset_index = -1 - fileset_index
            WHERE fileset = NEW.fileset AND fileset_index = NEW.fileset_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER filesetentry_fileset_index_trigger BEFORE UPDATE ON filesetentry
    FOR EACH ROW EXECUTE PROCEDURE filesetentry_fileset_index_move();

CREATE FUNCTION filesetjoblink_parent_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.parent, NEW.parent_index) IS DISTINCT FROM (OLD.parent, OLD.parent_index) THEN
        UPDATE filesetjoblink SET parent_index = -1 - parent_index
            WHERE parent = NEW.parent AND parent_index = NEW.parent_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER filesetjoblink_parent_index_trigger BEFORE UPDATE ON filesetjoblink
    FOR EACH ROW EXECUTE PROCEDURE filesetjoblink_parent_index_move();

CREATE FUNCTION groupexperimentermap_child_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.child, NEW.child_index) IS DISTINCT FROM (OLD.child, OLD.child_index) THEN
        UPDATE groupexperimentermap SET child_index = -1 - child_index
            WHERE child = NEW.child AND child_index = NEW.child_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER groupexperimentermap_child_index_trigger BEFORE UPDATE ON groupexperimentermap
    FOR EACH ROW EXECUTE PROCEDURE groupexperimentermap_child_index_move();

CREATE FUNCTION lightpathexcitationfilterlink_parent_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.parent, NEW.parent_index) IS DISTINCT FROM (OLD.parent, OLD.parent_index) THEN
        UPDATE lightpathexcitationfilterlink SET parent_index = -1 - parent_index
            WHERE parent = NEW.parent AND parent_index = NEW.parent_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER lightpathexcitationfilterlink_parent_index_trigger BEFORE UPDATE ON lightpathexcitationfilterlink
    FOR EACH ROW EXECUTE PROCEDURE lightpathexcitationfilterlink_parent_index_move();

CREATE FUNCTION pixels_image_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.image, NEW.image_index) IS DISTINCT FROM (OLD.image, OLD.image_index) THEN
        UPDATE pixels SET image_index = -1 - image_index
            WHERE image = NEW.image AND image_index = NEW.image_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER pixels_image_index_trigger BEFORE UPDATE ON pixels
    FOR EACH ROW EXECUTE PROCEDURE pixels_image_index_move();

CREATE FUNCTION projectiondef_renderingdef_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.renderingdef, NEW.renderingdef_index) IS DISTINCT FROM (OLD.renderingdef, OLD.renderingdef_index) THEN
        UPDATE projectiondef SET renderingdef_index = -1 - renderingdef_index
            WHERE renderingdef = NEW.renderingdef AND renderingdef_index = NEW.renderingdef_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER projectiondef_renderingdef_index_trigger BEFORE UPDATE ON projectiondef
    FOR EACH ROW EXECUTE PROCEDURE projectiondef_renderingdef_index_move();

CREATE FUNCTION shape_roi_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.roi, NEW.roi_index) IS DISTINCT FROM (OLD.roi, OLD.roi_index) THEN
        UPDATE shape SET roi_index = -1 - roi_index
            WHERE roi = NEW.roi AND roi_index = NEW.roi_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER shape_roi_index_trigger BEFORE UPDATE ON shape
    FOR EACH ROW EXECUTE PROCEDURE shape_roi_index_move();

CREATE FUNCTION wellsample_well_index_move() RETURNS trigger AS $$
BEGIN
    IF (NEW.well, NEW.well_index) IS DISTINCT FROM (OLD.well, OLD.well_index) THEN
        UPDATE wellsample SET well_index = -1 - well_index
            WHERE well = NEW.well AND well_index = NEW.well_index AND id <> NEW.id;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER wellsample_well_index_trigger BEFORE UPDATE ON wellsample
    FOR EACH ROW EXECUTE PROCEDURE wellsample_well_index_move();

-- The pairs of a map go with their holder.

CREATE FUNCTION experimenter_config_map_entry_delete_trigger_function() RETURNS trigger AS $$
BEGIN
    DELETE FROM experimenter_config WHERE experimenter_id = OLD.id;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER experimenter_config_map_entry_delete_trigger BEFORE DELETE ON experimenter
    FOR EACH ROW EXECUTE PROCEDURE experimenter_config_map_entry_delete_trigger_function();

CREATE FUNCTION experimentergroup_config_map_entry_delete_trigger_function() RETURNS trigger AS $$
BEGIN
    DELETE FROM experimentergroup_config WHERE experimentergroup_id = OLD.id;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER experimentergroup_config_map_entry_delete_trigger BEFORE DELETE ON experimentergroup
    FOR EACH ROW EXECUTE PROCEDURE experimentergroup_config_map_entry_delete_trigger_function();

CREATE FUNCTION genericexcitationsource_map_map_entry_delete_trigger_function() RETURNS trigger AS $$
BEGIN
    DELETE FROM genericexcitationsource_map WHERE genericexcitationsource_id = OLD.lightsource_id;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER genericexcitationsource_map_map_entry_delete_trigger BEFORE DELETE ON genericexcitationsource
    FOR EACH ROW EXECUTE PROCEDURE genericexcitationsource_map_map_entry_delete_trigger_function();

CREATE FUNCTION imagingenvironment_map_map_entry_delete_trigger_function() RETURNS trigger AS $$
BEGIN
    DELETE FROM imagingenvironment_map WHERE imagingenvironment_id = OLD.id;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER imagingenvironment_map_map_entry_delete_trigger BEFORE DELETE ON imagingenvironment
    FOR EACH ROW EXECUTE PROCEDURE imagingenvironment_map_map_entry_delete_trigger_function();

CREATE FUNCTION annotation_mapvalue_map_entry_delete_trigger_function() RETURNS trigger AS $$
BEGIN
    DELETE FROM annotation_mapvalue WHERE annotation_id = OLD.id;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER annotation_mapvalue_map_entry_delete_trigger BEFORE DELETE ON annotation
    FOR EACH ROW EXECUTE PROCEDURE annotation_mapvalue_map_entry_delete_trigger_function();

CREATE FUNCTION metadataimportjob_versioninfo_map_entry_delete_trigger_function() RETURNS trigger AS $$
BEGIN
    DELETE FROM metadataimportjob_versioninfo WHERE metadataimportjob_id = OLD.job_id;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER metadataimportjob_versioninfo_map_entry_delete_trigger BEFORE DELETE ON metadataimportjob
    FOR EACH ROW EXECUTE PROCEDURE metadataimportjob_versioninfo_map_entry_delete_trigger_function();

CREATE FUNCTION uploadjob_versioninfo_map_entry_delete_trigger_function() RETURNS trigger AS $$
BEGIN
    DELETE FROM uploadjob_versioninfo WHERE uploadjob_id = OLD.job_id;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER uploadjob_versioninfo_map_entry_delete_trigger BEFORE DELETE ON uploadjob
    FOR EACH ROW EXECUTE PROCEDURE uploadjob_versioninfo_map_entry_delete_trigger_function();
