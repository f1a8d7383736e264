"""What the peers of bench/infer-peers.mjs share: the job's arguments, GCTX in and out by h5py, memory."""

import json
import resource
import sys

import h5py
import numpy as np

folder, source, target, threads = sys.argv[1:5]
block_rows = 256
# Landmarks in the order of the model's input, then targets.
genes = [line.split("\t")[0] for line in open(f"{folder}/genes.tsv").read().splitlines()[1:]]


def onnx_session():
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = int(threads)
    return ort.InferenceSession(f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"])


def infer_gctx(infer):
    """Calls infer(landmarks [rows, landmarks]) -> targets [rows, targets] block by block, float32 in native units."""
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
        for start in range(0, samples, block_rows):
            rows = matrix[start : start + block_rows][:, columns].astype(np.float32)
            values[start : start + block_rows, :landmarks] = rows
            values[start : start + block_rows, landmarks:] = infer(rows)


def report():
    """Prints {"peak": MB} of the process so far."""
    print(json.dumps({"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
