-- Statements of seeding.py, each after its name. Permissions of rows do not matter: those of the group count.

-- name: pool
insert into annotation (id, permissions, version, discriminator, ns, name, textvalue, creation_id, update_id, owner_id, group_id)
select %(first)s + n, -120, 0,
       case when n < %(tags)s then '/basic/text/tag/' else '/map/' end,
       case when n >= %(tags)s then 'openmicroscopy.org/mapr/gene' end,
       case when n >= %(tags)s then 'gene ' || n end,
       case when n < %(tags)s then 'tag ' || n || ' of group ' || %(group)s end,
       0, 0, (%(users)s)[1 + n %% cardinality(%(users)s)], %(group)s
from generate_series(0, %(all)s - 1) n;
insert into annotation_mapvalue (annotation_id, index, name, value)
select %(first)s + n, i, (array['Gene Symbol', 'Gene Identifier', 'Organism'])[i + 1],
       (array['GENE' || %(first)s + n, 'ENSG' || %(first)s + n, 'Homo sapiens'])[i + 1]
from generate_series(%(tags)s, %(all)s - 1) n, generate_series(0, 2) i

-- name: batches
create temporary table seed_batch (
    kind text, number int, grp int8, own int8, first int, size int, event int, project int, tag int8, tags int, shared int8
)

-- name: tables
image pixels channel logicalchannel event fileset filesetentry originalfile dataset project datasetimagelink
projectdatasetlink annotation annotation_mapvalue imageannotationlink plate plateacquisition well wellsample roi shape
renderingdef quantumdef channelbinding

-- name: containers
-- One session for each user, a batch every few minutes through three years.
insert into session (id, permissions, version, uuid, defaulteventtype, started, closed, timetoidle, timetolive, node, owner)
select f.session + row_number() over (order by own) - 1, -120, 0, gen_random_uuid(), 'User', '2022-01-01', '2025-01-01',
       600000, 0, 0, own
from (select distinct own from seed_batch) o, seed_base f;

create temporary table seed_image as
select b.first + i as n, f.image + b.first + i as id, f.event + b.event + i / 20 as event,
       f.fileset + b.event + i / 20 as fileset, b.kind, b.number, b.grp, b.own, b.tag, b.tags, b.shared, i as place, (b.first + i)::int8 * 7919 % 1000 / 1000.0 as chance
from seed_batch b, seed_base f, generate_series(0, b.size - 1) i;
analyze seed_image;

insert into event (id, permissions, status, time, experimenter, experimentergroup, session, type)
select i.event, -820, null, timestamp '2022-01-01' + (i.event - f.event) * interval '3 years' / (1 + b.last), i.own, i.grp,
       s.id, (select id from eventtype where value = 'User')
from seed_image i, seed_base f, (select max(event) as last from seed_batch) b, session s
where i.place % 20 = 0 and s.owner = i.own and s.id >= f.session and s.started = '2022-01-01';

insert into project (id, permissions, version, name, description, creation_id, update_id, owner_id, group_id)
select f.project + b.project, -120, 0, 'project ' || b.project, 'What this project is about.',
       f.event + min(b.event), f.event + min(b.event), b.own, b.grp
from seed_batch b, seed_base f where b.project is not null group by f.project, f.event, b.project, b.own, b.grp;

insert into dataset (id, permissions, version, name, description, creation_id, update_id, owner_id, group_id)
select f.dataset + b.number, -120, 0, 'dataset ' || b.number, case when b.number % 3 = 0 then 'Cells, day ' || b.number end,
       f.event + b.event, f.event + b.event, b.own, b.grp
from seed_batch b, seed_base f where b.kind = 'dataset';

insert into projectdatasetlink (id, permissions, version, parent, child, creation_id, update_id, owner_id, group_id)
select f.projectdatasetlink + b.number, -120, 0, f.project + b.project, f.dataset + b.number, f.event + b.event,
       f.event + b.event, b.own, b.grp
from seed_batch b, seed_base f where b.project is not null

