"""NumPy arrays out of PostgreSQL's binary format of arrays, `array_send`, without a Python object per element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

HEADER = 3
"""Numbers of 4 bytes before the dimensions: how many dimensions, whether there are nulls, type of the elements."""
TYPES = {20: ">i8", 23: ">i4", 700: ">f4", 701: ">f8"}
"""Object identifier of a type of PostgreSQL -> that of its elements' bytes."""


def array_of(sent: bytes | None) -> npt.NDArray[Any]:
    """The array that was sent, of as many dimensions as it has; an empty one, int64[0], for null and for no elements.

    Args:
        sent: What `array_send` gives of an array of numbers without nulls.

    Raises:
        ValueError: It has nulls, or elements of another type than whole and floating-point numbers.
    """
    if sent is None:
        return np.empty(0, np.int64)
    dimensions, nulls, element = np.frombuffer(sent, ">i4", HEADER).tolist()
    if nulls or element not in TYPES:
        raise ValueError(f"an array of type {element}{' with nulls' if nulls else ''} cannot be read")
    if not dimensions:
        return np.empty(0, np.int64)
    shape = np.frombuffer(sent, ">i4", 2 * dimensions, HEADER * 4)[::2]
    kind = np.dtype([("length", ">i4"), ("value", TYPES[element])])
    values = np.frombuffer(sent, kind, offset=(HEADER + 2 * dimensions) * 4)["value"]
    return values.astype(values.dtype.newbyteorder("=")).reshape(shape)
