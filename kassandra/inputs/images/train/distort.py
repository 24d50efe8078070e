"""Random affine distortion of images of train."""

import torch
from torch import Tensor
from torch.nn import functional as F

from kassandra.params.inputs.images import Distortion


def distort(pixels: Tensor, by: Distortion, generator: torch.Generator) -> Tensor:
    """Each image moved, turned, scaled and sheared by its own random amount; (batch, height, width) as given."""
    size = len(pixels)
    shift_x, shift_y, turn, scale, shear = torch.rand(5, size, generator=generator) * 2 - 1  # each (batch,) in [-1, 1)
    turn, shear, scale = torch.deg2rad(turn * by.rotate), torch.deg2rad(shear * by.shear).tan(), 1 + scale * by.scale
    cos, sin = turn.cos() * scale, turn.sin() * scale
    height, width = pixels.shape[1:]
    tall = height / width  # the grid runs from -1 to 1 along both axes, whatever their lengths
    across = torch.stack([cos, (cos * shear - sin) * tall, shift_x * by.shift * 2 / width], dim=1)  # (batch, 3)
    down = torch.stack([sin / tall, sin * shear + cos, shift_y * by.shift * 2 / height], dim=1)  # (batch, 3)
    where = torch.stack([across, down], dim=1).to(pixels.device)  # (batch, 2, 3)
    grid = F.affine_grid(where, [size, 1, height, width], align_corners=False)
    return F.grid_sample(pixels[:, None], grid, padding_mode="border", align_corners=False)[:, 0]