-- name: images
insert into fileset (id, permissions, version, templateprefix, creation_id, update_id, owner_id, group_id)
select fileset, -120, 0, own || '/' || event || '/', event, event, own, grp from seed_image where place % 20 = 0;

insert into originalfile (id, permissions, version, name, path, repo, size, mimetype, hash, creation_id, update_id,
                          owner_id, group_id)
select f.originalfile + 2 * (i.fileset - f.fileset) + k, -120, 0, 'file ' || k, 'user_' || i.own || '/' || i.event || '/',
       'a repository', 1000000 + k, 'OMERO.tiff', md5(i.event::text), i.event, i.event, i.own, i.grp
from seed_image i, seed_base f, generate_series(0, 1) k where i.place % 20 = 0;

insert into filesetentry (id, permissions, version, clientpath, fileset, fileset_index, originalfile, creation_id, update_id,
                          owner_id, group_id)
select f.filesetentry + 2 * (i.fileset - f.fileset) + k, -120, 0, 'home/file ' || k, i.fileset, k,
       f.originalfile + 2 * (i.fileset - f.fileset) + k, i.event, i.event, i.own, i.grp
from seed_image i, seed_base f, generate_series(0, 1) k where i.place % 20 = 0;

insert into image (id, permissions, version, name, description, archived, partial, series, acquisitiondate, fileset, format,
                   creation_id, update_id, owner_id, group_id)
select i.id, -120, 0, 'image ' || i.place || ' of ' || i.number || '.tiff',
       case when i.place % 10 = 0 then 'Stained, then fixed' end, false, false, i.place % 20,
       timestamp '2022-01-01' + i.n * interval '1 minute', i.fileset, (select min(id) from format), i.event, i.event,
       i.own, i.grp
from seed_image i;

insert into datasetimagelink (id, permissions, version, parent, child, creation_id, update_id, owner_id, group_id)
select f.datasetimagelink + i.n, -120, 0, f.dataset + i.number, i.id, i.event, i.event, i.own, i.grp
from seed_image i, seed_base f where i.kind = 'dataset';

insert into pixels (id, permissions, version, image, image_index, pixelstype, dimensionorder, sizex, sizey, sizez, sizec,
                    sizet, sha1, physicalsizex, physicalsizexunit, physicalsizey, physicalsizeyunit, significantbits,
                    creation_id, update_id, owner_id, group_id)
select f.pixels + i.n, -120, 0, i.id, 0, 1, 1, 1024, 1024, 10, 1, 1, md5(i.n::text), 0.1, 'µm', 0.1, 'µm', 16, i.event,
       i.event, i.own, i.grp
from seed_image i, seed_base f;

insert into logicalchannel (id, permissions, version, name, emissionwave, emissionwaveunit, creation_id, update_id, owner_id,
                            group_id)
select f.logicalchannel + i.n, -120, 0, 'GFP', 509, 'nm', i.event, i.event, i.own, i.grp from seed_image i, seed_base f
where i.place % 4 = 0;

insert into channel (id, permissions, version, pixels, pixels_index, logicalchannel, red, green, blue, alpha, creation_id,
                     update_id, owner_id, group_id)
select f.channel + i.n, -120, 0, f.pixels + i.n, 0, f.logicalchannel + i.n, 0, 255, 0, 255, i.event, i.event, i.own, i.grp
from seed_image i, seed_base f where i.place % 4 = 0

-- name: annotations
-- For each image a comment and pairs of its own; links to these, to two tags and to shared pairs.
insert into annotation (id, permissions, version, discriminator, ns, textvalue, creation_id, update_id, owner_id, group_id)
select f.annotation + 2 * i.n + k, -120, 0, (array['/basic/text/comment/', '/map/'])[k + 1],
       (array[null, 'openmicroscopy.org/omero/client/mapAnnotation'])[k + 1],
       case when k = 0 then 'remark on image ' || i.n end, i.event, i.event, i.own, i.grp
from seed_image i, seed_base f, generate_series(0, 1) k;

insert into annotation_mapvalue (annotation_id, index, name, value)
select f.annotation + 2 * i.n + 1, k, (array['well', 'dose', 'sample'])[k + 1],
       (array['A' || i.place % 12, (i.place % 7) || ' µM', 'sample ' || i.n])[k + 1]
