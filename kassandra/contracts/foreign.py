"""Files that are no table, text, image or recording, by their first bytes: what they are, and what to make of them."""

import zipfile
from pathlib import Path

CSV = "write its table into a .csv"
FEATHER = "an Arrow or Feather file; write it as .parquet: `pandas.read_feather(FILE).to_parquet('table.parquet')`"
STATA = "a data set of Stata (.dta); write it into a .csv: `pandas.read_stata(FILE).to_csv('table.csv')`"
MARKS = {
    b"\xd0\xcf\x11\xe0": "an old workbook (.xls); save it as .xlsx or .csv",
    b"%PDF": "a PDF; a table is asked for",
    b"SQLite format 3": f"a database of SQLite; {CSV}: `sqlite3 -header -csv FILE 'select * from TABLE' > table.csv`",
    b"\x89HDF": "HDF5 (as .h5, .hdf5, .mat); write the table into a .csv or .parquet",
    b"\x93NUMPY": "an array of NumPy (.npy); write its rows into a .csv, or its images into a folder for each label",
    b"MATLAB": "a file of MATLAB; write the table into a .csv: `writetable`",
    b"<stata_dta>": STATA,
    b"r\x02\x01\x00": STATA,
    b"r\x01\x01\x00": STATA,
    b"s\x02\x01\x00": STATA,
    b"$FL2": "a data set of SPSS (.sav); write it into a .csv: `pandas.read_spss(FILE).to_csv('table.csv')`",
    b"$FL3": "a data set of SPSS (.zsav); write it into a .csv: `pandas.read_spss(FILE).to_csv('table.csv')`",
    b"ARROW1": FEATHER,
    b"FEA1": FEATHER,
    b"Obj\x01": f"an Avro file; {CSV}",
    b"ORC": f"an ORC file; {CSV} or .parquet",
    b"RDX": f"data of R; {CSV}: `write.csv`",
    b"RDA": f"data of R; {CSV}: `write.csv`",
    b"X\n\x00\x00\x00": f"data of R (.rds); {CSV}: `write.csv`",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it, or pack it as .zip",
    b"Rar!": "a RAR archive; unpack it, or pack it as .zip",
    b"(\xb5/\xfd": "packed by Zstandard; unpack it, or pack it by gzip",
}
PICKLE = (
    "a pickle of Python, which is never opened, as that runs what is in it; write its table into a .csv, or its "
    "images into a folder for each label"
)
PICKLED = tuple(b"\x80" + bytes([version]) for version in range(2, 6))
HEIF = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")


def foreign(path: Path) -> str | None:
    """What a file is that is not read, and what to do; None of others."""
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError:
        return None
    return of_bytes(start) or _packed(path, start)


def of_bytes(start: bytes) -> str | None:
    """The same, by the first 64 bytes."""
    if what := next((what for mark, what in MARKS.items() if start.startswith(mark)), None):
        return what
    if is_heif(start):
        return "an image of the kind HEIC (HEIF), which is not read; save it as JPEG or PNG: `heif-convert`"
    return PICKLE if start.startswith(PICKLED) else None


def is_heif(start: bytes) -> bool:
    """An image as telephones take it."""
    return start[4:8] == b"ftyp" and start[8:12] in HEIF


def _packed(path: Path, start: bytes) -> str | None:
    """Of a .zip that is a document, or holds arrays."""
    if path.name.lower().endswith(PICKLES):
        return PICKLE
    if not start.startswith(b"PK") or not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            kind = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return None
    if names and all(name.endswith(".npy") for name in names):
        some = ", ".join(names[:4])
        return f"arrays of NumPy (.npz: {some}); write images into a folder for each label, or rows into a .csv"
    if "word/document.xml" in names:
        return "a document of Word; save its text as .txt, or its table as .csv"
    if b"opendocument.spreadsheet" in kind:
        return "a spreadsheet of LibreOffice (.ods); save it as .xlsx or .csv"
    return "a document of LibreOffice; save its text as .txt" if b"opendocument" in kind else None
