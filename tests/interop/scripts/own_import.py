"""An import made by hand: the fileset, the upload, its checksums, and waiting with a callback."""

import hashlib
import os

from shared import GIVEN, answer, gateway

import omero
import omero.callbacks
import omero.gateway
import omero.grid
import omero.model
from omero.rtypes import rbool, rstring, unwrap

connection = gateway()
client, found = connection.c, {}
repository = client.getManagedRepository()


def fileset_of(paths):
    fileset = omero.model.FilesetI()
    for path in paths:
        entry = omero.model.FilesetEntryI()
        entry.setClientPath(rstring(path))
        fileset.addFilesetEntry(entry)
    job = omero.model.UploadJobI()
    job.setVersionInfo([omero.model.NamedValue("python", "3.10"), omero.model.NamedValue("locale", "C")])
    fileset.linkJob(job)
    return fileset


def settings_of(algorithm, target=None):
    settings = omero.grid.ImportSettings()
    settings.doThumbnails = rbool(True)
    settings.noStatsInfo = rbool(False)
    settings.userSpecifiedTarget = target
    settings.userSpecifiedName = rstring("By hand")
    settings.userSpecifiedDescription = None
    settings.userSpecifiedAnnotationList = None
    settings.userSpecifiedPixels = None
    settings.checksumAlgorithm = omero.model.ChecksumAlgorithmI()
    settings.checksumAlgorithm.value = rstring(algorithm)
    return settings


def upload(process, paths):
    hashes = []
    for index, path in enumerate(paths):
        store, digest, offset = process.getUploader(index), hashlib.sha1(), 0
        try:
            with open(path, "rb") as stream:
                while True:
                    block = stream.read(100000)
                    if not block:
                        break
                    digest.update(block)
                    store.write(block, offset, len(block))
                    offset += len(block)
            found.setdefault("offsets", []).append([process.getUploadOffset(index), os.path.getsize(path)])
        finally:
            store.close()
        hashes.append(digest.hexdigest())
    return hashes


def response_of(handle):
    callback = omero.callbacks.CmdCallbackI(client, handle)
    callback.loop(120, 500)
    response = callback.getResponse()
    callback.close(True)
    return response


paths = GIVEN["paths"]
dataset = omero.gateway.DatasetWrapper(connection, omero.model.DatasetI())
dataset.setName("From an official client")
dataset.save()
target = omero.model.DatasetI(dataset.getId(), False)
suggested = repository.suggestChecksumAlgorithm(repository.listChecksumAlgorithms())
found["suggested"] = suggested.value.val
process = repository.importFileset(fileset_of(paths), settings_of("SHA1-160", target))
found["listed"] = len(repository.listImports())
found["settings"] = process.getImportSettings().userSpecifiedName.val
found["handle before"] = process.getHandle() is None
hashes = upload(process, paths)
try:
    process.verifyUpload(["0" * 40] * len(paths))
except omero.ChecksumValidationException as error:
    found["wrong"] = [sorted(error.failingChecksums), error.failingChecksums[0] == hashes[0]]
response = response_of(process.verifyUpload(hashes))
process.close()
found["response"] = type(response).__name__
images = [one for one in response.objects if isinstance(one, omero.model.ImageI)]
found["images"] = [image.id.val for image in images]
found["pixels"] = [one.image.id.val for one in response.pixels]
image = connection.getObject("Image", images[0].id.val)
found["image"] = [image.getName(), image.getParent().getName(), image.getSizeX()]
files = list(image.getImportedImageFiles())
found["files"] = sorted(one.getHash() for one in files) == sorted(hashes)
found["ok"] = list(repository.verifyChecksums([one.getId() for one in files]))
md5 = next(one for one in repository.listChecksumAlgorithms() if one.value.val == "MD5-128")
ids = [one.getId() for one in files]
found["changed"] = sorted(repository.setChecksumAlgorithm(md5, ids)) == sorted(ids)

process = repository.importPaths(paths[:1])
hashes = upload(process, paths[:1])
found["importPaths"] = type(response_of(process.verifyUpload(hashes))).__name__
process.close()

process = repository.importFileset(fileset_of(["/some/where/broken.tif"]), settings_of("SHA1-160"))
store = process.getUploader(0)
store.write(b"nothing", 0, 7)
store.close()
response = response_of(process.verifyUpload([hashlib.sha1(b"nothing").hexdigest()]))
process.close()
found["broken"] = [type(response).__name__, response.name]
found["left"] = len(unwrap(repository.listImports()))
answer(found)
connection.close()
