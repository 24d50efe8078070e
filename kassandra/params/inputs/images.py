"""`input: images`: its sections of params.yaml."""

from typing import Literal

from pydantic import Field

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.folder import FolderOfFiles
from kassandra.params.sections.kind import Fraction, Sections


class Prepare(Section):
    """How images become sequences.

    scan: `rows` gives height steps of width features, `pixels` height × width steps of one feature.
    permute: a fixed random order of the pixels, the same for every image (permuted sequential benchmark).
    size: your own images are resized to (size, size) pixels; idx files keep their size.
    channels: `grey`, or `rgb`: three values of each pixel, side by side in its step. What is transparent is white. An
        image that is stored sideways is turned as its EXIF orientation says.
    valid_fraction, test_fraction: as MNIST has them, where nothing else is said.
    """

    scan: Literal["rows", "pixels"] = "rows"
    permute: bool = False
    size: int = Field(28, ge=4, le=512)
    channels: Literal["grey", "rgb"] = "grey"
    valid_fraction: Fraction = 1 / 12
    test_fraction: Fraction = 1 / 6


class Distortion(Section):
    """Random affine distortion of train images, fresh for each image in each epoch, every value a largest magnitude.

    shift: pixels. rotate: degrees. scale: share of the size. shear: degrees.
    """

    shift: float = Field(0.0, ge=0, le=14)
    rotate: float = Field(0.0, ge=0, le=180)
    scale: float = Field(0.0, ge=0, lt=1)
    shear: float = Field(0.0, ge=0, le=45)


class Train(kind.Train):
    """Of images:

    batch_size: images per step.
    """

    batch_size: int = Field(64, ge=1, le=1_000_000)
    distort: Distortion | None = None


examples = Sections(source=FolderOfFiles, prepare=Prepare, train=Train)
