"""The format of the dumps: lines "name type dimensions", a line "end", then
the arrays in that order, little-endian, without gaps."""

import numpy as np

TYPES = {"u8": "u1", "f32": "<f4", "f64": "<f8"}


def write(path, arrays):
    """arrays: (name, type, values) each."""
    with open(path, "wb") as f:
        for name, kind, a in arrays:
            line = [name, kind] + [str(d) for d in a.shape]
            f.write((" ".join(line) + "\n").encode())
        f.write(b"end\n")
        for _, kind, a in arrays:
            f.write(np.ascontiguousarray(a, TYPES[kind]).tobytes())
