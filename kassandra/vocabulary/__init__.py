"""What texts share on both sides: tokens, languages, streams of ids.

Only some kinds use it, and dvc.yaml cannot say which: it depends on folders of kinds. So each kind that imports a
module of this room has a link to it in its `train` folder (`tokens.link`), whose content DVC hashes with the rest.
"""
