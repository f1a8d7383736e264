"""Speaks to a running `landfall serve` with Triton's own Python client.

Every way to send and to ask for tensors must give the same bits. Usage, after `npm run demo`:

    npx landfall serve --models demo/models --port 8097 &
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r bench/peers/requirements.txt
    /tmp/peers/bin/python bench/peers/tritonclient_check.py 127.0.0.1:8097 dgex
"""

import sys

import numpy as np
import tritonclient.http as triton

url, model = sys.argv[1:3]
client = triton.InferenceServerClient(url)
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(model)
assert any(entry["name"] == model for entry in client.get_model_repository_index())
landmarks = client.get_model_metadata(model)["inputs"][0]["shape"][1]
x = np.random.default_rng(0).normal(8, 1, (3, landmarks)).astype(np.float32)
answers = []
for binary in (True, False):
    tensor = triton.InferInput("landmarks", x.shape, "FP32")
    tensor.set_data_from_numpy(x, binary_data=binary)
    chosen = [triton.InferRequestedOutput("targets", binary_data=True), triton.InferRequestedOutput("ood", binary_data=False)]
    for outputs in (None, chosen):
        for compression in (None, "gzip", "deflate"):
            answer = client.infer(model, [tensor], outputs=outputs, request_compression_algorithm=compression, request_id="42")
            assert answer.get_response()["id"] == "42"
            answers.append(answer.as_numpy("targets"))
assert all((answer == answers[0]).all() for answer in answers)
try:
    client.infer("no-such-model", [tensor])
    raise SystemExit("an unknown model was served")
except triton.InferenceServerException as error:
    assert "Request for unknown model" in str(error)
print(f"{len(answers)} requests, equal bits, targets {answers[0].shape}")
