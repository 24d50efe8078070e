"""What whoever runs an exported model of texts has to know of its inputs; the tokenizer is a file beside it."""

from typing import Any


def lengths(reading: str, meta: dict[str, Any]) -> bool:
    """Whether rows are padded: the parts of a stream are not."""
    return reading != "stream"


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    return {
        key: meta[key]
        for key in ("max_length", "keep", "tokens", "vocabulary", "lowercase", "languages", "alphabet")
        if key in meta
    }


def beside(meta: dict[str, Any]) -> dict[str, str]:
    """Files by name: tokenizers as the library `tokenizers` writes them, `source` and `target` where they are two."""
    if "tokenizer" in meta:
        return {"tokenizer.json": meta["tokenizer"]}
    kinds = meta.get("tokenizers", {})
    names = {kind: "tokenizer.json" if kind == "joint" else f"tokenizer-{kind}.json" for kind in kinds}
    return {names[kind]: content for kind, content in kinds.items()}


PYTHON = {
    "examples": """
from tokenizers import Tokenizer

ids = Tokenizer.from_file("tokenizer.json").encode(sys.argv[1], add_special_tokens=False).ids or [1]
most = about["max_length"]
first = {"start": most, "end": 0, "ends": most - most // 2}[about["keep"]]
ids = ids if len(ids) <= most else ids[:first] + ids[len(ids) - (most - first) :]
feeds = {"inputs": np.array([ids]), "lengths": np.array([len(ids)])}
""",
    "pairs": """
source = Tokenizer.from_file("tokenizer.json" if os.path.exists("tokenizer.json") else "tokenizer-source.json")
ids = [*(source.encode(sys.argv[1], add_special_tokens=False).ids or [1]), 3]  # </s>
feeds = {"inputs": np.array([ids]), "lengths": np.array([len(ids)])}
""",
    "steps": """
words = sys.argv[1].split()
known, letters = ({token: place for place, token in enumerate(about[key])} for key in ("vocabulary", "alphabet"))
spelled = [word if len(word) <= 64 else word[:32] + word[-32:] for word in words]
inputs = np.zeros((1, len(words), 1 + max(map(len, spelled))), np.int64)
for place, word in enumerate(words):
    inputs[0, place, 0] = known.get(word.lower() if about["lowercase"] else word, 1)
    inputs[0, place, 1 : 1 + len(spelled[place])] = [letters.get(letter, 1) for letter in spelled[place]]
feeds = {"inputs": inputs, "lengths": np.array([len(words)])}
""",
}

# `examples`: of token ids, separated by commas: tokenizers for JavaScript read the same tokenizer.json.
JAVASCRIPT = {
    "examples": """
const ids = process.argv[2].split(",").map(BigInt);
const feeds = {
  inputs: new ort.Tensor("int64", BigInt64Array.from(ids), [1, ids.length]),
  lengths: new ort.Tensor("int64", BigInt64Array.of(BigInt(ids.length)), [1]),
};
""",
    "steps": """
const words = process.argv[2].split(/\\s+/u).filter(Boolean);
const places = (tokens) => new Map(tokens.map((token, place) => [token, place]));
const [known, letters] = [about.vocabulary, about.alphabet].map(places);
const cut = (word) => (word.length <= 64 ? word : [...word.slice(0, 32), ...word.slice(-32)]);
const spelled = words.map((word) => cut(Array.from(word)));
const width = 1 + Math.max(...spelled.map((word) => word.length));
const ids = new BigInt64Array(words.length * width);
words.forEach((word, place) => {
  const whole = known.get(about.lowercase ? word.toLowerCase() : word);
  const own = [whole, ...spelled[place].map((letter) => letters.get(letter))];
  own.forEach((id, k) => (ids[place * width + k] = BigInt(id ?? 1)));
});
const feeds = {
  inputs: new ort.Tensor("int64", ids, [1, words.length, width]),
  lengths: new ort.Tensor("int64", BigInt64Array.of(BigInt(words.length)), [1]),
};
""",
}
