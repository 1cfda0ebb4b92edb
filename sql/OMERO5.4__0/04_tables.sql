-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

CREATE TABLE acquisitionmode (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT acquisitionmode_value_key UNIQUE (value),
    CONSTRAINT acquisitionmode_external_id_key UNIQUE (external_id)
);

CREATE TABLE adminprivilege (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT adminprivilege_value_key UNIQUE (value),
    CONSTRAINT adminprivilege_external_id_key UNIQUE (external_id)
);

CREATE TABLE affinetransform (
    id int8 NOT NULL,
    a00 float8 NOT NULL,
    a01 float8 NOT NULL,
    a02 float8 NOT NULL,
    a10 float8 NOT NULL,
    a11 float8 NOT NULL,
    a12 float8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT affinetransform_external_id_key UNIQUE (external_id)
);

CREATE TABLE annotation (
    discriminator varchar(31) NOT NULL,
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    name text,
    ns text,
    version int4,
    boolvalue bool,
    textvalue text,
    doublevalue float8,
    longvalue int8,
    termvalue text,
    timevalue timestamp,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    file int8,
    PRIMARY KEY (id),
    CONSTRAINT annotation_external_id_key UNIQUE (external_id)
);

CREATE TABLE annotation_mapvalue (
    annotation_id int8 NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    index int4 NOT NULL,
    PRIMARY KEY (annotation_id, index)
);

CREATE TABLE annotationannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT annotationannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT annotationannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE arc (
    lightsource_id int8 NOT NULL,
    type int8 NOT NULL,
    PRIMARY KEY (lightsource_id)
);

CREATE TABLE arctype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT arctype_value_key UNIQUE (value),
    CONSTRAINT arctype_external_id_key UNIQUE (external_id)
);

CREATE TABLE binning (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT binning_value_key UNIQUE (value),
    CONSTRAINT binning_external_id_key UNIQUE (external_id)
);

CREATE TABLE channel (
    id int8 NOT NULL,
    alpha int4,
    blue int4,
    permissions int8 NOT NULL,
    green int4,
    lookuptable text,
    red int4,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    logicalchannel int8 NOT NULL,
    pixels int8 NOT NULL,
    statsinfo int8,
    pixels_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT channel_pixels_pixels_index_key UNIQUE (pixels, pixels_index),
    CONSTRAINT channel_external_id_key UNIQUE (external_id)
);

CREATE TABLE channelannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT channelannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT channelannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE channelbinding (
    id int8 NOT NULL,
    active bool NOT NULL,
    alpha int4 NOT NULL,
    blue int4 NOT NULL,
    coefficient float8 NOT NULL,
    permissions int8 NOT NULL,
    green int4 NOT NULL,
    inputend float8 NOT NULL,
    inputstart float8 NOT NULL,
    lookuptable varchar(255),
    noisereduction bool NOT NULL,
    red int4 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    family int8 NOT NULL,
    renderingdef int8 NOT NULL,
    renderingdef_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT channelbinding_renderingdef_renderingdef_index_key UNIQUE (renderingdef, renderingdef_index),
    CONSTRAINT channelbinding_external_id_key UNIQUE (external_id)
);

CREATE TABLE checksumalgorithm (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT checksumalgorithm_value_key UNIQUE (value),
    CONSTRAINT checksumalgorithm_external_id_key UNIQUE (external_id)
);

CREATE TABLE codomainmapcontext (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    channelbinding int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    channelbinding_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT codomainmapcontext_channelbinding_channelbinding_index_key UNIQUE (channelbinding, channelbinding_index),
    CONSTRAINT codomainmapcontext_external_id_key UNIQUE (external_id)
);

CREATE TABLE contrastmethod (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT contrastmethod_value_key UNIQUE (value),
    CONSTRAINT contrastmethod_external_id_key UNIQUE (external_id)
);

CREATE TABLE contraststretchingcontext (
    xend int4 NOT NULL,
    xstart int4 NOT NULL,
    yend int4 NOT NULL,
    ystart int4 NOT NULL,
    codomainmapcontext_id int8 NOT NULL,
    PRIMARY KEY (codomainmapcontext_id)
);

CREATE TABLE correction (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT correction_value_key UNIQUE (value),
    CONSTRAINT correction_external_id_key UNIQUE (external_id)
);

CREATE TABLE dataset (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    name text NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT dataset_external_id_key UNIQUE (external_id)
);

CREATE TABLE datasetannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT datasetannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT datasetannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE datasetimagelink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT datasetimagelink_external_id_key UNIQUE (external_id),
    CONSTRAINT datasetimagelink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE dbpatch (
    id int8 NOT NULL,
    currentpatch int4 NOT NULL,
    currentversion varchar(255) NOT NULL,
    permissions int8 NOT NULL,
    finished timestamp,
    message varchar(255),
    previouspatch int4 NOT NULL,
    previousversion varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT dbpatch_external_id_key UNIQUE (external_id)
);

CREATE TABLE detector (
    id int8 NOT NULL,
    amplificationgain float8,
    permissions int8 NOT NULL,
    gain float8,
    lotnumber varchar(255),
    manufacturer varchar(255),
    model varchar(255),
    offsetvalue float8,
    serialnumber varchar(255),
    version int4,
    voltageunit unitselectricpotential,
    voltage float8,
    zoom float8,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    instrument int8 NOT NULL,
    type int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT voltage_unitpair CHECK ((voltage IS NULL AND voltageunit IS NULL)
        OR (voltage IS NOT NULL AND voltageunit IS NOT NULL)),
    CONSTRAINT detector_external_id_key UNIQUE (external_id)
);

