"""`kassandra params --schema`: params.yaml as a JSON Schema, which editors complete and check by."""

from typing import Any

from kassandra.params.sections.pipeline import Seed, kinds, pipeline_of, readers


def schema() -> dict[str, Any]:
    """Of params.yaml; each pair of input and target has its own keys."""
    pairs = [(input, target) for target in kinds("targets") for input in readers(target)]
    defined, choices = {}, []
    for input, target in pairs:
        name = f"{input}-{target}"
        of_pair = pipeline_of(input, target).model_json_schema(ref_template=f"#/$defs/{name}/$defs/{{model}}")
        defined[name] = of_pair
        is_pair = {"properties": {"input": {"const": input}, "target": {"const": target}}}
        choices.append({"if": is_pair, "then": {"$ref": f"#/$defs/{name}"}})
    pipeline = {
        "type": "object",
        "required": ["input", "target"],
        "properties": {"input": {"enum": kinds("inputs")}, "target": {"enum": kinds("targets")}},
        "allOf": choices,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "params.yaml of Kassandra",
        "type": "object",
        "additionalProperties": False,
        "required": ["pipelines"],
        "properties": {
            "seed": Seed.model_json_schema()["properties"]["seed"],
            "pipelines": {"type": "object", "additionalProperties": pipeline},
        },
        "$defs": defined,
    }
