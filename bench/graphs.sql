-- Rows of graphs.py: images with all that belongs to them, in a plate or a dataset. Each statement draws ids from the
-- first ones that were taken for its table (%(image)s and so on); i is the number of the image.

-- name: images
insert into originalfile (id, permissions, version, name, path, repo, size, mimetype, hash, hasher, creation_id, update_id,
                          owner_id, group_id)
select %(originalfile)s + i, -120, 0, 'image' || i, %(path)s, %(repo)s, 4, 'application/octet-stream', md5(i::text), 1,
       0, 0, %(own)s, %(grp)s
from generate_series(0, %(n)s - 1) i;

insert into fileset (id, permissions, version, templateprefix, creation_id, update_id, owner_id, group_id)
select %(fileset)s + i, -120, 0, %(path)s, 0, 0, %(own)s, %(grp)s
from generate_series(0, (%(n)s - 1) / %(together)s) i;

insert into filesetentry (id, permissions, version, clientpath, fileset, fileset_index, originalfile, creation_id, update_id,
                          owner_id, group_id)
select %(filesetentry)s + i, -120, 0, 'home/image' || i, %(fileset)s + i / %(together)s, i %% %(together)s,
       %(originalfile)s + i, 0, 0, %(own)s, %(grp)s
from generate_series(0, %(n)s - 1) i;

insert into image (id, permissions, version, name, archived, partial, series, fileset, format, creation_id, update_id,
                   owner_id, group_id)
select %(image)s + i, -120, 0, 'image ' || i, false, false, i %% %(together)s, %(fileset)s + i / %(together)s,
       (select min(id) from format), 0, 0, %(own)s, %(grp)s
from generate_series(0, %(n)s - 1) i;

insert into pixels (id, permissions, version, image, image_index, pixelstype, dimensionorder, sizex, sizey, sizez, sizec,
                    sizet, sha1, creation_id, update_id, owner_id, group_id)
select %(pixels)s + i, -120, 0, %(image)s + i, 0, 1, 1, 1024, 1024, 1, 3, 1, md5(i::text), 0, 0, %(own)s, %(grp)s
from generate_series(0, %(n)s - 1) i;

insert into logicalchannel (id, permissions, version, name, creation_id, update_id, owner_id, group_id)
select %(logicalchannel)s + i, -120, 0, 'GFP', 0, 0, %(own)s, %(grp)s from generate_series(0, 3 * %(n)s - 1) i;

insert into statsinfo (id, permissions, version, globalmin, globalmax, creation_id, update_id, owner_id, group_id)
select %(statsinfo)s + i, -120, 0, 0, 255, 0, 0, %(own)s, %(grp)s from generate_series(0, 3 * %(n)s - 1) i;

insert into channel (id, permissions, version, pixels, pixels_index, logicalchannel, statsinfo, red, green, blue, alpha,
                     creation_id, update_id, owner_id, group_id)
select %(channel)s + i, -120, 0, %(pixels)s + i / 3, i %% 3, %(logicalchannel)s + i, %(statsinfo)s + i, 0, 255, 0, 255, 0,
       0, %(own)s, %(grp)s
from generate_series(0, 3 * %(n)s - 1) i;

insert into quantumdef (id, permissions, version, bitresolution, cdstart, cdend, creation_id, update_id, owner_id, group_id)
select %(quantumdef)s + i, -120, 0, 255, 0, 255, 0, 0, %(own)s, %(grp)s from generate_series(0, %(n)s - 1) i;

insert into renderingdef (id, permissions, version, defaultz, defaultt, model, pixels, quantization, creation_id, update_id,
                          owner_id, group_id)
select %(renderingdef)s + i, -120, 0, 0, 0, (select min(id) from renderingmodel), %(pixels)s + i, %(quantumdef)s + i, 0, 0,
       %(own)s, %(grp)s
from generate_series(0, %(n)s - 1) i;

insert into channelbinding (id, permissions, version, active, red, green, blue, alpha, coefficient, inputstart, inputend,
                            noisereduction, family, renderingdef, renderingdef_index, creation_id, update_id, owner_id,
                            group_id)
select %(channelbinding)s + i, -120, 0, true, 0, 255, 0, 255, 1, 0, 4095, false, (select min(id) from family),
       %(renderingdef)s + i / 3, i %% 3, 0, 0, %(own)s, %(grp)s
from generate_series(0, 3 * %(n)s - 1) i;

insert into thumbnail (id, permissions, version, mimetype, sizex, sizey, pixels, creation_id, update_id, owner_id, group_id)
select %(thumbnail)s + i, -120, 0, 'image/jpeg', 96, 96, %(pixels)s + i, 0, 0, %(own)s, %(grp)s
from generate_series(0, %(n)s - 1) i;

insert into annotation (id, permissions, version, discriminator, textvalue, creation_id, update_id, owner_id, group_id)
select %(annotation)s + i, -120, 0, (array['/basic/text/comment/', '/basic/text/tag/'])[1 + i %% 2], 'note ' || i, 0, 0,
       %(own)s, %(grp)s
from generate_series(0, 2 * %(n)s - 1) i;

insert into imageannotationlink (id, permissions, version, parent, child, creation_id, update_id, owner_id, group_id)
select %(imageannotationlink)s + i, -120, 0, %(image)s + i / 2, %(annotation)s + i, 0, 0, %(own)s, %(grp)s
from generate_series(0, 2 * %(n)s - 1) i

-- name: dataset
insert into dataset (id, permissions, version, name, creation_id, update_id, owner_id, group_id)
values (%(dataset)s, -120, 0, 'many images', 0, 0, %(own)s, %(grp)s);

insert into datasetimagelink (id, permissions, version, parent, child, creation_id, update_id, owner_id, group_id)
select %(datasetimagelink)s + i, -120, 0, %(dataset)s, %(image)s + i, 0, 0, %(own)s, %(grp)s
from generate_series(0, %(n)s - 1) i

-- name: plate
insert into plate (id, permissions, version, name, rows, columns, creation_id, update_id, owner_id, group_id)
values (%(plate)s, -120, 0, 'plate', 16, 24, 0, 0, %(own)s, %(grp)s);

insert into plateacquisition (id, permissions, version, name, plate, creation_id, update_id, owner_id, group_id)
values (%(plateacquisition)s, -120, 0, 'run 1', %(plate)s, 0, 0, %(own)s, %(grp)s);

insert into well (id, permissions, version, plate, "row", "column", creation_id, update_id, owner_id, group_id)
select %(well)s + i, -120, 0, %(plate)s, i / 24, i %% 24, 0, 0, %(own)s, %(grp)s from generate_series(0, %(n)s - 1) i;

insert into wellsample (id, permissions, version, well, well_index, image, plateacquisition, creation_id, update_id, owner_id,
                        group_id)
select %(wellsample)s + i, -120, 0, %(well)s + i, 0, %(image)s + i, %(plateacquisition)s, 0, 0, %(own)s, %(grp)s
from generate_series(0, %(n)s - 1) i