CREATE TABLE detectorannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT detectorannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT detectorannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE detectorsettings (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    gain float8,
    integration positive_int,
    offsetvalue float8,
    readoutrateunit unitsfrequency,
    readoutrate float8,
    version int4,
    voltageunit unitselectricpotential,
    voltage float8,
    zoom float8,
    binning int8,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    detector int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT readoutrate_unitpair CHECK ((readoutrate IS NULL AND readoutrateunit IS NULL)
        OR (readoutrate IS NOT NULL AND readoutrateunit IS NOT NULL)),
    CONSTRAINT voltage_unitpair CHECK ((voltage IS NULL AND voltageunit IS NULL)
        OR (voltage IS NOT NULL AND voltageunit IS NOT NULL)),
    CONSTRAINT detectorsettings_external_id_key UNIQUE (external_id)
);

CREATE TABLE detectortype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT detectortype_value_key UNIQUE (value),
    CONSTRAINT detectortype_external_id_key UNIQUE (external_id)
);

CREATE TABLE dichroic (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    lotnumber varchar(255),
    manufacturer varchar(255),
    model varchar(255),
    serialnumber varchar(255),
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    instrument int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT dichroic_external_id_key UNIQUE (external_id)
);

CREATE TABLE dichroicannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT dichroicannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT dichroicannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE dimensionorder (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT dimensionorder_value_key UNIQUE (value),
    CONSTRAINT dimensionorder_external_id_key UNIQUE (external_id)
);

CREATE TABLE event (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    status varchar(255),
    time timestamp NOT NULL,
    containingevent int8,
    external_id int8,
    experimenter int8 NOT NULL,
    experimentergroup int8 NOT NULL,
    session int8 NOT NULL,
    type int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT event_external_id_key UNIQUE (external_id)
);

CREATE TABLE eventlog (
    id int8 NOT NULL,
    action varchar(255) NOT NULL,
    permissions int8 NOT NULL,
    entityid int8 NOT NULL,
    entitytype varchar(255) NOT NULL,
    external_id int8,
    event int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT eventlog_external_id_key UNIQUE (external_id)
);

CREATE TABLE eventtype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT eventtype_value_key UNIQUE (value),
    CONSTRAINT eventtype_external_id_key UNIQUE (external_id)
);

CREATE TABLE experiment (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    type int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT experiment_external_id_key UNIQUE (external_id)
);

CREATE TABLE experimenter (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    email varchar(255),
    firstname varchar(255) NOT NULL,
    institution varchar(255),
    lastname varchar(255) NOT NULL,
    ldap bool NOT NULL,
    middlename varchar(255),
    omename varchar(255) NOT NULL,
    version int4,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT experimenter_omename_key UNIQUE (omename),
    CONSTRAINT experimenter_external_id_key UNIQUE (external_id)
);

CREATE TABLE experimenter_config (
    experimenter_id int8 NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    index int4 NOT NULL,
    PRIMARY KEY (experimenter_id, index)
);

CREATE TABLE experimenterannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT experimenterannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT experimenterannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE experimentergroup (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    ldap bool NOT NULL,
    name varchar(255) NOT NULL,
    version int4,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT experimentergroup_name_key UNIQUE (name),
    CONSTRAINT experimentergroup_external_id_key UNIQUE (external_id)
);

CREATE TABLE experimentergroup_config (
    experimentergroup_id int8 NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    index int4 NOT NULL,
    PRIMARY KEY (experimentergroup_id, index)
);

CREATE TABLE experimentergroupannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT experimentergroupannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT experimentergroupannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE experimenttype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT experimenttype_value_key UNIQUE (value),
    CONSTRAINT experimenttype_external_id_key UNIQUE (external_id)
);

CREATE TABLE externalinfo (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    entityid int8 NOT NULL,
    entitytype varchar(255) NOT NULL,
    lsid varchar(255),
    uuid varchar(255),
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT externalinfo_external_id_key UNIQUE (external_id)
);

CREATE TABLE family (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT family_value_key UNIQUE (value),
    CONSTRAINT family_external_id_key UNIQUE (external_id)
);

CREATE TABLE filament (
    lightsource_id int8 NOT NULL,
    type int8 NOT NULL,
    PRIMARY KEY (lightsource_id)
);

CREATE TABLE filamenttype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT filamenttype_value_key UNIQUE (value),
    CONSTRAINT filamenttype_external_id_key UNIQUE (external_id)
);

CREATE TABLE fileset (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    templateprefix text NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fileset_external_id_key UNIQUE (external_id)
);

CREATE TABLE filesetannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT filesetannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT filesetannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE filesetentry (
    id int8 NOT NULL,
    clientpath text NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    fileset int8 NOT NULL,
    originalfile int8 NOT NULL,
    fileset_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT filesetentry_fileset_fileset_index_key UNIQUE (fileset, fileset_index),
    CONSTRAINT filesetentry_external_id_key UNIQUE (external_id)
);

