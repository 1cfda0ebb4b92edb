-- Generated from omero_server/model by python -m omero_server.model.generate; do not edit.

INSERT INTO acquisitionmode (id, permissions, value) VALUES
    (1, -52, 'WideField'),
    (2, -52, 'LaserScanningConfocalMicroscopy'),
    (3, -52, 'SpinningDiskConfocal'),
    (4, -52, 'SlitScanConfocal'),
    (5, -52, 'MultiPhotonMicroscopy'),
    (6, -52, 'StructuredIllumination'),
    (7, -52, 'SingleMoleculeImaging'),
    (8, -52, 'TotalInternalReflection'),
    (9, -52, 'FluorescenceLifetime'),
    (10, -52, 'SpectralImaging'),
    (11, -52, 'FluorescenceCorrelationSpectroscopy'),
    (12, -52, 'NearFieldScanningOpticalMicroscopy'),
    (13, -52, 'SecondHarmonicGenerationImaging'),
    (14, -52, 'PALM'),
    (15, -52, 'STORM'),
    (16, -52, 'STED'),
    (17, -52, 'TIRF'),
    (18, -52, 'FSM'),
    (19, -52, 'LCM'),
    (20, -52, 'Other'),
    (21, -52, 'Unknown'),
    (22, -52, 'BrightField'),
    (23, -52, 'SweptFieldConfocal'),
    (24, -52, 'SPIM');
SELECT setval('seq_acquisitionmode', 24);

INSERT INTO adminprivilege (id, permissions, value) VALUES
    (1, -52, 'Chgrp'),
    (2, -52, 'Chown'),
    (3, -52, 'DeleteFile'),
    (4, -52, 'DeleteManagedRepo'),
    (5, -52, 'DeleteOwned'),
    (6, -52, 'DeleteScriptRepo'),
    (7, -52, 'ModifyGroup'),
    (8, -52, 'ModifyGroupMembership'),
    (9, -52, 'ModifyUser'),
    (10, -52, 'ReadSession'),
    (11, -52, 'Sudo'),
    (12, -52, 'WriteFile'),
    (13, -52, 'WriteManagedRepo'),
    (14, -52, 'WriteOwned'),
    (15, -52, 'WriteScriptRepo');
SELECT setval('seq_adminprivilege', 15);

INSERT INTO arctype (id, permissions, value) VALUES
    (1, -52, 'Hg'),
    (2, -52, 'Xe'),
    (3, -52, 'HgXe'),
    (4, -52, 'Other'),
    (5, -52, 'Unknown');
SELECT setval('seq_arctype', 5);

INSERT INTO binning (id, permissions, value) VALUES
    (1, -52, '1x1'),
    (2, -52, '2x2'),
    (3, -52, '4x4'),
    (4, -52, '8x8');
SELECT setval('seq_binning', 4);

INSERT INTO checksumalgorithm (id, permissions, value) VALUES
    (1, -52, 'Adler-32'),
    (2, -52, 'CRC-32'),
    (3, -52, 'MD5-128'),
    (4, -52, 'Murmur3-32'),
    (5, -52, 'Murmur3-128'),
    (6, -52, 'SHA1-160'),
    (7, -52, 'File-Size-64');
SELECT setval('seq_checksumalgorithm', 7);

INSERT INTO contrastmethod (id, permissions, value) VALUES
    (1, -52, 'Brightfield'),
    (2, -52, 'Phase'),
    (3, -52, 'DIC'),
    (4, -52, 'HoffmanModulation'),
    (5, -52, 'ObliqueIllumination'),
    (6, -52, 'PolarizedLight'),
    (7, -52, 'Darkfield'),
    (8, -52, 'Fluorescence'),
    (9, -52, 'Other'),
    (10, -52, 'Unknown');
SELECT setval('seq_contrastmethod', 10);

INSERT INTO correction (id, permissions, value) VALUES
    (1, -52, 'UV'),
    (2, -52, 'PlanApo'),
    (3, -52, 'PlanFluor'),
    (4, -52, 'SuperFluor'),
    (5, -52, 'VioletCorrected'),
    (6, -52, 'Achro'),
    (7, -52, 'Achromat'),
    (8, -52, 'Fluor'),
    (9, -52, 'Fl'),
    (10, -52, 'Fluar'),
    (11, -52, 'Neofluar'),
    (12, -52, 'Fluotar'),
    (13, -52, 'Apo'),
    (14, -52, 'Other'),
    (15, -52, 'Unknown');
SELECT setval('seq_correction', 15);

