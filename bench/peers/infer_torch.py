"""GCTX in, GCTX out with h5py and PyTorch on the CPU: a peer of bench/infer-peers.mjs.

Usage: python infer_torch.py MODEL_FOLDER INPUT OUTPUT THREADS    (h5py, numpy, torch)
The network is read from the version folder's tfjs weights: z = clip((x - mean) / (sd + eps)), tanh layers, a linear
one, and back to native units, in blocks of 256 profiles; prints {"seconds": ..., "peak": MB}.
"""

import json
import resource
import sys
import time

started = time.perf_counter()
import h5py
import numpy as np
import torch

folder, source, target, threads = sys.argv[1:5]
torch.set_num_threads(int(threads))
manifest = json.load(open(f"{folder}/manifest.json"))
transform = manifest["transform"]
genes = [line.split("\t")[0] for line in open(f"{folder}/genes.tsv").read().splitlines()[1:]]

topology = json.load(open(f"{folder}/tfjs/model.json"))
data = b"".join(open(f"{folder}/tfjs/{path}", "rb").read() for group in topology["weightsManifest"] for path in group["paths"])
weights, at = [], 0
for group in topology["weightsManifest"]:
    for entry in group["weights"]:
        count = int(np.prod(entry["shape"]))
        weights.append(torch.from_numpy(np.frombuffer(data, np.float32, count, at).reshape(entry["shape"]).copy()))
        at += 4 * count
layers = list(zip(weights[0::2], weights[1::2]))


def moments(side):
    mean = torch.tensor(transform[side]["mean"], dtype=torch.float32)
    return mean, torch.tensor(transform[side]["sd"], dtype=torch.float32) + transform["epsilon"]


(in_mean, in_sd), (out_mean, out_sd) = moments("landmarks"), moments("targets")


@torch.inference_mode()
def infer(rows):
    hidden = ((rows - in_mean) / in_sd).clamp(-transform["clip"], transform["clip"])
    for kernel, bias in layers[:-1]:
        hidden = torch.tanh(torch.addmm(bias, hidden, kernel))
    kernel, bias = layers[-1]
    return torch.addmm(bias, hidden, kernel).mul_(out_sd).add_(out_mean)


with h5py.File(source, "r") as given, h5py.File(target, "w") as made:
    matrix = given["0/DATA/0/matrix"]
    samples, landmarks = matrix.shape
    names = [name.decode() for name in given["0/META/ROW/id"][:]]
    place = {name: column for column, name in enumerate(names)}
    columns = np.array([place[name] for name in genes[:landmarks]])
    made.attrs["version"] = "GCTX1.0"
    made["0/META/ROW/id"] = np.array(genes, dtype="S")
    made["0/META/COL/id"] = given["0/META/COL/id"][:]
    values = made.create_dataset("0/DATA/0/matrix", (samples, len(genes)), "float32")
    for start in range(0, samples, 256):
        rows = matrix[start : start + 256][:, columns].astype(np.float32)
        values[start : start + 256, :landmarks] = rows
        values[start : start + 256, landmarks:] = infer(torch.from_numpy(rows)).numpy()

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": time.perf_counter() - started, "peak": peak}))
