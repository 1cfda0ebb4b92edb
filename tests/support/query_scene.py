"""A small institute for tests of queries: a group whose data all members read, and the same again where they may not.

``ann`` reads everything of the group "lab". The group "secret" is private: what ``bob`` has there, and links from there
to objects of the lab, must never show up, neither as a row nor in a number.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from omero_server.db.engine import Database
from omero_server.db.tables import TABLES
from tests.support.scene import EVENT, NOON, PRIVATE, READ_ANNOTATE, Scene

IMAGES = [  # name, description, days after the first, series, archived
    ("Alpha.tif", "first light", 0, 0, True),
    ("beta.tif", None, 1, 1, False),
    ("Gamma [1].dv", "x" * 20, 40, 2, None),
    ("delta_50%.dv", "", 400, 0, False),
    ("it's", "quoted 'text'", 401, 1, True),
    ("omega", None, 402, 5, None),
]
ANNOTATIONS = {
    "tag": ("/basic/text/tag/", {"textvalue": "mitosis", "ns": None}),
    "tag2": ("/basic/text/tag/", {"textvalue": "Apoptosis", "ns": "bio"}),
    "comment": ("/basic/text/comment/", {"textvalue": "looks good", "ns": "bio"}),
    "xml": ("/basic/text/xml/", {"textvalue": "<a/>", "ns": None}),
    "term": ("/basic/term/", {"termvalue": "GO:1", "ns": "go"}),
    "long": ("/basic/num/long/", {"longvalue": 5, "ns": "rating"}),
    "long2": ("/basic/num/long/", {"longvalue": 3, "ns": "rating"}),
    "double": ("/basic/num/double/", {"doublevalue": 2.5, "ns": None}),
    "bool": ("/basic/bool/", {"boolvalue": True, "ns": None}),
    "time": ("/basic/time/", {"timevalue": NOON, "ns": None}),
    "map": ("/map/", {"ns": "pairs"}),
    "map2": ("/map/", {"ns": "pairs"}),
}
PAIRS = {"map": [("gene", "cdc2"), ("stage", "G2"), ("gene", "wee1")], "map2": [("gene", "cdc25")]}
TAG = 1  # id of the lab's first annotation
LINKED = [(0, "tag"), (0, "comment"), (0, "long"), (0, "map"), (1, "tag"), (1, "long2"), (1, "map2"), (2, "tag2"),
          (3, "double"), (4, "term")]  # fmt: skip


def institute(database: Database) -> Scene:
    """Put everything into a database."""
    with database.begin() as connection:
        scene = Scene(connection)
        laboratory(scene)
        secrets(scene)
    return scene


def laboratory(scene: Scene) -> None:
    """The people, and what all of them read."""
    lab = scene.group("lab", READ_ANNOTATE)
    scene.group("secret", PRIVATE)
    ann, bob = scene.user("ann", "lab", "secret"), scene.user("bob", "lab", "secret")
    _fill(scene, (ann, bob), lab)


def secrets(scene: Scene) -> None:
    """What only bob reads, some of it hanging on what others read."""
    secret, bob = scene.groups["secret"], scene.users["bob"]
    images, annotations = _fill(scene, (bob, bob), secret)
    stray = scene.annotation("/basic/text/tag/", bob, secret, textvalue="stray", ns="bio")
    scene.link("annotationannotationlink", stray, TAG, bob, secret)
    for image in range(1, len(IMAGES) + 1):
        scene.link("imageannotationlink", image, stray, bob, secret)
        scene.link("datasetimagelink", 4, image, bob, secret)
    scene.link("imageannotationlink", images[0], TAG, bob, secret)
    scene.link("datasetimagelink", 4, images[0], bob, secret)
    scene.add("channel", bob, secret, pixels=1, pixels_index=7, logicalchannel=1)
    roi = scene.add("roi", bob, secret, image=1)
    scene.add("shape", bob, secret, discriminator="rect", roi=1, roi_index=9, x=1.0, y=1.0)
    scene.add("shape", bob, secret, discriminator="rect", roi=roi, roi_index=0, x=1.0, y=1.0)
    scene.link("imageannotationlink", 2, annotations["map"], bob, secret)


def _fill(scene: Scene, people: tuple[int, int], group: int) -> tuple[list[int], dict[str, int]]:
    ann, bob = people
    images = _images(scene, people, group)
    annotations = {name: scene.annotation(kind, ann, group, **v) for name, (kind, v) in ANNOTATIONS.items()}
    for name, pairs in PAIRS.items():
        rows = [
            {"annotation_id": annotations[name], "name": k, "value": v, "index": n} for n, (k, v) in enumerate(pairs)
        ]
        scene.db.execute(insert(TABLES["annotation_mapvalue"]), rows)
    for number, (image, name) in enumerate(LINKED):
        scene.link("imageannotationlink", images[image], annotations[name], (ann, bob)[number % 2], group)
    scene.link("annotationannotationlink", annotations["tag2"], annotations["tag"], ann, group)
    _containers(scene, people, group, images, annotations)
    _plates(scene, bob, group, images)
    _rois(scene, ann, group, images)
    _hardware(scene, ann, group)
    _files(scene, ann, group, images, annotations)
    return images, annotations


def _images(scene: Scene, people: tuple[int, int], group: int) -> list[int]:
    made = []
    for number, (name, text, days, series, archived) in enumerate(IMAGES):
        event = scene.add("event", time=NOON + timedelta(days=days), status="", experimenter=people[0],
                          experimentergroup=group, session=0, type=1)  # fmt: skip
        moment = NOON + timedelta(days=days, hours=number, minutes=number, seconds=number)
        values = {"name": name, "description": text, "acquisitiondate": moment, "series": series, "archived": archived}
        owner = people[number % 2]
        image = scene.add("image", owner, group, **values)
        table = TABLES["image"]
        scene.db.execute(table.update().where(table.c.id == image).values(creation_id=event))
        made.append(image)
        if number < 5:
            pixels = scene.pixels(image, owner, group, channels=number + 1)
            unit = ("µm", "nm", "mm", "µm", None)[number]
            sizes = {"sizex": 100 * (number + 1), "sizey": 50, "sizez": number + 1, "sizet": 7 - number,
                     "physicalsizex": 0.25 * (number + 1) if unit else None, "physicalsizexunit": unit}  # fmt: skip
            scene.db.execute(TABLES["pixels"].update().where(TABLES["pixels"].c.id == pixels).values(**sizes))
            for t in range(number):
                scene.add("planeinfo", owner, group, pixels=pixels, thez=0, thec=0, thet=t, deltat=1.5 * t,
                          deltatunit="s", exposuretime=0.1, exposuretimeunit="s")  # fmt: skip
    return made


def _containers(
    scene: Scene, people: tuple[int, int], group: int, images: list[int], annotations: dict[str, int]
) -> None:
    ann, bob = people
    projects = [scene.add("project", ann, group, name=name, description=None) for name in ("P one", "P two")]
    datasets = [
        scene.add("dataset", owner, group, name=f"D{number}", description="d" * number)
        for number, owner in enumerate((ann, bob, ann, bob))
    ]
    for project, dataset in ((0, 0), (0, 1), (1, 1)):
        scene.link("projectdatasetlink", projects[project], datasets[dataset], ann, group)
    for dataset, image in ((0, 0), (0, 1), (0, 2), (1, 2), (1, 3), (2, 4)):
        scene.link("datasetimagelink", datasets[dataset], images[image], (ann, bob)[image % 2], group)
    scene.link("projectannotationlink", projects[0], annotations["tag2"], bob, group)
    scene.link("datasetannotationlink", datasets[0], annotations["tag2"], ann, group)
    parent = scene.add("folder", ann, group, name="outer")
    inner = scene.add("folder", ann, group, name="inner", parentfolder=parent)
    scene.link("folderimagelink", inner, images[0], ann, group)


def _plates(scene: Scene, owner: int, group: int, images: list[int]) -> None:
    screen = scene.add("screen", owner, group, name="screen")
    plate = scene.add("plate", owner, group, name="plate", rows=2, columns=3)
    scene.link("screenplatelink", screen, plate, owner, group)
    run = scene.add("plateacquisition", owner, group, plate=plate, name="run 1")
    for column in range(3):
        well = scene.add("well", owner, group, plate=plate, column=column, row=column % 2)
        for place in range(column):
            scene.add("wellsample", owner, group, well=well, well_index=place, image=images[column + place],
                      plateacquisition=run if place == 0 else None)  # fmt: skip


def _rois(scene: Scene, owner: int, group: int, images: list[int]) -> None:
    kinds = ("rect", "ellipse", "point", "rect", "text")
    for number in range(3):
        roi = scene.add("roi", owner, group, image=images[number], name=f"roi {number}")
        for place, kind in enumerate(kinds[: number * 2 + 1]):
            scene.add("shape", owner, group, discriminator=kind, roi=roi, roi_index=place, x=float(place), y=1.0,
                      thez=place, thet=None if place % 2 else 0, textvalue=f"{kind} {place}")  # fmt: skip


def _hardware(scene: Scene, owner: int, group: int) -> None:
    instrument = scene.add("instrument", owner, group)
    laser = {"type": 1, "lasermedium": 1, "wavelength": 488.0, "wavelengthunit": "nm"}
    for table, values in (("laser", laser), ("arc", {"type": 1}), ("filament", {"type": 1})):
        source = scene.add("lightsource", owner, group, instrument=instrument, model=f"the {table}")
        scene.db.execute(insert(TABLES[table]).values(lightsource_id=source, **values))
    for number in range(2):
        scene.add("objective", owner, group, instrument=instrument, immersion=1, correction=1,
                  nominalmagnification=20.0 * (number + 1), lensna=0.75)  # fmt: skip


def _files(scene: Scene, owner: int, group: int, images: list[int], annotations: dict[str, int]) -> None:
    files = [
        scene.add("originalfile", owner, group, path="/a/", name=name, size=size, mimetype=kind)
        for name, size, kind in (
            ("one.txt", 5, "text/plain"),
            ("two.tif", 2**40, "image/tiff"),
            ("dir", None, "Directory"),
        )
    ]
    attached = scene.annotation("/type/OriginalFile/", owner, group, file=files[0], ns="files")
    scene.link("imageannotationlink", images[5], attached, owner, group)
    fileset = scene.add("fileset", owner, group, templateprefix="ann_7/2024/")
    for place, file in enumerate(files[:2]):
        scene.add("filesetentry", owner, group, fileset=fileset, fileset_index=place, originalfile=file,
                  clientpath=f"/home/ann/{place}.tif")  # fmt: skip
    table = TABLES["image"]
    scene.db.execute(table.update().where(table.c.id.in_(images[:2])).values(fileset=fileset))
    for number, image in enumerate(images[:3]):
        scene.add("eventlog", None, None, entityid=image, entitytype="ome.model.core.Image", event=EVENT,
                  action=("INSERT", "UPDATE", "INSERT")[number])  # fmt: skip
