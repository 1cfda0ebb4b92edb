"""Tiles of one image, each as nested lists; [[z, c, t, [x, y, width, height]], ...] are given."""

from shared import GIVEN, answer, gateway

connection = gateway()
pixels = connection.getObject("Image", GIVEN["image"]).getPrimaryPixels()
tiles = [pixels.getTile(z, c, t, tile).tolist() for z, c, t, tile in GIVEN["tiles"]]
wanted = [(z, c, t, tuple(tile)) for z, c, t, tile in GIVEN["tiles"]]
assert [tile.tolist() for tile in pixels.getTiles(wanted)] == tiles
answer(tiles)
connection.close()
