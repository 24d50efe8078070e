"""Programs of about 20 lines that run exported files and use nothing of Kassandra, put together from both kinds."""

from types import ModuleType

PYTHON = '''"""Runs model.onnx, or the file in the environment variable MODEL, on one input: python example.py INPUT"""

import json
import os
import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(os.environ.get("MODEL", "model.onnx"))
about = json.loads(session.get_modelmeta().custom_metadata_map["kassandra"])
'''
INPUT = "# INPUT\n"  # where a target's PROGRAM has the lines of the input, which make `feeds`
RUN = """
names = [output.name for output in session.get_outputs()]
outputs = dict(zip(names, session.run(names, feeds)))
"""
JAVASCRIPT = """// Runs model.onnx on one input: node example.mjs INPUT (npm install onnxruntime-web)
import fs from "node:fs";
import * as ort from "onnxruntime-web";

const session = await ort.InferenceSession.create(fs.readFileSync("model.onnx"));
const about = JSON.parse(fs.readFileSync("export.json", "utf-8")).about;
"""
RUN_JAVASCRIPT = "const outputs = await session.run(feeds);\n"


def examples(target: ModuleType, input: ModuleType, reading: str) -> dict[str, str]:
    """By name of their file; none of what a kind has no lines for. Where a target needs a loop, `PROGRAM` is all, but
    for the lines of the input, which may be asked for in it."""
    found = {}
    programs = {name: str(getattr(target, name, "")) for name in ("PROGRAM", "PYTHON", "JAVASCRIPT")}
    if INPUT in programs["PROGRAM"] and reading in input.PYTHON:
        found["example.py"] = programs["PROGRAM"].replace(INPUT, input.PYTHON[reading].lstrip())
    elif programs["PROGRAM"] and INPUT not in programs["PROGRAM"]:
        found["example.py"] = programs["PROGRAM"]
    elif reading in input.PYTHON and programs["PYTHON"]:
        found["example.py"] = f"{PYTHON}{input.PYTHON[reading].lstrip()}{RUN.lstrip()}{programs['PYTHON'].lstrip()}"
    if reading in input.JAVASCRIPT and programs["JAVASCRIPT"]:
        own = input.JAVASCRIPT[reading].lstrip()
        found["example.mjs"] = f"{JAVASCRIPT}{own}{RUN_JAVASCRIPT}{programs['JAVASCRIPT'].lstrip()}"
    return found