CREATE TABLE filesetjoblink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    parent_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT filesetjoblink_parent_parent_index_key UNIQUE (parent, parent_index),
    CONSTRAINT filesetjoblink_external_id_key UNIQUE (external_id),
    CONSTRAINT filesetjoblink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE filter (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    filterwheel varchar(255),
    lotnumber varchar(255),
    manufacturer varchar(255),
    model varchar(255),
    serialnumber varchar(255),
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    instrument int8 NOT NULL,
    transmittancerange int8,
    type int8,
    PRIMARY KEY (id),
    CONSTRAINT filter_external_id_key UNIQUE (external_id)
);

CREATE TABLE filterannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT filterannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT filterannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE filterset (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    lotnumber varchar(255),
    manufacturer varchar(255),
    model varchar(255),
    serialnumber varchar(255),
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    dichroic int8,
    instrument int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT filterset_external_id_key UNIQUE (external_id)
);

CREATE TABLE filtersetemissionfilterlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT filtersetemissionfilterlink_external_id_key UNIQUE (external_id),
    CONSTRAINT filtersetemissionfilterlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE filtersetexcitationfilterlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT filtersetexcitationfilterlink_external_id_key UNIQUE (external_id),
    CONSTRAINT filtersetexcitationfilterlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE filtertype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT filtertype_value_key UNIQUE (value),
    CONSTRAINT filtertype_external_id_key UNIQUE (external_id)
);

CREATE TABLE folder (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    name text NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parentfolder int8,
    PRIMARY KEY (id),
    CONSTRAINT folder_external_id_key UNIQUE (external_id)
);

CREATE TABLE folderannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT folderannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT folderannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE folderimagelink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT folderimagelink_external_id_key UNIQUE (external_id),
    CONSTRAINT folderimagelink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE folderroilink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT folderroilink_external_id_key UNIQUE (external_id),
    CONSTRAINT folderroilink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE format (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT format_value_key UNIQUE (value),
    CONSTRAINT format_external_id_key UNIQUE (external_id)
);

CREATE TABLE genericexcitationsource (
    lightsource_id int8 NOT NULL,
    PRIMARY KEY (lightsource_id)
);

CREATE TABLE genericexcitationsource_map (
    genericexcitationsource_id int8 NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    index int4 NOT NULL,
    PRIMARY KEY (genericexcitationsource_id, index)
);

CREATE TABLE groupexperimentermap (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    owner bool NOT NULL,
    version int4,
    child int8 NOT NULL,
    external_id int8,
    parent int8 NOT NULL,
    child_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT groupexperimentermap_child_child_index_key UNIQUE (child, child_index),
    CONSTRAINT groupexperimentermap_external_id_key UNIQUE (external_id),
    CONSTRAINT groupexperimentermap_parent_child_key UNIQUE (parent, child)
);

CREATE TABLE illumination (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT illumination_value_key UNIQUE (value),
    CONSTRAINT illumination_external_id_key UNIQUE (external_id)
);

CREATE TABLE image (
    id int8 NOT NULL,
    acquisitiondate timestamp,
    archived bool,
    description text,
    permissions int8 NOT NULL,
    name text NOT NULL,
    partial bool,
    series nonnegative_int,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    experiment int8,
    fileset int8,
    format int8,
    imagingenvironment int8,
    instrument int8,
    objectivesettings int8,
    stagelabel int8,
    PRIMARY KEY (id),
    CONSTRAINT image_external_id_key UNIQUE (external_id)
);

CREATE TABLE imageannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT imageannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT imageannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE imagingenvironment (
    id int8 NOT NULL,
    airpressureunit unitspressure,
    airpressure float8,
    co2percent percent_fraction,
    permissions int8 NOT NULL,
    humidity percent_fraction,
    temperatureunit unitstemperature,
    temperature float8,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT airpressure_unitpair CHECK ((airpressure IS NULL AND airpressureunit IS NULL)
        OR (airpressure IS NOT NULL AND airpressureunit IS NOT NULL)),
    CONSTRAINT temperature_unitpair CHECK ((temperature IS NULL AND temperatureunit IS NULL)
        OR (temperature IS NOT NULL AND temperatureunit IS NOT NULL)),
    CONSTRAINT imagingenvironment_external_id_key UNIQUE (external_id)
);

CREATE TABLE imagingenvironment_map (
    imagingenvironment_id int8 NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    index int4 NOT NULL,
    PRIMARY KEY (imagingenvironment_id, index)
);

CREATE TABLE immersion (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT immersion_value_key UNIQUE (value),
    CONSTRAINT immersion_external_id_key UNIQUE (external_id)
);

CREATE TABLE importjob (
    imagedescription text NOT NULL,
    imagename text NOT NULL,
    job_id int8 NOT NULL,
    PRIMARY KEY (job_id)
);

CREATE TABLE indexingjob (
    job_id int8 NOT NULL,
    PRIMARY KEY (job_id)
);

CREATE TABLE instrument (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    microscope int8,
    PRIMARY KEY (id),
    CONSTRAINT instrument_external_id_key UNIQUE (external_id)
);

CREATE TABLE instrumentannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT instrumentannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT instrumentannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE integritycheckjob (
    job_id int8 NOT NULL,
    PRIMARY KEY (job_id)
);

