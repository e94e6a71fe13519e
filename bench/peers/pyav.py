"""PyAV: container.decode() with frame and slice threads, as its documentation advises for speed.

Usage: pyav.py CLIP frames|rgb; prints the number of frames.
"""
import json
import sys

import av

clip, mode = sys.argv[1:3]
frames = 0
size = 0
with av.open(clip) as container:
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    for frame in container.decode(stream):
        if mode == "rgb":
            size += frame.to_ndarray(format="rgb24").nbytes
        frames += 1
print(json.dumps({"frames": frames, "bytes": size}))