INSERT INTO detectortype (id, permissions, value) VALUES
    (1, -52, 'CCD'),
    (2, -52, 'IntensifiedCCD'),
    (3, -52, 'AnalogVideo'),
    (4, -52, 'PMT'),
    (5, -52, 'Photodiode'),
    (6, -52, 'Spectroscopy'),
    (7, -52, 'LifetimeImaging'),
    (8, -52, 'CorrelationSpectroscopy'),
    (9, -52, 'FTIR'),
    (10, -52, 'EM-CCD'),
    (11, -52, 'APD'),
    (12, -52, 'CMOS'),
    (13, -52, 'EBCCD'),
    (14, -52, 'Other'),
    (15, -52, 'Unknown');
SELECT setval('seq_detectortype', 15);

INSERT INTO dimensionorder (id, permissions, value) VALUES
    (1, -52, 'XYZCT'),
    (2, -52, 'XYZTC'),
    (3, -52, 'XYCTZ'),
    (4, -52, 'XYCZT'),
    (5, -52, 'XYTCZ'),
    (6, -52, 'XYTZC');
SELECT setval('seq_dimensionorder', 6);

INSERT INTO eventtype (id, permissions, value) VALUES
    (1, -52, 'Import'),
    (2, -52, 'Internal'),
    (3, -52, 'Shoola'),
    (4, -52, 'User'),
    (5, -52, 'Task'),
    (6, -52, 'Test'),
    (7, -52, 'Processing'),
    (8, -52, 'FullText'),
    (9, -52, 'Sessions');
SELECT setval('seq_eventtype', 9);

INSERT INTO experimenttype (id, permissions, value) VALUES
    (1, -52, 'FP'),
    (2, -52, 'FRET'),
    (3, -52, 'TimeLapse'),
    (4, -52, 'FourDPlus'),
    (5, -52, 'Screen'),
    (6, -52, 'Immunocytochemistry'),
    (7, -52, 'Immunofluorescence'),
    (8, -52, 'FISH'),
    (9, -52, 'Electrophysiology'),
    (10, -52, 'IonImaging'),
    (11, -52, 'Colocalization'),
    (12, -52, 'PGIDocumentation'),
    (13, -52, 'FluorescenceLifetime'),
    (14, -52, 'SpectralImaging'),
    (15, -52, 'Photobleaching'),
    (16, -52, 'Other'),
    (17, -52, 'Unknown');
SELECT setval('seq_experimenttype', 17);

INSERT INTO family (id, permissions, value) VALUES
    (1, -52, 'linear'),
    (2, -52, 'polynomial'),
    (3, -52, 'exponential'),
    (4, -52, 'logarithmic');
SELECT setval('seq_family', 4);

INSERT INTO filamenttype (id, permissions, value) VALUES
    (1, -52, 'Incandescent'),
    (2, -52, 'Halogen'),
    (3, -52, 'Other'),
    (4, -52, 'Unknown');
SELECT setval('seq_filamenttype', 4);

INSERT INTO filtertype (id, permissions, value) VALUES
    (1, -52, 'LongPass'),
    (2, -52, 'ShortPass'),
    (3, -52, 'BandPass'),
    (4, -52, 'MultiPass'),
    (5, -52, 'Dichroic'),
    (6, -52, 'NeutralDensity'),
    (7, -52, 'Tuneable'),
    (8, -52, 'Other'),
    (9, -52, 'Unknown');
SELECT setval('seq_filtertype', 9);

INSERT INTO illumination (id, permissions, value) VALUES
    (1, -52, 'Transmitted'),
    (2, -52, 'Epifluorescence'),
    (3, -52, 'Oblique'),
    (4, -52, 'NonLinear'),
    (5, -52, 'Other'),
    (6, -52, 'Unknown');
SELECT setval('seq_illumination', 6);

INSERT INTO immersion (id, permissions, value) VALUES
    (1, -52, 'Oil'),
    (2, -52, 'Water'),
    (3, -52, 'WaterDipping'),
    (4, -52, 'Air'),
    (5, -52, 'Multi'),
    (6, -52, 'Glycerol'),
    (7, -52, 'Other'),
    (8, -52, 'Unknown');
SELECT setval('seq_immersion', 8);

INSERT INTO jobstatus (id, permissions, value) VALUES
    (1, -52, 'Submitted'),
    (2, -52, 'Resubmitted'),
    (3, -52, 'Queued'),
    (4, -52, 'Requeued'),
    (5, -52, 'Running'),
    (6, -52, 'Error'),
    (7, -52, 'Waiting'),
    (8, -52, 'Finished'),
    (9, -52, 'Cancelled');
SELECT setval('seq_jobstatus', 9);