CREATE TABLE job (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    finished timestamp,
    groupname varchar(255) NOT NULL,
    message varchar(255) NOT NULL,
    scheduledfor timestamp NOT NULL,
    started timestamp,
    submitted timestamp NOT NULL,
    type varchar(255) NOT NULL,
    username varchar(255) NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    status int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT job_external_id_key UNIQUE (external_id)
);

CREATE TABLE joboriginalfilelink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT joboriginalfilelink_external_id_key UNIQUE (external_id),
    CONSTRAINT joboriginalfilelink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE jobstatus (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT jobstatus_value_key UNIQUE (value),
    CONSTRAINT jobstatus_external_id_key UNIQUE (external_id)
);

CREATE TABLE laser (
    frequencymultiplication positive_int,
    pockelcell bool,
    repetitionrateunit unitsfrequency,
    repetitionrate float8,
    tuneable bool,
    wavelengthunit unitslength,
    wavelength positive_float,
    lightsource_id int8 NOT NULL,
    lasermedium int8 NOT NULL,
    pulse int8,
    pump int8,
    type int8 NOT NULL,
    PRIMARY KEY (lightsource_id),
    CONSTRAINT repetitionrate_unitpair CHECK ((repetitionrate IS NULL AND repetitionrateunit IS NULL)
        OR (repetitionrate IS NOT NULL AND repetitionrateunit IS NOT NULL)),
    CONSTRAINT wavelength_unitpair CHECK ((wavelength IS NULL AND wavelengthunit IS NULL)
        OR (wavelength IS NOT NULL AND wavelengthunit IS NOT NULL))
);

CREATE TABLE lasermedium (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT lasermedium_value_key UNIQUE (value),
    CONSTRAINT lasermedium_external_id_key UNIQUE (external_id)
);

CREATE TABLE lasertype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT lasertype_value_key UNIQUE (value),
    CONSTRAINT lasertype_external_id_key UNIQUE (external_id)
);

CREATE TABLE lightemittingdiode (
    lightsource_id int8 NOT NULL,
    PRIMARY KEY (lightsource_id)
);

CREATE TABLE lightpath (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    dichroic int8,
    PRIMARY KEY (id),
    CONSTRAINT lightpath_external_id_key UNIQUE (external_id)
);

CREATE TABLE lightpathannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT lightpathannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT lightpathannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE lightpathemissionfilterlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT lightpathemissionfilterlink_external_id_key UNIQUE (external_id),
    CONSTRAINT lightpathemissionfilterlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE lightpathexcitationfilterlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    parent_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT lightpathexcitationfilterlink_parent_parent_index_key UNIQUE (parent, parent_index),
    CONSTRAINT lightpathexcitationfilterlink_external_id_key UNIQUE (external_id),
    CONSTRAINT lightpathexcitationfilterlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE lightsettings (
    id int8 NOT NULL,
    attenuation percent_fraction,
    permissions int8 NOT NULL,
    version int4,
    wavelengthunit unitslength,
    wavelength positive_float,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    lightsource int8 NOT NULL,
    microbeammanipulation int8,
    PRIMARY KEY (id),
    CONSTRAINT wavelength_unitpair CHECK ((wavelength IS NULL AND wavelengthunit IS NULL)
        OR (wavelength IS NOT NULL AND wavelengthunit IS NOT NULL)),
    CONSTRAINT lightsettings_external_id_key UNIQUE (external_id)
);

CREATE TABLE lightsource (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    lotnumber varchar(255),
    manufacturer varchar(255),
    model varchar(255),
    powerunit unitspower,
    power float8,
    serialnumber varchar(255),
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    instrument int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT power_unitpair CHECK ((power IS NULL AND powerunit IS NULL)
        OR (power IS NOT NULL AND powerunit IS NOT NULL)),
    CONSTRAINT lightsource_external_id_key UNIQUE (external_id)
);

CREATE TABLE lightsourceannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT lightsourceannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT lightsourceannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE link (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT link_external_id_key UNIQUE (external_id)
);

CREATE TABLE logicalchannel (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    emissionwaveunit unitslength,
    emissionwave positive_float,
    excitationwaveunit unitslength,
    excitationwave positive_float,
    fluor varchar(255),
    name text,
    ndfilter float8,
    pinholesizeunit unitslength,
    pinholesize float8,
    pockelcellsetting int4,
    samplesperpixel positive_int,
    version int4,
    contrastmethod int8,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    detectorsettings int8,
    filterset int8,
    illumination int8,
    lightpath int8,
    lightsourcesettings int8,
    mode int8,
    otf int8,
    photometricinterpretation int8,
    PRIMARY KEY (id),
    CONSTRAINT emissionwave_unitpair CHECK ((emissionwave IS NULL AND emissionwaveunit IS NULL)
        OR (emissionwave IS NOT NULL AND emissionwaveunit IS NOT NULL)),
    CONSTRAINT excitationwave_unitpair CHECK ((excitationwave IS NULL AND excitationwaveunit IS NULL)
        OR (excitationwave IS NOT NULL AND excitationwaveunit IS NOT NULL)),
    CONSTRAINT pinholesize_unitpair CHECK ((pinholesize IS NULL AND pinholesizeunit IS NULL)
        OR (pinholesize IS NOT NULL AND pinholesizeunit IS NOT NULL)),
    CONSTRAINT logicalchannel_external_id_key UNIQUE (external_id)
);

