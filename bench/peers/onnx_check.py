"""Checks exported graphs with ONNX's own checker and full, strict shape inference, an independent reading of the standard.

Takes graphs, version folders, or folders that hold any of them at any depth. A model whose weights lie beside it is
checked by its path, so that they are never loaded. Exits 1 if any graph is refused or any value has no shape.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r bench/peers/requirements.txt
    /tmp/peers/bin/python bench/peers/onnx_check.py models demo/models
"""

import pathlib
import sys
import tempfile

import onnx


def graphs(argument):
    path = pathlib.Path(argument)
    return sorted(path.rglob("*.onnx")) if path.is_dir() else [path]


def shape_of(value):
    tensor = value.type.tensor_type
    return [dim.dim_param or (dim.dim_value if dim.HasField("dim_value") else "?") for dim in tensor.shape.dim]


def check(path):
    """Raises where the checker or inference do; returns the inferred shapes of all values."""
    onnx.checker.check_model(str(path), full_check=True)
    # By path: weights in other files stay there.
    with tempfile.NamedTemporaryFile(suffix=".onnx", dir=path.parent) as inferred:
        onnx.shape_inference.infer_shapes_path(str(path), inferred.name, check_type=True, strict_mode=True, data_prop=True)
        return onnx.load(inferred.name, load_external_data=False)


failures, ops, count = [], set(), 0
for path in [path for argument in sys.argv[1:] for path in graphs(argument)]:
    count += 1
    try:
        model = check(path)
        names = {value.name: shape_of(value) for value in [*model.graph.value_info, *model.graph.output]}
        made = [name for node in model.graph.node for name in node.output if name]
        unknown = [name for name in made if name not in names]
        ops.update(node.op_type for node in model.graph.node)
        if unknown:
            failures.append(f"{path}: no shape for {', '.join(unknown[:5])}")
    except Exception as error:  # noqa: BLE001: whatever the checker throws is its verdict
        failures.append(f"{path}: {str(error).strip().splitlines()[0]}")
print("\n".join(failures))
print(f"onnx {onnx.__version__}: {count} graphs, {len(ops)} operators ({', '.join(sorted(ops))}), {len(failures)} refused")
sys.exit(1 if failures or count == 0 else 0)
