"""Receipts that reach the printer as pictures: rebuilt as the paper shows them, read by tesseract, proven.

>>> from drivers.raster import is_picture
>>> is_picture(b"Ca phe  2 x 25.000  50.000" + bytes((10,)))
False

Neither the imaging library nor tesseract is loaded before a picture is read.
"""

from drivers.errors import PictureReaderMissing
from drivers.raster.reader import PATIENCE, read_picture
from drivers.raster.telling import is_picture
from drivers.raster.tesseract import program as picture_reader

__all__ = ["PATIENCE", "PictureReaderMissing", "is_picture", "picture_reader", "read_picture"]
