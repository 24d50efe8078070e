"""The page of `kassandra serve`: what there is to call, with a form to try it. It loads nothing from elsewhere."""

import html
import json
from collections.abc import Sequence
from typing import Any

STYLE = """
:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto;
padding: 0 1rem } code, pre, textarea { font: 14px/1.4 ui-monospace, monospace } textarea { width: 100% }
pre:empty { display: none }
pre { overflow-x: auto; border: 1px solid gray; padding: .6rem; white-space: pre-wrap; overflow-wrap: anywhere }
section { border-top: 1px solid gray; margin-top: 1.5rem } button { font: inherit; padding: .3rem 1rem }
"""
SCRIPT = """
for (const form of document.forms) form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const out = form.querySelector("pre");
  out.textContent = "…";
  try {
    const file = form.elements.files, json = form.elements.body;
    const options = file ? { method: "POST", body: new FormData(form) }
      : { method: "POST", body: json.value, headers: { "content-type": "application/json" } };
    const answer = await fetch(form.action, options);
    out.textContent = answer.status + "\\n" + JSON.stringify(await answer.json(), null, 1);
  } catch (error) { out.textContent = String(error); }
});
"""


def page(schema: dict[str, Any], models: Sequence[dict[str, Any]]) -> str:
    """Of the OpenAPI schema, and what `/models` says."""
    calls = "".join(
        f"<dt><code>{html.escape(method.upper())} {html.escape(path)}</code></dt>"
        f"<dd>{html.escape(operation.get('description', ''))}</dd>"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    )
    body = "".join(map(_model, models))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Kassandra</title>'
        f"<style>{STYLE}</style></head><body><h1>Kassandra</h1><dl>{calls}</dl>"
        f'<p>The schema: <a href="openapi.json">openapi.json</a></p>{body}<script>{SCRIPT}</script></body></html>\n'
    )


def _model(model: dict[str, Any]) -> str:
    name = html.escape(model["name"])
    title = f"<section><h2>{name}</h2><p>{html.escape(model['input'])} → {html.escape(model['target'])}"
    title += f": {html.escape(model['predicts'])}</p>" if model["predicts"] else "</p>"
    files = (
        f'<form action="models/{name}/files"><label>Files <input type="file" name="files" multiple required></label> '
        "<button>Predict</button><pre aria-live=polite></pre></form>"
    )
    example = json.dumps({"inputs": ["…"], "options": {}}, ensure_ascii=False)
    area = f'<textarea name="body" rows="5">{html.escape(example)}</textarea>'
    as_json = (
        f'<form action="models/{name}/predict"><label>JSON{area}</label>'
        "<button>Predict</button><pre aria-live=polite></pre></form>"
    )
    return f"{title}{as_json if model['json'] else ''}{files if model['files'] else ''}</section>"
