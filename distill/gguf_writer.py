"""Writes GGUF: metadata, then tensors as F32 or Q8_0.

Q8_0 stores 32 values with one half-precision scale. We give all blocks of a row the same scale: any reader of Q8_0 can use the file, and
src/engine, which wants one scale per row, packs it without rounding again.
"""

import struct

import numpy as np

ALIGNMENT = 32
F32, Q8_0 = 0, 8
SCALARS = {"u8": (0, "<B"), "u32": (4, "<I"), "i32": (5, "<i"), "f32": (6, "<f"), "bool": (7, "<?"), "u64": (10, "<Q")}
_STRING, _ARRAY = 8, 9


def _string(text):
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def quantize_rows(values):
    """[..., rows, columns] → (whole numbers in [-127, 127], half-precision scales [..., rows])."""
    scales = (np.abs(values).max(-1) / 127).astype(np.float16)
    # Rounded up, so that the largest value of a row stays within 127.
    low = scales.astype(np.float32) * 127 < np.abs(values).max(-1)
    scales = np.where(low, np.nextafter(scales, np.float16(np.inf)), scales)
    divisor = np.where(scales == 0, 1, scales).astype(np.float32)[..., None]
    return np.clip(np.rint(values / divisor), -127, 127).astype(np.int8), scales


def dequantized(values):
    """What a reader of the Q8_0 form sees."""
    whole, scales = quantize_rows(values)
    return whole.astype(np.float32) * scales.astype(np.float32)[..., None]


def _q8_bytes(values):
    whole, scales = quantize_rows(values)
    blocks = whole.reshape(*whole.shape[:-1], -1, 32)
    packed = np.zeros(blocks.shape[:-1], dtype=[("scale", "<f2"), ("values", "i1", 32)])
    packed["scale"] = scales[..., None]
    packed["values"] = blocks
    return packed.tobytes()


class GgufWriter:
    def __init__(self):
        self._keys = []
        self._tensors = []

    def scalar(self, key, kind, value):
        number, form = SCALARS[kind]
        self._keys.append(_string(key) + struct.pack("<I", number) + struct.pack(form, value))

    def text(self, key, value):
        self._keys.append(_string(key) + struct.pack("<I", _STRING) + _string(value))

    def array(self, key, kind, values):
        if kind == "text":
            number, data = _STRING, b"".join(_string(value) for value in values)
        else:
            number, form = SCALARS[kind]
            data = b"".join(struct.pack(form, value) for value in values)
        self._keys.append(_string(key) + struct.pack("<IIQ", _ARRAY, number, len(values)) + data)

    def tensor(self, name, values, as_bytes=False):
        """values: float array, slowest dimension first; GGUF lists dimensions the other way round."""
        values = np.ascontiguousarray(values, dtype=np.float32)
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds a weight that is not finite")
        if as_bytes and values.shape[-1] % 32 != 0:
            raise ValueError(f"{name}: rows of {values.shape[-1]} values do not fill blocks of 32; Q8_0 needs such dimensions")
        data = _q8_bytes(values) if as_bytes else values.tobytes()
        self._tensors.append((name, values.shape[::-1], Q8_0 if as_bytes else F32, data))

    def write(self, path):
        header = struct.pack("<IIQQ", 0x46554747, 3, len(self._tensors), len(self._keys)) + b"".join(self._keys)
        offset = 0
        for name, shape, kind, data in self._tensors:
            header += _string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
            offset += len(data) + -len(data) % ALIGNMENT
        with open(path, "wb") as file:
            file.write(header + b"\0" * (-len(header) % ALIGNMENT))
            for _, _, _, data in self._tensors:
                file.write(data + b"\0" * (-len(data) % ALIGNMENT))
