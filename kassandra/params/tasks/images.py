"""`task: images`: its sections of params.yaml."""

from typing import Literal

from pydantic import Field

from kassandra.params import pipeline as params
from kassandra.params.model import ModelParams
from kassandra.params.pipeline import Fraction, Source, Train
from kassandra.params.section import Section


class ImagesPrepare(Section):
    """How images become sequences and splits.

    scan: `rows` gives height steps of width features, `pixels` height × width steps of one feature.
    permute: a fixed random order of the pixels, the same for every image (permuted sequential benchmark).
    valid_fraction: share of the train images kept for validation, drawn by class and seed.
    test_fraction: the same for the test split, where one's own data come without one.
    size: images of one's own are resized to (size, size) pixels in grey; idx files keep their size.
    limit: only so many train images (and a sixth of that for test), for a quick try; null takes all.
    """

    scan: Literal["rows", "pixels"] = "rows"
    permute: bool = False
    valid_fraction: Fraction = 1 / 12
    test_fraction: Fraction = 1 / 6
    size: int = Field(28, ge=4, le=512)
    limit: int | None = Field(None, ge=100)


class Distortion(Section):
    """Random affine distortion of train images, fresh for each image in each epoch, every value a largest magnitude.

    shift: pixels. rotate: degrees. scale: share of the size. shear: degrees.
    """

    shift: float = Field(0.0, ge=0, le=14)
    rotate: float = Field(0.0, ge=0, le=180)
    scale: float = Field(0.0, ge=0, lt=1)
    shear: float = Field(0.0, ge=0, le=45)


class ImagesTrain(Train):
    """Of images only:

    batch_size: images per step.
    label_smoothing: share of the target probability spread over all classes.
    """

    batch_size: int = Field(64, ge=1, le=1_000_000)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    distort: Distortion | None = None


class Pipeline(params.Pipeline):
    """Images read row by row (or pixel by pixel) and classified."""

    task: Literal["images"]
    source: Source
    prepare: ImagesPrepare
    model: ModelParams
    train: ImagesTrain
