"""What torch and CuPy make of frames in a GPU's memory; run by interop.ts inside Deno's process."""
import importlib
import json

import numpy


class Exported:
    """The two methods by which from_dlpack() takes an array; the capsule was made for `stream`."""

    def __init__(self, device, capsule):
        self.device = tuple(device)
        self.capsule = capsule
        self.asked = "nothing"

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        self.asked = repr(stream)
        return self.capsule


class Interface:
    """An object with __cuda_array_interface__."""

    def __init__(self, description):
        shape, typestr, (pointer, read_only), strides, version, stream = description
        self.__cuda_array_interface__ = {
            "shape": tuple(shape),
            "typestr": typestr,
            "data": (int(pointer), read_only),
            "strides": tuple(strides),
            "version": version,
            "stream": stream,
        }


def version_of(library):
    try:
        return json.dumps(importlib.import_module(library).__version__)
    except ImportError as error:
        return json.dumps(f"absent: {error}")


def take(library, device, capsule):
    """The array by DLPack."""
    exported = Exported(device, capsule)
    module = importlib.import_module(library)
    array = module.from_dlpack(exported)
    return array, exported.asked


def address(array):
    return array.data_ptr() if hasattr(array, "data_ptr") else array.data.ptr


def on_host(array):
    """Its values in host memory, by the consumer's own means."""
    if hasattr(array, "data_ptr"):
        import torch

        # torch cannot bring 16-bit unsigned integers of all kinds to numpy.
        if array.dtype == torch.uint16:
            return array.view(torch.int16).cpu().numpy().view("uint16")
        return array.cpu().numpy()
    import cupy

    return cupy.asnumpy(array)


def look(array, expected):
    """What is seen of an array, and whether it holds the bytes `expected`."""
    values = numpy.ascontiguousarray(on_host(array))
    return json.dumps(
        {
            "address": str(address(array)),
            "dtype": str(array.dtype),
            "shape": list(array.shape),
            "sameBytes": values.tobytes() == bytes(expected),
        }
    )


class Late:
    """torch's stream with slow work on it, behind which frames are copied."""

    def __init__(self, cycles):
        import torch

        self.torch = torch
        self.cycles = cycles
        self.stream = torch.cuda.Stream()
        self.copies = []

    def handle(self):
        return json.dumps(str(self.stream.cuda_stream))

    def copy(self, device, capsule):
        torch = self.torch
        with torch.cuda.stream(self.stream):
            torch.cuda._sleep(self.cycles)
            array, asked = take("torch", device, capsule)
            self.copies.append(array.clone())
            # The deleter is called here, while the copy still waits for the slow work.
            del array
        return json.dumps(asked)

    def is_behind(self):
        return json.dumps(not self.stream.query())

    def look(self, index, expected):
        self.stream.synchronize()
        return look(self.copies[index], expected)
