"""URLs below ``/webgateway/``: rendered images, thumbnails and image data, the stable interface for other programs."""
