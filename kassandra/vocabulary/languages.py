"""Languages by their codes, and how their words are separated."""

# ISO 639-1 and 639-3.
CHINESE = {"zh", "zho", "chi", "cmn", "yue"}
UNSPACED = {*CHINESE, "ja", "jpn", "th", "tha", "lo", "lao", "km", "khm", "my", "mya"}  # no space between words
BY_CHARACTER = (UNSPACED | {"ko", "kor"}) - CHINESE  # for their words sacrebleu needs further packages
# Their scripts, as a class of a regular expression: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
UNSPACED_SIGNS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"


def code(language: str | None) -> str:
    """What a language is called without its region: zh of zh_CN."""
    return (language or "").lower().replace("-", "_").split("_")[0]


def bleu_tokenizer(language: str | None) -> str:
    """The one of sacrebleu that splits a target language into what BLEU counts; signatures name it.

    >>> bleu_tokenizer("fr"), bleu_tokenizer("zh_CN"), bleu_tokenizer("jpn"), bleu_tokenizer(None)
    ('13a', 'zh', 'char', '13a')
    """
    return "zh" if code(language) in CHINESE else "char" if code(language) in BY_CHARACTER else "13a"
