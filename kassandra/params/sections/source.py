"""Where the data of a pipeline come from: what the `source:` sections of all inputs share."""

from typing import Self

from pydantic import Field, model_validator

from kassandra.contracts.section import Section


class Source(Section):
    """Where the data come from: `dataset`, an entry of the catalogue, or `path`, your own file or folder."""

    dataset: str | None = Field(None, min_length=1)
    path: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def one_place(self) -> Self:
        if (self.dataset is None) == (self.path is None):
            raise ValueError("give either 'dataset' (an entry of the catalogue) or 'path' (your own data)")
        return self
