-- The floors of metadata.py: what a program would ask that knows the tables, with all columns that make the answer.

-- name: login
select e.*, p.hash from experimenter e join password p on p.experimenter_id = e.id where e.omename = %(login)s;
select g.*, m.owner from groupexperimentermap m join experimentergroup g on g.id = m.parent where m.child = %(me)s
order by m.child_index;
with e as (
    insert into event (id, permissions, time, experimenter, experimentergroup, session, type)
    values (ome_nextval('seq_event'), -820, now(), 0, 0, 0, 0) returning id
), s as (
    insert into session (id, permissions, version, uuid, defaulteventtype, started, timetoidle, timetolive, node, owner)
    values (ome_nextval('seq_session'), -120, 0, gen_random_uuid(), 'User', now(), 600000, 0, 0, %(me)s) returning id
)
insert into eventlog (id, permissions, entityid, entitytype, action, event)
select ome_nextval('seq_eventlog'), -35, s.id, 'ome.model.meta.Session', 'INSERT', e.id from s, e returning id

-- name: tree
select p.*, e.*, l.*, d.* from project p join event e on e.id = p.creation_id
left join projectdatasetlink l on l.parent = p.id and l.group_id = %(group)s
left join dataset d on d.id = l.child and d.group_id = %(group)s
where p.owner_id = %(me)s and p.group_id = %(group)s;
select l.parent, l.owner_id, count(*) from projectannotationlink l join project p on p.id = l.parent
where p.owner_id = %(me)s and p.group_id = %(group)s and l.group_id = %(group)s group by l.parent, l.owner_id;
select l.parent, l.owner_id, count(*) from datasetannotationlink l join projectdatasetlink d on d.child = l.parent
join project p on p.id = d.parent
where p.owner_id = %(me)s and p.group_id = %(group)s and l.group_id = %(group)s group by l.parent, l.owner_id;
select l.parent, l.owner_id, count(*) from datasetimagelink l join projectdatasetlink d on d.child = l.parent
join project p on p.id = d.parent
where p.owner_id = %(me)s and p.group_id = %(group)s and l.group_id = %(group)s group by l.parent, l.owner_id

-- name: tree_of_web
select d.id, d.name, d.owner_id, d.group_id, d.permissions,
       (select count(*) from datasetimagelink i where i.parent = d.id and i.group_id = %(group)s)
from dataset d join projectdatasetlink l on l.child = d.id
where l.parent = %(project)s and d.group_id = %(group)s and l.group_id = %(group)s order by lower(d.name), d.id

-- name: images
select i.*, p.*, t.* from image i join pixels p on p.image = i.id join pixelstype t on t.id = p.pixelstype
where i.id in (
    select i.id from datasetimagelink l join image i on i.id = l.child
    where l.parent = %(dataset)s and l.group_id = %(group)s and i.group_id = %(group)s
    order by lower(i.name), i.id limit 200 offset %(offset)s
) and p.group_id = %(group)s order by lower(i.name), i.id

-- name: images_of_web
select i.id, i.name, i.owner_id, i.group_id, i.permissions, i.archived, i.fileset, p.sizex, p.sizey, p.sizet, p.sizez
from datasetimagelink l join image i on i.id = l.child left join pixels p on p.image = i.id and p.group_id = %(group)s
where l.parent = %(dataset)s and l.group_id = %(group)s and i.group_id = %(group)s
order by lower(i.name), i.id limit 200 offset %(offset)s

-- name: annotations
select l.*, a.*, x.*, e.* from imageannotationlink l join annotation a on a.id = l.child
join experimenter x on x.id = a.owner_id join event e on e.id = a.creation_id
where l.parent = any(%(images)s) and l.group_id = %(group)s and a.group_id = %(group)s;
select v.* from annotation_mapvalue v where v.annotation_id in (
    select child from imageannotationlink where parent = any(%(images)s) and group_id = %(group)s
)

-- name: image
select * from image where id = %(image)s and group_id = %(group)s

-- name: object
select i.*, x.*, e.* from image i join experimenter x on x.id = i.owner_id join event e on e.id = i.creation_id
where i.id = %(image)s and i.group_id = %(group)s

-- name: count
select count(*) from datasetimagelink where parent = %(dataset)s and group_id = %(group)s

-- name: tags
select id, textvalue, description, owner_id, group_id, permissions, ns from annotation
where discriminator = '/basic/text/tag/' and group_id = %(group)s order by lower(textvalue), id

-- name: orphans
select i.id, i.name, i.owner_id, i.group_id, i.permissions, i.archived, i.fileset from image i
where i.owner_id = %(me)s and i.group_id = %(group)s
and not exists (select from datasetimagelink l where l.child = i.id and l.group_id = %(group)s)
and not exists (select from wellsample w where w.image = i.id and w.group_id = %(group)s)
order by lower(i.name), i.id

-- name: pairs
select l.parent from annotation_mapvalue v join annotation a on a.id = v.annotation_id
join imageannotationlink l on l.child = a.id
where v.name = 'sample' and v.value = %(sample)s and a.group_id = %(group)s and l.group_id = %(group)s

-- name: recent
select i.*, e.* from image i join event e on e.id = i.creation_id
where i.owner_id = %(me)s and i.group_id = %(group)s order by e.time desc, i.id desc limit 20
