"""GCTX in, GCTX out with h5py and PyTorch on the CPU: a peer of bench/infer-peers.mjs.

Usage: python infer_torch.py MODEL_FOLDER INPUT OUTPUT THREADS    (h5py, numpy, torch)
The network is read from the version folder's tfjs weights: z = clip((x - mean) / (sd + eps)), tanh layers, a linear
one, and back to native units, in blocks of 256 profiles; prints {"peak": MB}.
"""

import json

import numpy as np
import torch
from peer_job import folder, infer_gctx, report, threads

torch.set_num_threads(int(threads))
manifest = json.load(open(f"{folder}/manifest.json"))
transform = manifest["transform"]

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


infer_gctx(lambda rows: infer(torch.from_numpy(rows)).numpy())
report()
