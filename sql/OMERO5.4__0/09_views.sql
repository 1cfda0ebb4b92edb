-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

CREATE VIEW count_annotation_annotationlinks_by_owner (annotation_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM annotationannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_channel_annotationlinks_by_owner (channel_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM channelannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_dataset_projectlinks_by_owner (dataset_id, owner_id, count) AS
    SELECT child, owner_id, count(*) FROM projectdatasetlink GROUP BY child, owner_id ORDER BY child;

CREATE VIEW count_dataset_imagelinks_by_owner (dataset_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM datasetimagelink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_dataset_annotationlinks_by_owner (dataset_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM datasetannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_detector_annotationlinks_by_owner (detector_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM detectorannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_dichroic_annotationlinks_by_owner (dichroic_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM dichroicannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_experimenter_annotationlinks_by_owner (experimenter_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM experimenterannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_experimentergroup_annotationlinks_by_owner (experimentergroup_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM experimentergroupannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_fileset_joblinks_by_owner (fileset_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM filesetjoblink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_fileset_annotationlinks_by_owner (fileset_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM filesetannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_filter_excitationfilterlink_by_owner (filter_id, owner_id, count) AS
    SELECT child, owner_id, count(*) FROM filtersetexcitationfilterlink GROUP BY child, owner_id ORDER BY child;

CREATE VIEW count_filter_emissionfilterlink_by_owner (filter_id, owner_id, count) AS
    SELECT child, owner_id, count(*) FROM filtersetemissionfilterlink GROUP BY child, owner_id ORDER BY child;

CREATE VIEW count_filter_annotationlinks_by_owner (filter_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM filterannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_filterset_excitationfilterlink_by_owner (filterset_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM filtersetexcitationfilterlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_filterset_emissionfilterlink_by_owner (filterset_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM filtersetemissionfilterlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_folder_imagelinks_by_owner (folder_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM folderimagelink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_folder_roilinks_by_owner (folder_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM folderroilink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_folder_annotationlinks_by_owner (folder_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM folderannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_image_datasetlinks_by_owner (image_id, owner_id, count) AS
    SELECT child, owner_id, count(*) FROM datasetimagelink GROUP BY child, owner_id ORDER BY child;

CREATE VIEW count_image_folderlinks_by_owner (image_id, owner_id, count) AS
    SELECT child, owner_id, count(*) FROM folderimagelink GROUP BY child, owner_id ORDER BY child;

CREATE VIEW count_image_annotationlinks_by_owner (image_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM imageannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_instrument_annotationlinks_by_owner (instrument_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM instrumentannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_job_originalfilelinks_by_owner (job_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM joboriginalfilelink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_lightpath_excitationfilterlink_by_owner (lightpath_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM lightpathexcitationfilterlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_lightpath_emissionfilterlink_by_owner (lightpath_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM lightpathemissionfilterlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_lightpath_annotationlinks_by_owner (lightpath_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM lightpathannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_lightsource_annotationlinks_by_owner (lightsource_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM lightsourceannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_namespace_annotationlinks_by_owner (namespace_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM namespaceannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_node_annotationlinks_by_owner (node_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM nodeannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_objective_annotationlinks_by_owner (objective_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM objectiveannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_originalfile_pixelsfilemaps_by_owner (originalfile_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM pixelsoriginalfilemap GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_originalfile_annotationlinks_by_owner (originalfile_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM originalfileannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_pixels_pixelsfilemaps_by_owner (pixels_id, owner_id, count) AS
    SELECT child, owner_id, count(*) FROM pixelsoriginalfilemap GROUP BY child, owner_id ORDER BY child;

CREATE VIEW count_planeinfo_annotationlinks_by_owner (planeinfo_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM planeinfoannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_plate_screenlinks_by_owner (plate_id, owner_id, count) AS
    SELECT child, owner_id, count(*) FROM screenplatelink GROUP BY child, owner_id ORDER BY child;

CREATE VIEW count_plate_annotationlinks_by_owner (plate_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM plateannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_plateacquisition_annotationlinks_by_owner (plateacquisition_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM plateacquisitionannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_project_datasetlinks_by_owner (project_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM projectdatasetlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_project_annotationlinks_by_owner (project_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM projectannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_reagent_welllinks_by_owner (reagent_id, owner_id, count) AS
    SELECT child, owner_id, count(*) FROM wellreagentlink GROUP BY child, owner_id ORDER BY child;

CREATE VIEW count_reagent_annotationlinks_by_owner (reagent_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM reagentannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_roi_folderlinks_by_owner (roi_id, owner_id, count) AS
    SELECT child, owner_id, count(*) FROM folderroilink GROUP BY child, owner_id ORDER BY child;

CREATE VIEW count_roi_annotationlinks_by_owner (roi_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM roiannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_screen_platelinks_by_owner (screen_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM screenplatelink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_screen_annotationlinks_by_owner (screen_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM screenannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_session_annotationlinks_by_owner (session_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM sessionannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_shape_annotationlinks_by_owner (shape_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM shapeannotationlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_well_reagentlinks_by_owner (well_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM wellreagentlink GROUP BY parent, owner_id ORDER BY parent;

CREATE VIEW count_well_annotationlinks_by_owner (well_id, owner_id, count) AS
    SELECT parent, owner_id, count(*) FROM wellannotationlink GROUP BY parent, owner_id ORDER BY parent;