CREATE TABLE medium (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT medium_value_key UNIQUE (value),
    CONSTRAINT medium_external_id_key UNIQUE (external_id)
);

CREATE TABLE metadataimportjob (
    job_id int8 NOT NULL,
    PRIMARY KEY (job_id)
);

CREATE TABLE metadataimportjob_versioninfo (
    metadataimportjob_id int8 NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    index int4 NOT NULL,
    PRIMARY KEY (metadataimportjob_id, index)
);

CREATE TABLE microbeammanipulation (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    experiment int8 NOT NULL,
    type int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT microbeammanipulation_external_id_key UNIQUE (external_id)
);

CREATE TABLE microbeammanipulationtype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT microbeammanipulationtype_value_key UNIQUE (value),
    CONSTRAINT microbeammanipulationtype_external_id_key UNIQUE (external_id)
);

CREATE TABLE microscope (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    lotnumber varchar(255),
    manufacturer varchar(255),
    model varchar(255),
    serialnumber varchar(255),
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    type int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT microscope_external_id_key UNIQUE (external_id)
);

CREATE TABLE microscopetype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT microscopetype_value_key UNIQUE (value),
    CONSTRAINT microscopetype_external_id_key UNIQUE (external_id)
);

CREATE TABLE namespace (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    display bool,
    displayname text,
    keywords text[],
    multivalued bool,
    name text NOT NULL,
    version int4,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT namespace_external_id_key UNIQUE (external_id)
);

CREATE TABLE namespaceannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT namespaceannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT namespaceannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE node (
    id int8 NOT NULL,
    conn text NOT NULL,
    permissions int8 NOT NULL,
    down timestamp,
    scale int4,
    up timestamp NOT NULL,
    uuid varchar(255) NOT NULL,
    version int4,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT node_uuid_key UNIQUE (uuid),
    CONSTRAINT node_external_id_key UNIQUE (external_id)
);

CREATE TABLE nodeannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT nodeannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT nodeannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE objective (
    id int8 NOT NULL,
    calibratedmagnification float8,
    permissions int8 NOT NULL,
    iris bool,
    lensna float8,
    lotnumber varchar(255),
    manufacturer varchar(255),
    model varchar(255),
    nominalmagnification float8,
    serialnumber varchar(255),
    version int4,
    workingdistanceunit unitslength,
    workingdistance float8,
    correction int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    immersion int8 NOT NULL,
    instrument int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT workingdistance_unitpair CHECK ((workingdistance IS NULL AND workingdistanceunit IS NULL)
        OR (workingdistance IS NOT NULL AND workingdistanceunit IS NOT NULL)),
    CONSTRAINT objective_external_id_key UNIQUE (external_id)
);

CREATE TABLE objectiveannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT objectiveannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT objectiveannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE objectivesettings (
    id int8 NOT NULL,
    correctioncollar float8,
    permissions int8 NOT NULL,
    refractiveindex float8,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    medium int8,
    objective int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT objectivesettings_external_id_key UNIQUE (external_id)
);

CREATE TABLE originalfile (
    id int8 NOT NULL,
    atime timestamp,
    ctime timestamp,
    permissions int8 NOT NULL,
    hash text,
    mimetype varchar(255),
    mtime timestamp,
    name text NOT NULL,
    path text NOT NULL,
    repo varchar(255),
    size int8,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    hasher int8,
    PRIMARY KEY (id),
    CONSTRAINT originalfile_external_id_key UNIQUE (external_id)
);

CREATE TABLE originalfileannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT originalfileannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT originalfileannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE otf (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    opticalaxisaveraged bool NOT NULL,
    path varchar(255) NOT NULL,
    sizex positive_int NOT NULL,
    sizey positive_int NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    filterset int8,
    instrument int8 NOT NULL,
    objective int8 NOT NULL,
    pixelstype int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT otf_external_id_key UNIQUE (external_id)
);

CREATE TABLE parsejob (
    params bytea,
    job_id int8 NOT NULL,
    PRIMARY KEY (job_id)
);

CREATE TABLE photometricinterpretation (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT photometricinterpretation_value_key UNIQUE (value),
    CONSTRAINT photometricinterpretation_external_id_key UNIQUE (external_id)
);

CREATE TABLE pixeldatajob (
    job_id int8 NOT NULL,
    PRIMARY KEY (job_id)
);