from seed_image i, seed_base f, generate_series(0, 2) k;

insert into imageannotationlink (id, permissions, version, parent, child, creation_id, update_id, owner_id, group_id)
select f.imageannotationlink + 5 * i.n + k, -120, 0, i.id,
       case k when 0 then i.tag + floor(i.tags / 2 * chance ^ 3)::int * 2
              when 1 then i.tag + floor(i.tags / 2 * chance ^ 3)::int * 2 + 1
              when 2 then i.shared + i.n % 40
              else f.annotation + 2 * i.n + k - 3 end,
       i.event, i.event, i.own, i.grp
from seed_image i, seed_base f, generate_series(0, 4) k

-- name: plates
insert into plate (id, permissions, version, name, rows, columns, creation_id, update_id, owner_id, group_id)
select f.plate + b.number, -120, 0, 'plate ' || b.number, 8, 12, f.event + b.event, f.event + b.event, b.own, b.grp
from seed_batch b, seed_base f where b.kind = 'plate';

insert into plateacquisition (id, permissions, version, name, plate, creation_id, update_id, owner_id, group_id)
select f.plateacquisition + b.number, -120, 0, 'run 1', f.plate + b.number, f.event + b.event, f.event + b.event, b.own, b.grp
from seed_batch b, seed_base f where b.kind = 'plate';

insert into well (id, permissions, version, plate, "row", "column", creation_id, update_id, owner_id, group_id)
select f.well + 96 * i.number + i.place, -120, 0, f.plate + i.number, i.place / 12, i.place % 12, i.event, i.event, i.own,
       i.grp
from seed_image i, seed_base f where i.kind = 'plate';

insert into wellsample (id, permissions, version, well, well_index, image, plateacquisition, creation_id, update_id, owner_id,
                        group_id)
select f.wellsample + 96 * i.number + i.place, -120, 0, f.well + 96 * i.number + i.place, 0, i.id,
       f.plateacquisition + i.number, i.event, i.event, i.own, i.grp
from seed_image i, seed_base f where i.kind = 'plate'

-- name: settings
insert into roi (id, permissions, version, image, creation_id, update_id, owner_id, group_id)
select f.roi + i.n, -120, 0, i.id - i.place % 5, i.event, i.event, i.own, i.grp from seed_image i, seed_base f
where i.place % 5 < 2;

insert into shape (id, permissions, version, discriminator, roi, roi_index, x, y, width, height, textvalue, thez, thet,
                   creation_id, update_id, owner_id, group_id)
select f.shape + i.n, -120, 0, 'rect', f.roi + i.n, 0, 10, 10, 50, 50, 'nucleus', 0, 0, i.event, i.event, i.own, i.grp
from seed_image i, seed_base f where i.place % 5 < 2;

insert into quantumdef (id, permissions, version, bitresolution, cdstart, cdend, creation_id, update_id, owner_id, group_id)
select f.quantumdef + i.n, -120, 0, 255, 0, 255, i.event, i.event, i.own, i.grp from seed_image i, seed_base f
where i.place % 4 = 0;

insert into renderingdef (id, permissions, version, defaultz, defaultt, model, pixels, quantization, creation_id, update_id,
                          owner_id, group_id)
select f.renderingdef + i.n, -120, 0, 0, 0, (select min(id) from renderingmodel), f.pixels + i.n, f.quantumdef + i.n, i.event,
       i.event, i.own, i.grp
from seed_image i, seed_base f where i.place % 4 = 0;

insert into channelbinding (id, permissions, version, active, red, green, blue, alpha, coefficient, inputstart, inputend,
                            noisereduction, family, renderingdef, renderingdef_index, creation_id, update_id, owner_id,
                            group_id)
select f.channelbinding + i.n, -120, 0, true, 0, 255, 0, 255, 1, 0, 4095, false, (select min(id) from family),
       f.renderingdef + i.n, 0, i.event, i.event, i.own, i.grp
from seed_image i, seed_base f where i.place % 4 = 0;
drop table seed_image
