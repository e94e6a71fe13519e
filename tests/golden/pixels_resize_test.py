"""Resized RGB against the antialiased bilinear filter in float64 and, where torch can be imported,
against torch.nn.functional.interpolate.

Usage: pixels_resize_test.py PIXELS_TOOL   (needs numpy)
"""

import subprocess
import sys

import numpy as np

try:
    import torch
except ImportError:
    torch = None

DTYPES = {"u8": (0, np.uint8), "u16": (1, np.uint16), "f16": (2, np.float16), "f32": (3, np.float32)}
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32).astype(np.float64)
DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32).astype(np.float64)
# Picture, crop (x, y, width, height), target.
GEOMETRIES = [
    ((1920, 1080), (0, 0, 1920, 1080), (224, 224)),
    ((640, 360), (0, 0, 640, 360), (224, 224)),
    ((640, 360), (0, 0, 640, 360), (640, 360)),
    ((640, 360), (101, 33, 333, 217), (97, 61)),
    ((321, 241), (1, 1, 319, 239), (320, 240)),
    ((64, 48), (3, 5, 31, 17), (200, 131)),
    ((64, 48), (0, 0, 64, 48), (300, 7)),
    ((64, 48), (0, 0, 64, 48), (5, 300)),
    ((640, 360), (0, 0, 640, 360), (1, 1)),
    ((17, 9), (16, 8, 1, 1), (9, 4)),
    ((1, 1), (0, 0, 1, 1), (1, 1)),
]