CREATE TABLE pixels (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    methodology varchar(255),
    physicalsizexunit unitslength,
    physicalsizex positive_float,
    physicalsizeyunit unitslength,
    physicalsizey positive_float,
    physicalsizezunit unitslength,
    physicalsizez positive_float,
    sha1 varchar(255) NOT NULL,
    significantbits positive_int,
    sizec positive_int NOT NULL,
    sizet positive_int NOT NULL,
    sizex positive_int NOT NULL,
    sizey positive_int NOT NULL,
    sizez positive_int NOT NULL,
    timeincrementunit unitstime,
    timeincrement float8,
    version int4,
    waveincrement int4,
    wavestart int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    dimensionorder int8 NOT NULL,
    image int8 NOT NULL,
    pixelstype int8 NOT NULL,
    relatedto int8,
    image_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT physicalsizex_unitpair CHECK ((physicalsizex IS NULL AND physicalsizexunit IS NULL)
        OR (physicalsizex IS NOT NULL AND physicalsizexunit IS NOT NULL)),
    CONSTRAINT physicalsizey_unitpair CHECK ((physicalsizey IS NULL AND physicalsizeyunit IS NULL)
        OR (physicalsizey IS NOT NULL AND physicalsizeyunit IS NOT NULL)),
    CONSTRAINT physicalsizez_unitpair CHECK ((physicalsizez IS NULL AND physicalsizezunit IS NULL)
        OR (physicalsizez IS NOT NULL AND physicalsizezunit IS NOT NULL)),
    CONSTRAINT timeincrement_unitpair CHECK ((timeincrement IS NULL AND timeincrementunit IS NULL)
        OR (timeincrement IS NOT NULL AND timeincrementunit IS NOT NULL)),
    CONSTRAINT pixels_image_image_index_key UNIQUE (image, image_index),
    CONSTRAINT pixels_external_id_key UNIQUE (external_id)
);