INSERT INTO lasermedium (id, permissions, value) VALUES
    (1, -52, 'Rhodamine6G'),
    (2, -52, 'CoumarinC30'),
    (3, -52, 'ArFl'),
    (4, -52, 'ArCl'),
    (5, -52, 'KrFl'),
    (6, -52, 'KrCl'),
    (7, -52, 'XeFl'),
    (8, -52, 'XeCl'),
    (9, -52, 'XeBr'),
    (10, -52, 'GaAs'),
    (11, -52, 'GaAlAs'),
    (12, -52, 'EMinus'),
    (13, -52, 'Cu'),
    (14, -52, 'Ag'),
    (15, -52, 'N'),
    (16, -52, 'Ar'),
    (17, -52, 'Kr'),
    (18, -52, 'Xe'),
    (19, -52, 'HeNe'),
    (20, -52, 'HeCd'),
    (21, -52, 'CO'),
    (22, -52, 'CO2'),
    (23, -52, 'H2O'),
    (24, -52, 'HFl'),
    (25, -52, 'NdGlass'),
    (26, -52, 'NdYAG'),
    (27, -52, 'ErGlass'),
    (28, -52, 'ErYAG'),
    (29, -52, 'HoYLF'),
    (30, -52, 'HoYAG'),
    (31, -52, 'Ruby'),
    (32, -52, 'TiSapphire'),
    (33, -52, 'Alexandrite'),
    (34, -52, 'Other'),
    (35, -52, 'Unknown');
SELECT setval('seq_lasermedium', 35);

INSERT INTO lasertype (id, permissions, value) VALUES
    (1, -52, 'Excimer'),
    (2, -52, 'Gas'),
    (3, -52, 'MetalVapor'),
    (4, -52, 'SolidState'),
    (5, -52, 'Dye'),
    (6, -52, 'Semiconductor'),
    (7, -52, 'FreeElectron'),
    (8, -52, 'Other'),
    (9, -52, 'Unknown');
SELECT setval('seq_lasertype', 9);

INSERT INTO medium (id, permissions, value) VALUES
    (1, -52, 'Air'),
    (2, -52, 'Oil'),
    (3, -52, 'Water'),
    (4, -52, 'Glycerol'),
    (5, -52, 'Other'),
    (6, -52, 'Unknown');
SELECT setval('seq_medium', 6);

INSERT INTO microbeammanipulationtype (id, permissions, value) VALUES
    (1, -52, 'FRAP'),
    (2, -52, 'Photoablation'),
    (3, -52, 'Photoactivation'),
    (4, -52, 'Uncaging'),
    (5, -52, 'OpticalTrapping'),
    (6, -52, 'FLIP'),
    (7, -52, 'InverseFRAP'),
    (8, -52, 'Other'),
    (9, -52, 'Unknown');
SELECT setval('seq_microbeammanipulationtype', 9);

INSERT INTO microscopetype (id, permissions, value) VALUES
    (1, -52, 'Upright'),
    (2, -52, 'Inverted'),
    (3, -52, 'Dissection'),
    (4, -52, 'Electrophysiology'),
    (5, -52, 'Other'),
    (6, -52, 'Unknown');
SELECT setval('seq_microscopetype', 6);

INSERT INTO photometricinterpretation (id, permissions, value) VALUES
    (1, -52, 'RGB'),
    (2, -52, 'ARGB'),
    (3, -52, 'CMYK'),
    (4, -52, 'HSV'),
    (5, -52, 'Monochrome'),
    (6, -52, 'ColorMap');
SELECT setval('seq_photometricinterpretation', 6);

INSERT INTO pixelstype (id, permissions, value, bitsize) VALUES
    (1, -52, 'bit', 1),
    (2, -52, 'int8', 8),
    (3, -52, 'int16', 16),
    (4, -52, 'int32', 32),
    (5, -52, 'uint8', 8),
    (6, -52, 'uint16', 16),
    (7, -52, 'uint32', 32),
    (8, -52, 'float', 32),
    (9, -52, 'double', 64),
    (10, -52, 'complex', 64),
    (11, -52, 'double-complex', 128);
SELECT setval('seq_pixelstype', 11);

INSERT INTO projectionaxis (id, permissions, value) VALUES
    (1, -52, 'T'),
    (2, -52, 'ModuloT'),
    (3, -52, 'Z'),
    (4, -52, 'ModuloZ');
SELECT setval('seq_projectionaxis', 4);

INSERT INTO projectiontype (id, permissions, value) VALUES
    (1, -52, 'maximum'),
    (2, -52, 'mean'),
    (3, -52, 'sum');
SELECT setval('seq_projectiontype', 3);

INSERT INTO pulse (id, permissions, value) VALUES
    (1, -52, 'CW'),
    (2, -52, 'Single'),
    (3, -52, 'QSwitched'),
    (4, -52, 'Repetitive'),
    (5, -52, 'ModeLocked'),
    (6, -52, 'Other'),
    (7, -52, 'Unknown');
SELECT setval('seq_pulse', 7);

INSERT INTO renderingmodel (id, permissions, value) VALUES
    (1, -52, 'rgb'),
    (2, -52, 'greyscale');