def random_planes(rng, width, height, depth):
    """4:2:0 noise, half of it at the ends of the range, where errors are greatest."""
    planes = []
    for w, h in ((width, height), (-(-width // 2), -(-height // 2)), (-(-width // 2), -(-height // 2))):
        plane = rng.integers(0, 1 << depth, (h, w))
        extreme = rng.random((h, w)) < 0.5
        plane[extreme] = np.where(plane[extreme] >> (depth - 1), (1 << depth) - 1, 0)
        planes.append(plane.astype(np.uint8 if depth == 8 else np.uint16))
    return planes


def convert(tool, planes, depth, chw, dtype, crop=None, size=None):
    height, width = planes[0].shape
    number, kind = DTYPES[dtype]
    args = [width, height, 1, 1, depth, 1, 0, int(chw), number]
    if crop is not None:
        args += [*crop, *size]
        width, height = size
    raw = b"".join(p.tobytes() for p in planes)
    done = subprocess.run([tool, *map(str, args)], input=raw, capture_output=True, check=True)
    out = np.frombuffer(done.stdout, dtype=kind)
    return out.reshape(3, height, width).transpose(1, 2, 0) if chw else out.reshape(height, width, 3)


def filter_matrix(n_in, n_out):
    """Rows of weights: a triangle of half width max(1, n_in / n_out) around each output's centre."""
    ratio = n_in / n_out
    centres = (np.arange(n_out)[:, None] + 0.5) * ratio
    distance = np.abs(np.arange(n_in)[None, :] + 0.5 - centres) / max(ratio, 1.0)
    weights = np.clip(1 - distance, 0, None)
    return weights / weights.sum(axis=1, keepdims=True)


def weight_error(n_in, n_out):
    """Steps of 8 bits that integer weights may cost in one direction, see resize.h."""
    taps = int((filter_matrix(n_in, n_out) > 0).sum(axis=1).max())
    return (taps - 1) * 2.0 ** (7 - (16 if n_in > 2 * n_out else 14))


def resized_by_numpy(rgb, size):
    down = filter_matrix(rgb.shape[0], size[1])
    across = filter_matrix(rgb.shape[1], size[0])
    planes = [down @ rgb[..., c].astype(np.float64) @ across.T for c in range(3)]
    return np.stack(planes, axis=-1)


def resized_by_torch(rgb, size, kind):
    batch = torch.from_numpy(rgb.transpose(2, 0, 1).copy()).to(kind)[None]
    out = torch.nn.functional.interpolate(
        batch, size=(size[1], size[0]), mode="bilinear", antialias=True, align_corners=False
    )
    return out[0].numpy().transpose(1, 2, 0).astype(np.float64)


def off(got, expected):
    return float(np.abs(got.astype(np.float64) - expected).max())


def real_errors(tool, planes, depth, crop, size, worst):
    """Problems and errors, in integer steps, of each dtype against the real-valued filter."""
    x, y, w, h = crop
    top = float((1 << depth) - 1)
    scale = 1 / (top * DEVIATION)
    bias = -MEAN / DEVIATION
    steps = weight_error(w, size[0]) + weight_error(h, size[1]) + 2.0**-9
    for chw in (False, True):
        for dtype in DTYPES:
            source = convert(tool, planes, depth, False, "u8" if dtype == "u8" else "u16")
            expected = resized_by_numpy(source[y : y + h, x : x + w], size)
            got = convert(tool, planes, depth, chw, dtype, crop, size)
            bits = 8 if dtype == "u8" else depth
            bound = steps * 2 ** (bits - 8)
            if dtype in ("u8", "u16"):
                error = off(got, expected)
                bound += 0.5
            else:
                error = float((np.abs(got - (expected * scale + bias)) / scale).max())
                # Values reach 2.7: half has 10 fraction bits, in [2, 4) of 2^-9 each.
                bound += (2.0**-10 if dtype == "f16" else 2.0**-21) / scale.min()
            worst[dtype] = max(worst.get(dtype, 0.0), error / bound)
            if error > bound:
                yield f"{dtype} off by {error:.4f}, allowed {bound:.4f}"


def same_size_problems(tool, planes, depth, crop, size):
    """Without a change of size, resizing is cropping, to the bit."""
    x, y, w, h = crop
    if size != (w, h):
        return
    for dtype in DTYPES:
        plain = convert(tool, planes, depth, True, dtype)[y : y + h, x : x + w]
        if plain.tobytes() != convert(tool, planes, depth, True, dtype, crop, size).tobytes():
            yield f"{dtype} of the same size differs from to_rgb"


def torch_errors(tool, planes, depth, crop, size, worst):
    x, y, w, h = crop
    for dtype, kind in (("u8", torch.uint8), ("u8", torch.float32), ("u16", torch.float32)):
        if kind == torch.uint8 and 1 in (w * h, size[0] * size[1]):
            continue  # an assertion inside torch 2.13 fails
        source = convert(tool, planes, depth, False, dtype)[y : y + h, x : x + w]
        expected = resized_by_torch(source, size, kind)
        got = convert(tool, planes, depth, True, dtype, crop, size)
        rounded = np.round(expected)
        error = off(got, rounded)
        label = f"{dtype} from {depth} bits against torch's {str(kind)[6:]}"
        worst[label] = max(worst.get(label, 0.0), error)
        # One step, or what resize.h allows where a step of more than 12 bits is less than that.
        bound = (weight_error(w, size[0]) + weight_error(h, size[1]) + 2.0**-9) * 2 ** (depth - 8)
        if error > (1 if dtype == "u8" else max(1, np.ceil(bound + 0.5))):
            yield f"{label}: off by {error}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tool = sys.argv[1]
    rng = np.random.default_rng(20240608)
    passed = failed = 0
    worst = {}
    worst_torch = {}
    for depth in (8, 10, 12, 16):
        for (width, height), crop, size in GEOMETRIES:
            planes = random_planes(rng, width, height, depth)
            problems = list(real_errors(tool, planes, depth, crop, size, worst))
            problems += same_size_problems(tool, planes, depth, crop, size)
            if torch is not None:
                problems += torch_errors(tool, planes, depth, crop, size, worst_torch)
            passed += not problems
            failed += bool(problems)
            for problem in problems:
                print(f"FAILED {depth} bit {width}x{height} {crop} to {size}: {problem}")
    print("greatest share of the bound: " + ", ".join(f"{k} {v:.2f}" for k, v in worst.items()))
    for label, error in worst_torch.items():
        print(f"{label}: off by {error:.0f}")
    if torch is None:
        print("torch is not installed: compared with numpy only")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