CREATE TABLE pixelsoriginalfilemap (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT pixelsoriginalfilemap_external_id_key UNIQUE (external_id),
    CONSTRAINT pixelsoriginalfilemap_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE pixelstype (
    id int8 NOT NULL,
    bitsize int4 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT pixelstype_value_key UNIQUE (value),
    CONSTRAINT pixelstype_external_id_key UNIQUE (external_id)
);

CREATE TABLE planeinfo (
    id int8 NOT NULL,
    deltatunit unitstime,
    deltat float8,
    permissions int8 NOT NULL,
    exposuretimeunit unitstime,
    exposuretime float8,
    positionxunit unitslength,
    positionx float8,
    positionyunit unitslength,
    positiony float8,
    positionzunit unitslength,
    positionz float8,
    thec nonnegative_int NOT NULL,
    thet nonnegative_int NOT NULL,
    thez nonnegative_int NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    pixels int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT deltat_unitpair CHECK ((deltat IS NULL AND deltatunit IS NULL)
        OR (deltat IS NOT NULL AND deltatunit IS NOT NULL)),
    CONSTRAINT exposuretime_unitpair CHECK ((exposuretime IS NULL AND exposuretimeunit IS NULL)
        OR (exposuretime IS NOT NULL AND exposuretimeunit IS NOT NULL)),
    CONSTRAINT positionx_unitpair CHECK ((positionx IS NULL AND positionxunit IS NULL)
        OR (positionx IS NOT NULL AND positionxunit IS NOT NULL)),
    CONSTRAINT positiony_unitpair CHECK ((positiony IS NULL AND positionyunit IS NULL)
        OR (positiony IS NOT NULL AND positionyunit IS NOT NULL)),
    CONSTRAINT positionz_unitpair CHECK ((positionz IS NULL AND positionzunit IS NULL)
        OR (positionz IS NOT NULL AND positionzunit IS NOT NULL)),
    CONSTRAINT planeinfo_external_id_key UNIQUE (external_id)
);

CREATE TABLE planeinfoannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT planeinfoannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT planeinfoannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE planeslicingcontext (
    constant bool NOT NULL,
    lowerlimit int4 NOT NULL,
    planeprevious int4 NOT NULL,
    planeselected int4 NOT NULL,
    upperlimit int4 NOT NULL,
    codomainmapcontext_id int8 NOT NULL,
    PRIMARY KEY (codomainmapcontext_id)
);

CREATE TABLE plate (
    id int8 NOT NULL,
    columnnamingconvention varchar(255),
    columns int4,
    defaultsample int4,
    description text,
    permissions int8 NOT NULL,
    externalidentifier varchar(255),
    name text NOT NULL,
    rownamingconvention varchar(255),
    rows int4,
    status text,
    version int4,
    welloriginxunit unitslength,
    welloriginx float8,
    welloriginyunit unitslength,
    welloriginy float8,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT welloriginx_unitpair CHECK ((welloriginx IS NULL AND welloriginxunit IS NULL)
        OR (welloriginx IS NOT NULL AND welloriginxunit IS NOT NULL)),
    CONSTRAINT welloriginy_unitpair CHECK ((welloriginy IS NULL AND welloriginyunit IS NULL)
        OR (welloriginy IS NOT NULL AND welloriginyunit IS NOT NULL)),
    CONSTRAINT plate_external_id_key UNIQUE (external_id)
);

CREATE TABLE plateacquisition (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    endtime timestamp,
    maximumfieldcount int4,
    name text,
    starttime timestamp,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    plate int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT plateacquisition_external_id_key UNIQUE (external_id)
);

CREATE TABLE plateacquisitionannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT plateacquisitionannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT plateacquisitionannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE plateannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT plateannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT plateannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE project (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    name text NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT project_external_id_key UNIQUE (external_id)
);

CREATE TABLE projectannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT projectannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT projectannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE projectdatasetlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT projectdatasetlink_external_id_key UNIQUE (external_id),
    CONSTRAINT projectdatasetlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE projectionaxis (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT projectionaxis_value_key UNIQUE (value),
    CONSTRAINT projectionaxis_external_id_key UNIQUE (external_id)
);

CREATE TABLE projectiondef (
    id int8 NOT NULL,
    active bool NOT NULL,
    permissions int8 NOT NULL,
    endplane nonnegative_int,
    startplane nonnegative_int,
    stepping positive_int,
    version int4,
    axis int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    renderingdef int8 NOT NULL,
    type int8 NOT NULL,
    renderingdef_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT projectiondef_renderingdef_renderingdef_index_key UNIQUE (renderingdef, renderingdef_index),
    CONSTRAINT projectiondef_external_id_key UNIQUE (external_id)
);

CREATE TABLE projectiontype (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT projectiontype_value_key UNIQUE (value),
    CONSTRAINT projectiontype_external_id_key UNIQUE (external_id)
);

CREATE TABLE pulse (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT pulse_value_key UNIQUE (value),
    CONSTRAINT pulse_external_id_key UNIQUE (external_id)
);

CREATE TABLE quantumdef (
    id int8 NOT NULL,
    bitresolution int4 NOT NULL,
    cdend int4 NOT NULL,
    cdstart int4 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT quantumdef_external_id_key UNIQUE (external_id)
);

CREATE TABLE reagent (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    name text,
    reagentidentifier varchar(255),
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    screen int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT reagent_external_id_key UNIQUE (external_id)
);

CREATE TABLE reagentannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT reagentannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT reagentannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE renderingdef (
    id int8 NOT NULL,
    compression float8,
    defaultt int4 NOT NULL,
    defaultz int4 NOT NULL,
    permissions int8 NOT NULL,
    name text,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    model int8 NOT NULL,
    pixels int8 NOT NULL,
    quantization int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT renderingdef_external_id_key UNIQUE (external_id)
);

CREATE TABLE renderingmodel (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    value varchar(255) NOT NULL,
    external_id int8,
    PRIMARY KEY (id),
    CONSTRAINT renderingmodel_value_key UNIQUE (value),
    CONSTRAINT renderingmodel_external_id_key UNIQUE (external_id)
);

CREATE TABLE reverseintensitycontext (
    reverse bool NOT NULL,
    codomainmapcontext_id int8 NOT NULL,
    PRIMARY KEY (codomainmapcontext_id)
);

CREATE TABLE roi (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    name text,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    image int8,
    source int8,
    PRIMARY KEY (id),
    CONSTRAINT roi_external_id_key UNIQUE (external_id)
);

CREATE TABLE roiannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT roiannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT roiannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE screen (
    id int8 NOT NULL,
    description text,
    permissions int8 NOT NULL,
    name text NOT NULL,
    protocoldescription text,
    protocolidentifier varchar(255),
    reagentsetdescription text,
    reagentsetidentifier varchar(255),
    type varchar(255),
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT screen_external_id_key UNIQUE (external_id)
);

CREATE TABLE screenannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT screenannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT screenannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE screenplatelink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT screenplatelink_external_id_key UNIQUE (external_id),
    CONSTRAINT screenplatelink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE scriptjob (
    description varchar(255),
    job_id int8 NOT NULL,
    PRIMARY KEY (job_id)
);

CREATE TABLE session (
    id int8 NOT NULL,
    closed timestamp,
    defaulteventtype varchar(255) NOT NULL,
    permissions int8 NOT NULL,
    message text,
    started timestamp NOT NULL,
    timetoidle int8 NOT NULL,
    timetolive int8 NOT NULL,
    useragent varchar(255),
    userip varchar(255),
    uuid varchar(255) NOT NULL,
    version int4,
    external_id int8,
    node int8 NOT NULL,
    owner int8 NOT NULL,
    sudoer int8,
    PRIMARY KEY (id),
    CONSTRAINT session_uuid_key UNIQUE (uuid),
    CONSTRAINT session_external_id_key UNIQUE (external_id)
);

CREATE TABLE sessionannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT sessionannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT sessionannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE shape (
    discriminator varchar(31) NOT NULL,
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    fillcolor int4,
    fillrule varchar(255),
    fontfamily varchar(255),
    fontsizeunit unitslength,
    fontsize float8,
    fontstyle varchar(255),
    locked bool,
    strokecolor int4,
    strokedasharray varchar(255),
    strokewidthunit unitslength,
    strokewidth float8,
    thec int4,
    thet int4,
    thez int4,
    version int4,
    radiusx float8,
    radiusy float8,
    textvalue text,
    x float8,
    y float8,
    markerend varchar(255),
    markerstart varchar(255),
    x1 float8,
    x2 float8,
    y1 float8,
    y2 float8,
    bytes bytea,
    height float8,
    width float8,
    d text,
    points text,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    roi int8 NOT NULL,
    transform int8,
    pixels int8,
    roi_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fontsize_unitpair CHECK ((fontsize IS NULL AND fontsizeunit IS NULL)
        OR (fontsize IS NOT NULL AND fontsizeunit IS NOT NULL)),
    CONSTRAINT strokewidth_unitpair CHECK ((strokewidth IS NULL AND strokewidthunit IS NULL)
        OR (strokewidth IS NOT NULL AND strokewidthunit IS NOT NULL)),
    CONSTRAINT shape_roi_roi_index_key UNIQUE (roi, roi_index),
    CONSTRAINT shape_external_id_key UNIQUE (external_id)
);

CREATE TABLE shapeannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT shapeannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT shapeannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE share (
    active bool NOT NULL,
    data bytea NOT NULL,
    itemcount int8 NOT NULL,
    session_id int8 NOT NULL,
    "group" int8 NOT NULL,
    PRIMARY KEY (session_id)
);

CREATE TABLE sharemember (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    external_id int8,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT sharemember_external_id_key UNIQUE (external_id),
    CONSTRAINT sharemember_parent_child_key UNIQUE (parent, child)
);

CREATE TABLE stagelabel (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    name text NOT NULL,
    positionxunit unitslength,
    positionx float8,
    positionyunit unitslength,
    positiony float8,
    positionzunit unitslength,
    positionz float8,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT positionx_unitpair CHECK ((positionx IS NULL AND positionxunit IS NULL)
        OR (positionx IS NOT NULL AND positionxunit IS NOT NULL)),
    CONSTRAINT positiony_unitpair CHECK ((positiony IS NULL AND positionyunit IS NULL)
        OR (positiony IS NOT NULL AND positionyunit IS NOT NULL)),
    CONSTRAINT positionz_unitpair CHECK ((positionz IS NULL AND positionzunit IS NULL)
        OR (positionz IS NOT NULL AND positionzunit IS NOT NULL)),
    CONSTRAINT stagelabel_external_id_key UNIQUE (external_id)
);

CREATE TABLE statsinfo (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    globalmax float8 NOT NULL,
    globalmin float8 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT statsinfo_external_id_key UNIQUE (external_id)
);

CREATE TABLE thumbnail (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    mimetype varchar(255) NOT NULL,
    ref varchar(255),
    sizex int4 NOT NULL,
    sizey int4 NOT NULL,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    pixels int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT thumbnail_external_id_key UNIQUE (external_id)
);

CREATE TABLE thumbnailgenerationjob (
    job_id int8 NOT NULL,
    PRIMARY KEY (job_id)
);

CREATE TABLE transmittancerange (
    id int8 NOT NULL,
    cutinunit unitslength,
    cutin positive_float,
    cutintoleranceunit unitslength,
    cutintolerance nonnegative_float,
    cutoutunit unitslength,
    cutout positive_float,
    cutouttoleranceunit unitslength,
    cutouttolerance nonnegative_float,
    permissions int8 NOT NULL,
    transmittance percent_fraction,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT cutin_unitpair CHECK ((cutin IS NULL AND cutinunit IS NULL)
        OR (cutin IS NOT NULL AND cutinunit IS NOT NULL)),
    CONSTRAINT cutintolerance_unitpair CHECK ((cutintolerance IS NULL AND cutintoleranceunit IS NULL)
        OR (cutintolerance IS NOT NULL AND cutintoleranceunit IS NOT NULL)),
    CONSTRAINT cutout_unitpair CHECK ((cutout IS NULL AND cutoutunit IS NULL)
        OR (cutout IS NOT NULL AND cutoutunit IS NOT NULL)),
    CONSTRAINT cutouttolerance_unitpair CHECK ((cutouttolerance IS NULL AND cutouttoleranceunit IS NULL)
        OR (cutouttolerance IS NOT NULL AND cutouttoleranceunit IS NOT NULL)),
    CONSTRAINT transmittancerange_external_id_key UNIQUE (external_id)
);

CREATE TABLE uploadjob (
    job_id int8 NOT NULL,
    PRIMARY KEY (job_id)
);

CREATE TABLE uploadjob_versioninfo (
    uploadjob_id int8 NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    index int4 NOT NULL,
    PRIMARY KEY (uploadjob_id, index)
);

CREATE TABLE well (
    id int8 NOT NULL,
    alpha int4,
    blue int4,
    "column" int4,
    permissions int8 NOT NULL,
    externaldescription text,
    externalidentifier varchar(255),
    green int4,
    red int4,
    row int4,
    status varchar(255),
    type varchar(255),
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    plate int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT well_external_id_key UNIQUE (external_id)
);

CREATE TABLE wellannotationlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT wellannotationlink_external_id_key UNIQUE (external_id),
    CONSTRAINT wellannotationlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE wellreagentlink (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    version int4,
    child int8 NOT NULL,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    parent int8 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT wellreagentlink_external_id_key UNIQUE (external_id),
    CONSTRAINT wellreagentlink_parent_child_owner_id_key UNIQUE (parent, child, owner_id)
);

CREATE TABLE wellsample (
    id int8 NOT NULL,
    permissions int8 NOT NULL,
    posxunit unitslength,
    posx float8,
    posyunit unitslength,
    posy float8,
    timepoint timestamp,
    version int4,
    creation_id int8 NOT NULL,
    external_id int8,
    group_id int8 NOT NULL,
    owner_id int8 NOT NULL,
    update_id int8 NOT NULL,
    image int8 NOT NULL,
    plateacquisition int8,
    well int8 NOT NULL,
    well_index int4 NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT posx_unitpair CHECK ((posx IS NULL AND posxunit IS NULL)
        OR (posx IS NOT NULL AND posxunit IS NOT NULL)),
    CONSTRAINT posy_unitpair CHECK ((posy IS NULL AND posyunit IS NULL)
        OR (posy IS NOT NULL AND posyunit IS NOT NULL)),
    CONSTRAINT wellsample_well_well_index_key UNIQUE (well, well_index),
    CONSTRAINT wellsample_external_id_key UNIQUE (external_id)
);
