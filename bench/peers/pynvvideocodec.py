"""The work of bench/frame_sampling.ts and bench/cached_decoder.ts by PyNvVideoCodec.

Usage: pynvvideocodec.py JOB.json, made by bench/gpu.ts; the last line of the output is JSON. As in that library's
own benchmarks, opening and the making of sessions are not in the times of frame retrieval.
"""
import json
import statistics
import sys
import threading
import time

import PyNvVideoCodec as nvc


def in_threads(count, work):
    """Runs work(thread) in threads that start together; gives the results."""
    results = [None] * count
    start = threading.Barrier(count)

    def run(thread):
        start.wait()
        results[thread] = work(thread)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if None in results:
        raise RuntimeError("a thread failed")
    return results


def timed(rounds, work):
    """Frames of a round, and the median of the seconds."""
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        frames = work()
        seconds.append(time.perf_counter() - begin)
    return len(frames), statistics.median(seconds)


def first_frames(decoder, count):
    """The first frames in order, in the batches of the library's own benchmark."""
    decoder.seek_to_index(0)
    frames = []
    while len(frames) < count:
        batch = decoder.get_batch_frames(5)
        if not batch:
            break
        frames.extend(batch)
    return frames


def retrieval(clip, threads, rounds):
    decoders = [nvc.SimpleDecoder(clip["path"]) for _ in range(threads)]
    # Makes the sessions. Its own waiting for them (bWaitForSessionWarmUp) needs all threads at once.
    for decoder in decoders:
        decoder.get_batch_frames_by_index([0])
    rows = []
    patterns = {
        "sequential": lambda i: first_frames(decoders[i], clip["sequential"]),
        "uniform": lambda i: decoders[i].get_batch_frames_by_index(clip["uniform"]),
        "random": lambda i: decoders[i].get_batch_frames_by_index(clip["random"][i]),
    }
    for pattern, work in patterns.items():
        results = in_threads(threads, lambda i: timed(rounds, lambda: work(i)))
        frames = sum(count for count, _ in results)
        seconds = max(took for _, took in results)
        rows.append({"clip": clip["name"], "pattern": pattern, "threads": threads, "fps": frames / seconds})
    return rows


def decode_clips(path, count, is_reusing, size):
    frames = 0
    decoder = None
    for _ in range(count):
        if decoder is None or not is_reusing:
            # The sizes are those of the clip: memory for larger ones would cost time to make.
            decoder = nvc.SimpleDecoder(path, max_width=size[0], max_height=size[1])
        else:
            decoder.reconfigure_decoder(path)
        length = len(decoder)
        for i in range(length):
            decoder[i]
        frames += length
    return frames


def clips(job, threads):
    rows = []
    for name, is_reusing, repetitions in (
        ("simple", False, job["simpleRepetitions"]),
        ("cached", True, job["repetitions"]),
    ):
        begin = time.perf_counter()
        share = [(repetitions - i + threads - 1) // threads for i in range(threads)]
        frames = sum(in_threads(threads, lambda i: decode_clips(job["path"], share[i], is_reusing, job["size"])))
        seconds = time.perf_counter() - begin
        rows.append({"decoder": name, "threads": threads, "frames": frames, "fps": frames / seconds})
    return rows


def main():
    with open(sys.argv[1]) as file:
        job = json.load(file)
    result = {"version": getattr(nvc, "__version__", None)}
    part = job["part"]
    if part == "sampling":
        result["rows"] = [
            row for threads in job["threads"] for clip in job["clips"] for row in retrieval(clip, threads, job["rounds"])
        ]
    else:
        result["rows"] = [row for threads in job["threads"] for row in clips(job, threads)]
    print(json.dumps(result), flush=True)


main()
