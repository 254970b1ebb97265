"""Write a trained encoder as a small ONNX file: weights as int8 with a scale a column (or word), used as float32.

Integers only spare space: onnxruntime folds them back to float32 when the model is loaded, so that the same call gives
the same bytes on every processor.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 10_000  # tensors with fewer values stay float32: nothing to win


class _States(torch.nn.Module):
    """The encoder's last layer alone, under plain argument names."""

    def __init__(self, encoder: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return [windows, tokens, width]."""
        return self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state


def export(encoder: torch.nn.Module, path: Path) -> float:
    """Write the encoder and return by how much its states moved at most, over some random tokens."""
    module = _States(encoder).eval()
    ids = torch.randint(1000, 20000, (2, 40), generator=torch.Generator().manual_seed(7))
    mask = torch.ones_like(ids)
    mask[1, 25:] = 0
    axes = {0: "windows", 1: "tokens"}
    torch.onnx.export(
        module,
        (ids, mask),
        str(path),
        input_names=["ids", "mask"],
        output_names=["states"],
        dynamic_axes={"ids": axes, "mask": axes, "states": axes},
        opset_version=17,
        dynamo=False,
    )
    _shrink(path)
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(None, {"ids": ids.numpy(), "mask": mask.numpy()})[0]
    with torch.no_grad():
        expected = module(ids, mask).numpy()
    return float(np.abs(found - expected)[mask.numpy() > 0].max())


def _shrink(path: Path) -> None:
    model = onnx.load(path)
    graph, made = model.graph, []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < SMALLEST or values.ndim != 2:
            continue
        axis = 1 if values.shape[0] > 4 * values.shape[1] else 0  # a table of words: a scale a word, else a column
        scale = np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-12).astype(np.float32) / 127
        small = np.rint(values / scale).astype(np.int8)
        name = tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(small, f"{name}.small"))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
        made.append(helper.make_node("Cast", [f"{name}.small"], [f"{name}.wide"], to=TensorProto.FLOAT))
        made.append(helper.make_node("Mul", [f"{name}.wide", f"{name}.scale"], [name]))
    nodes = made + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)
