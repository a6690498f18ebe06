#!/usr/bin/env python3
"""Reads the event files of `gradc train --tensorboard DIR` with TensorBoard's own reader and compares them with the run's log.

    bench/check_tensorboard.py DIR LOG      needs the package tensorboard; exit status 1 when something differs
"""
import json
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def expected_scalars(path):
    step = 0
    for line in open(path):
        event = json.loads(line)
        if event["event"] == "step":
            step = event["step"]
            yield f"loss/{event['task']}", step, event["loss"]
        if event["event"] == "eval":
            for name, value in event.items():
                if name not in ("event", "epoch", "task", "rows"):
                    yield f"dev/{event['task']}/{name}", step, value
        if event["event"] == "score":
            yield "dev/overall", step, event["overall"]


def main(folder, log):
    reader = EventAccumulator(folder, size_guidance={"scalars": 0})
    reader.Reload()
    found = {(tag, e.step): e.value for tag in reader.Tags()["scalars"] for e in reader.Scalars(tag)}
    wanted = {(tag, step): value for tag, step, value in expected_scalars(log)}
    bad = [key for key, value in wanted.items() if abs(found.get(key, float("nan")) - single(value)) > 1e-6 * max(1, abs(value)) or key not in found]
    print(f"{len(found)} scalars of {len(reader.Tags()['scalars'])} tags; {len(wanted)} compared with the log, {len(bad)} differ")
    return bool(bad) or not wanted


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