SELECT setval('seq_renderingmodel', 2);

INSERT INTO _lock_ids (name) VALUES
    ('seq_acquisitionmode'),
    ('seq_adminprivilege'),
    ('seq_affinetransform'),
    ('seq_annotation'),
    ('seq_annotationannotationlink'),
    ('seq_arctype'),
    ('seq_binning'),
    ('seq_channel'),
    ('seq_channelannotationlink'),
    ('seq_channelbinding'),
    ('seq_checksumalgorithm'),
    ('seq_codomainmapcontext'),
    ('seq_contrastmethod'),
    ('seq_correction'),
    ('seq_dbpatch'),
    ('seq_dataset'),
    ('seq_datasetannotationlink'),
    ('seq_datasetimagelink'),
    ('seq_detector'),
    ('seq_detectorannotationlink'),
    ('seq_detectorsettings'),
    ('seq_detectortype'),
    ('seq_dichroic'),
    ('seq_dichroicannotationlink'),
    ('seq_dimensionorder'),
    ('seq_event'),
    ('seq_eventlog'),
    ('seq_eventtype'),
    ('seq_experiment'),
    ('seq_experimenttype'),
    ('seq_experimenter'),
    ('seq_experimenterannotationlink'),
    ('seq_experimentergroup'),
    ('seq_experimentergroupannotationlink'),
    ('seq_externalinfo'),
    ('seq_family'),
    ('seq_filamenttype'),
    ('seq_fileset'),
    ('seq_filesetannotationlink'),
    ('seq_filesetentry'),
    ('seq_filesetjoblink'),
    ('seq_filter'),
    ('seq_filterannotationlink'),
    ('seq_filterset'),
    ('seq_filtersetemissionfilterlink'),
    ('seq_filtersetexcitationfilterlink'),
    ('seq_filtertype'),
    ('seq_folder'),
    ('seq_folderannotationlink'),
    ('seq_folderimagelink'),
    ('seq_folderroilink'),
    ('seq_format'),
    ('seq_groupexperimentermap'),
    ('seq_illumination'),
    ('seq_image'),
    ('seq_imageannotationlink'),
    ('seq_imagingenvironment'),
    ('seq_immersion'),
    ('seq_instrument'),
    ('seq_instrumentannotationlink'),
    ('seq_job'),
    ('seq_joboriginalfilelink'),
    ('seq_jobstatus'),
    ('seq_lasermedium'),
    ('seq_lasertype'),
    ('seq_lightpath'),
    ('seq_lightpathannotationlink'),
    ('seq_lightpathemissionfilterlink'),
    ('seq_lightpathexcitationfilterlink'),
    ('seq_lightsettings'),
    ('seq_lightsource'),
    ('seq_lightsourceannotationlink'),
    ('seq_link'),
    ('seq_logicalchannel'),
    ('seq_medium'),
    ('seq_microbeammanipulation'),
    ('seq_microbeammanipulationtype'),
    ('seq_microscope'),
    ('seq_microscopetype'),
    ('seq_namespace'),
    ('seq_namespaceannotationlink'),
    ('seq_node'),
    ('seq_nodeannotationlink'),
    ('seq_otf'),
    ('seq_objective'),
    ('seq_objectiveannotationlink'),
    ('seq_objectivesettings'),
    ('seq_originalfile'),
    ('seq_originalfileannotationlink'),
    ('seq_photometricinterpretation'),
    ('seq_pixels'),
    ('seq_pixelsoriginalfilemap'),
    ('seq_pixelstype'),
    ('seq_planeinfo'),
    ('seq_planeinfoannotationlink'),
    ('seq_plate'),
    ('seq_plateacquisition'),
    ('seq_plateacquisitionannotationlink'),
    ('seq_plateannotationlink'),
    ('seq_project'),
    ('seq_projectannotationlink'),
    ('seq_projectdatasetlink'),
    ('seq_projectionaxis'),
    ('seq_projectiondef'),
    ('seq_projectiontype'),
    ('seq_pulse'),
    ('seq_quantumdef'),
    ('seq_reagent'),
    ('seq_reagentannotationlink'),
    ('seq_renderingdef'),
    ('seq_renderingmodel'),
    ('seq_roi'),
    ('seq_roiannotationlink'),
    ('seq_screen'),
    ('seq_screenannotationlink'),
    ('seq_screenplatelink'),
    ('seq_session'),
    ('seq_sessionannotationlink'),
    ('seq_shape'),
    ('seq_shapeannotationlink'),
    ('seq_sharemember'),
    ('seq_stagelabel'),
    ('seq_statsinfo'),
    ('seq_thumbnail'),
    ('seq_transmittancerange'),
    ('seq_well'),
    ('seq_wellannotationlink'),
    ('seq_wellreagentlink'),
    ('seq_wellsample');
