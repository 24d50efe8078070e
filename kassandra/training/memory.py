"""What a training needs of memory beside the weights of its model, before it begins."""

from rich.filesize import decimal
from torch import nn

from kassandra.contracts.memory import check


def enough(model: nn.Module, name: str, processes: int = 1) -> list[str]:
    """A caution where the training of a model that has been built may not fit beside its weights; of a CPU's memory.

    Gradients and the two moments of AdamW are as large as the weights that are trained, and so are the best weights,
    which are kept; a checkpoint holds weights, best weights and moments, for a moment twice. Batches come on top.

    Args:
        name: of the pipeline. processes: members that are trained side by side.

    Raises:
        KassandraError: not even this one fits.
    """
    weights = [each for each in model.parameters() if each.device.type == "cpu"]
    size, trained = (sum(each.nbytes for each in some) for some in (weights, [w for w in weights if w.requires_grad]))
    least, checkpoint = 3 * trained + size, 4 * size + 4 * trained
    what = f"gradients, moments, copies and a checkpoint of {decimal(size)} of weights"
    instead = "make the vocabulary, model.hidden_size or model.embedding_size smaller, or take another machine"
    return check(f"train of {name}", what, processes * (least + checkpoint), least, instead)
