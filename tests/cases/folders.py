"""Folders of images, recordings and texts: what their owners expect."""

from tests.cases.harness import Case

IMAGES = [
    Case("30b-images-nested-train-valid-test", meta={"examples.valid": 32}, predict=("data/test/circle/0.PNG",)),
    Case("31-images-hidden-folders", reports=("hidden folders: 4 left out",), meta={"classes": ["circle", "square"]}),
    Case(
        "31b-images-macosx-empty-hidden", reports=("begin with _: 1 left out",), meta={"classes": ["circle", "square"]}
    ),
    Case("32-images-exif-rotation", meta={"classes": ["down", "up"]}, predict=("arrows/up/IMG_1.JPG",)),
    Case("33b-images-12bit", reports=("more than 8 bits",), predict=("xray/circle/0.png",)),
    Case("34-images-colour", section={"prepare.channels": "rgb"}, predict=("ripe/ripe/1.jpg",), last="evaluate"),
    Case("35-images-mixed-modes", reports=("120 images in 2 classes",)),
    Case("36-images-one-folder-plus-csv", section={"source.labels": "labels.csv", "source.file": "id"}),
    Case("37-images-class-folder-empty", meta={"classes": ["circle", "square"]}),
    Case("38-one-corrupt-image", reports=("2 of 34 images .* cannot be used", "by label: Cat 1, Dog 1")),
]
RECORDINGS = [
    Case(
        "40-speech-commands-layout",
        reports=("begin with _: 3 left out", "the validation split is your own"),
        meta={"classes": ["no", "up", "yes"], "examples": {"train": 30, "valid": 12, "test": 12}},
    ),
    Case("41b-speech-mp3-only", meta={"classes": ["no", "yes"]}),
    Case("42-esc50-metadata-csv", section={"source.labels": "meta/esc50.csv", "source.fold": "fold"}),
    Case("43-one-silent-clip", reports=("silent from beginning to end", "too short, 5 ms")),
    Case("44-speech-train-val", reports=("the validation split is your own",), meta={"examples.valid": 24}),
]
TEXTS = [Case("12-aclImdb-folder", reports=("splits: ", "imdb.vocab"), predict=("a fine film",))]
CASES = [*IMAGES, *RECORDINGS, *TEXTS]
