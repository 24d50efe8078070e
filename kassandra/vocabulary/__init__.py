"""What texts share on both sides: tokens, languages, streams of ids.

dvc.yaml depends on folders of kinds and cannot say which of them use it. So each kind that imports a module from here
has a link to it in its `train` folder (`tokens.link`), whose content DVC hashes with the rest.
"""
