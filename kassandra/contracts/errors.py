"""The one exception that means: the user can mend this."""


class KassandraError(Exception):
    """A mistake in what the user gave (parameters, files, network), in one sentence: where, what, what instead.

    Scripts and the command line print its text without a traceback and exit with 1. Anything else that is raised is a
    defect of ours and keeps its traceback.
    """
