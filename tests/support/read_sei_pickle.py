"""Reads what examples/decode_sei_msg.ts writes as NVIDIA's sample and its readers do; prints JSON."""
import ctypes
import json
import pickle
import sys


def struct(name, *fields):
    return type(name, (ctypes.Structure,), {"_fields_": list(fields)})


u8, u16, u32 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32
TIMECODESET = struct(
    "TIMECODESET", ("time_offset_value", u32), ("n_frames", u16), ("clock_timestamp_flag", u8),
    ("units_field_based_flag", u8), ("counting_type", u8), ("full_timestamp_flag", u8),
    ("discontinuity_flag", u8), ("cnt_dropped_flag", u8), ("seconds_value", u8),
    ("minutes_value", u8), ("hours_value", u8), ("seconds_flag", u8), ("minutes_flag", u8),
    ("hours_flag", u8), ("time_offset_length", u8), ("reserved", u8))
TIMECODE = struct("TIMECODE", ("time_code_set", TIMECODESET * 3), ("num_clock_ts", u8))
DISPLAY = struct(
    "DISPLAY", ("x", u16 * 3), ("y", u16 * 3), ("white_x", u16), ("white_y", u16), ("max", u32),
    ("min", u32))
LIGHT = struct("LIGHT", ("max", u16), ("average", u16), ("reserved", u32))
TRANSFER = struct("TRANSFER", ("preferred", u8))
MPEG2 = struct(
    "MPEG2", ("drop_frame_flag", u8), ("hours", u8), ("minutes", u8), ("marker_bit", u8),
    ("seconds", u8), ("pictures", u8))


def plain(value):
    if isinstance(value, ctypes.Array):
        return [plain(member) for member in value]
    if isinstance(value, ctypes.Structure):
        return {name: plain(getattr(value, name)) for name, _ in value._fields_}
    return value


def parsed(sei_type, data, is_mpeg2):
    kinds = {1: TIMECODE, 136: MPEG2 if is_mpeg2 else TIMECODE, 137: DISPLAY, 144: LIGHT, 147: TRANSFER}
    kind = kinds[sei_type]
    assert len(data) == ctypes.sizeof(kind), (sei_type, len(data), ctypes.sizeof(kind))
    buffer = (ctypes.c_ubyte * len(data))(*data)
    return plain(ctypes.cast(buffer, ctypes.POINTER(kind)).contents)


def main(sei_path, type_path, codec):
    with open(sei_path, "rb") as file:
        messages = file.read()
    joined = b""
    frames = []
    with open(type_path, "rb") as file:
        while file.peek(1):
            frames.append(pickle.load(file))
    found = {}
    for frame in frames:
        for info, data in frame:
            joined += bytearray(data)
            if info["sei_uncompressed"] == 1:
                found.setdefault(info["sei_type"], parsed(info["sei_type"], data, codec == "mpeg2"))
            else:
                found.setdefault(info["sei_type"], len(data))
    print(json.dumps({"frames": len(frames), "isSame": joined == messages, "first": found}))


main(*sys.argv[1:])
