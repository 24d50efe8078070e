"""`input: images`: its sections of params.yaml, for images with an answer each, or with captions."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section
from kassandra.params.sections import kind
from kassandra.params.sections.folder import FolderOfFiles, Name
from kassandra.params.sections.kind import Fraction, Sections
from kassandra.params.sections.model import Model
from kassandra.params.sections.table_file import Column, TableFile


class Source(TableFile, FolderOfFiles):
    """Or your own images are a table, or a folder with `train`, `test` and perhaps `valid` tables, with an image in
    each row:

    pixels: its column of images, which hold numbers with spaces between (`70 80 82 …`), a list of them, or the bytes of
        an image file, as .parquet has them; or how the names of columns begin that hold a pixel each (`pixel` of
        pixel0, pixel1, …). Images are square; of colours, the three values of a pixel stand beside each other.
        `label`, `split` and `group` are then columns of this table.
    """

    pixels: Name | None = None

    @property
    def has_table(self) -> bool:
        return self.labels is not None or self.pixels is not None

    @model_validator(mode="after")
    def pixels_are_no_files(self) -> Self:
        named = [key for key in ("labels", "label_pattern", "file", "fold") if getattr(self, key) is not None]
        if self.pixels and named:
            raise ValueError(f"'pixels' is of a table that holds the images; {named[0]!r} is of files of images")
        if self.pixels and isinstance(self.label, list):
            raise ValueError("'pixels' takes one column of labels")
        return self


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


class CaptionsSource(TableFile):
    """Images with captions: your own are a folder of images with a table, a row for each caption, of which an image may
    have several. Known by their names are `captions.txt` (or .csv, .tsv, .jsonl, …), as Flickr8k has beside `Images/`,
    its `Flickr8k.token.txt`, Flickr30k's `results.csv`, and `metadata.csv` or `metadata.jsonl`. Lists of images called
    `train.txt`, `valid.txt` (or `dev`, `val`) and `test.txt`, or `Flickr_8k.trainImages.txt` and so on, say the splits;
    so may a column. The digits of `dataset: mnist` are spelled.

    captions: the table, where it is called otherwise.
    file, text, split: names of its columns; null takes the only one with a usual name (image, file, …; caption, text,
        …; split). The last may be missing.
    language: of the captions, by its code: BLEU of languages without spaces needs it.
    network: the one that sees the features of `prepare.scan: grid`; its weights are fetched as a data set is.
    """

    captions: Column | None = None
    file: Column | None = None
    text: Column | None = None
    split: Column | None = None
    language: Annotated[str | None, Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*$")] = None
    network: Literal["efficientnet-lite0"] | None = None


class CaptionsPrepare(Prepare):
    """Of images with captions:

    scan: `grid` shows a photograph of 224 × 224 pixels to a network that was trained on ImageNet: each of 7 × 7 places
        is a step of 320 features. `rows` and `pixels` suit small images.
    marks: whether captions keep marks such as `,` and `.`; an apostrophe or a hyphen within a word always stays. The
        caption is trained on and scored in this form, in lower case with `lowercase`.
    """

    scan: Literal["rows", "pixels", "grid"] = "rows"  # type: ignore[assignment]
    marks: bool = False

    @model_validator(mode="after")
    def a_grid_has_one_size(self) -> Self:
        of_pixels = sorted(self.model_fields_set & {"size", "channels", "permute"})
        if self.scan == "grid" and of_pixels:
            raise ValueError(f"scan 'grid' does not use {of_pixels[0]!r}: the network reads 224 × 224 pixels in colour")
        return self


class CaptionsModel(Model):
    """Of images with captions:

    recurrent: whether the variant reads the steps before the decoder looks back at them. `false` leaves each step of a
        grid as it is, but for a linear layer of `hidden_size`, and begins from their mean, as Xu et al. (2015) do; the
        only LSTM is then that of the decoder, and the variant `vanilla`.
    """

    recurrent: bool = True

    @model_validator(mode="after")
    def without_recurrence_nothing_varies(self) -> Self:
        if not self.recurrent and (self.variant != "vanilla" or self.readout != "last"):
            used = "'readout'" if self.variant == "vanilla" else f"variant {self.variant!r}"
            raise ValueError(f"recurrent: false does not use {used}; take variant 'vanilla' without a readout")
        return self

    def encoder(self, input_size: int) -> Any:
        if self.recurrent:
            return super().encoder(input_size)
        from kassandra.lstm.places import Places

        return Places(input_size, self.hidden_size)


class CaptionsTrain(kind.Train):
    """Of images with captions:

    batch_tokens: a step reads captions of about the same length, padded to the longest, so many tokens in all, each
        with its image.
    """

    batch_tokens: int = Field(1024, ge=1)


examples = Sections(source=Source, prepare=Prepare, train=Train)
captions = Sections(source=CaptionsSource, prepare=CaptionsPrepare, model=CaptionsModel, train=CaptionsTrain)
