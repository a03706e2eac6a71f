"""One module as a graph."""

import copy
import warnings
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock, Thread
from threading import enumerate as enumerate_threads

import torch
from torch import Tensor, nn

from sama.errors import DeviceError
from sama.models.graphs.runtime import core, settings
from sama.models.graphs.store import Store

Shapes = tuple[tuple[int, ...], ...]
Twins = dict[type[nn.Module], type[nn.Module]]
THREADS = "graph"  # how the names of those begin that make graphs


class Graph:
    """A module that is called with tensors alone and returns a tensor or a tuple of them, for inference on a processor.

    For every combination of shapes it is compiled once, when it first meets them or when `prepare` says so. Maps
    (B, C, H, W) go in and come out channels last; all tensors are of `dtype`, in which products are made.
    """

    def __init__(
        self,
        module: nn.Module,
        name: str,
        dtype: torch.dtype,
        store: Store,
        traced: Twins,
        smaller: int = 1,
    ):
        """name: for people, and of its files; traced: classes of layers that are traced as others; smaller: sides of
        maps are divided by that for the trace, of a module whose trace is for any size: quicker, and small."""
        self.module, self.name, self.dtype, self.store = module, name, dtype, store
        self.traced, self.smaller = traced, smaller
        self._runs: dict[Shapes, Future[_Run]] = {}
        self._lock = Lock()

    def prepare(self, *shapes: tuple[int, ...]) -> "Future[_Run]":
        """Begin to compile for inputs of these shapes, unless that was done, and return at once."""
        with self._lock:
            if shapes not in self._runs:
                self._runs[shapes] = run = Future()
                # In a thread of its own, where no number format is chosen that would be traced along. No daemon: it
                # would be cut off in the middle of OpenVINO's work where the process ends.
                name = f"{THREADS} of {self.name}"
                Thread(target=self._make, args=[shapes, run], name=name, daemon=False).start()
            return self._runs[shapes]

    def __call__(self, *inputs: Tensor) -> list[Tensor]:
        """Run the module on tensors. Raises DeviceError where OpenVINO cannot."""
        run = self.prepare(*(tuple(x.shape) for x in inputs)).result()
        return run([_last(x.to(self.dtype)) for x in inputs])

    def rest(self) -> None:
        """Give back the memory that is held from one call to the next; the next takes some milliseconds longer."""
        for run in list(self._runs.values()):
            if run.done() and run.exception() is None:
                run.result().rest()

    def __deepcopy__(self, memo: dict) -> "Graph":
        """The same graph: a copy of a model has its weights."""
        return self

    def _make(self, shapes: Shapes, run: "Future[_Run]") -> None:
        try:
            examples = tuple((*each[:2], *(n // self.smaller for n in each[2:])) for each in shapes)
            made = self.store.get(self.name, self.dtype, examples)
            if made is None:
                traced = _model_of(self.module, examples, self.traced)
                self.store.put(self.name, self.dtype, examples, traced)
                # Its weights are rounded on disk: this start is to say the same as all that follow.
                made = self.store.get(self.name, self.dtype, examples) or traced
            made.reshape(dict(zip(made.inputs, map(_fixed, shapes), strict=True)))
            compiled = core().compile_model(_as_handed(made, self.dtype), "CPU", settings(self.dtype))
            run.set_result(_Run(compiled, self.dtype))
        except Exception as error:  # whoever waits is told
            said = next(iter(str(error).strip().splitlines()), type(error).__name__)
            sentence = f"OpenVINO cannot run {self.name} here ({said:.200}); choose --runtime torch."
            failed = DeviceError(sentence)
            failed.__cause__ = error
            run.set_exception(failed)


def settled() -> None:
    """Wait until no graph is being made, for whoever measures what else is done."""
    for thread in enumerate_threads():
        if thread.name.startswith(THREADS):
            thread.join()


class _Run:
    """A compiled graph; one thread at a time uses it."""

    def __init__(self, compiled, dtype: torch.dtype):
        self.dtype, self.compiled = dtype, compiled
        self.request = compiled.create_infer_request()
        self.shapes = [tuple(each.shape) for each in compiled.outputs]
        self._lock = Lock()

    def __call__(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        outputs = [torch.empty(shape, dtype=self.dtype) for shape in self.shapes]
        with self._lock:
            for i, x in enumerate(inputs):
                self.request.set_input_tensor(i, _shared(x))
            for i, x in enumerate(outputs):
                self.request.set_output_tensor(i, _shared(x))
            self.request.infer()
        return [x.permute(0, 3, 1, 2) if x.dim() == 4 else x for x in outputs]

    def rest(self) -> None:
        """See `Graph.rest`."""
        with self._lock:
            self.compiled.release_memory()


def _last(x: Tensor) -> Tensor:
    """A map (B, C, H, W) as contiguous (B, H, W, C), another tensor contiguous as it is."""
    return (x.permute(0, 2, 3, 1) if x.dim() == 4 else x).contiguous()


def _kind(dtype: torch.dtype):
    """A number format of OpenVINO's."""
    from openvino import Type

    return {torch.float32: Type.f32, torch.bfloat16: Type.bf16, torch.float16: Type.f16}[dtype]


def _shared(x: Tensor):
    """A tensor of OpenVINO's on the same memory."""
    from openvino import Shape, Tensor

    plain = x if x.dtype == torch.float32 else x.view(torch.int16)  # NumPy has no bfloat16
    return Tensor(plain.numpy(), Shape(x.shape), _kind(x.dtype))


@torch.no_grad()
def _model_of(module: nn.Module, shapes: Shapes, traced: Twins):
    """OpenVINO's model of a module, traced with inputs of these shapes, in float32.

    By the frontend itself: `openvino.convert_model` does the same and tells its makers that it was called.
    """
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    whole = copy.deepcopy(module).float().eval()
    for layer in whole.modules():
        layer.__class__ = traced.get(type(layer), type(layer))
    examples = tuple(torch.zeros(shape) for shape in shapes)
    # That a size is a constant of the trace, see `Graph`.
    warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # pyright: ignore[reportPrivateImportUsage]
    script = torch.jit.trace(whole, examples, check_trace=False)
    frontend = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(script)  # which the frontend does not keep alive
    return frontend.convert(frontend.load(decoder))


def _fixed(shape: tuple[int, ...]):
    """A shape of OpenVINO's."""
    from openvino import PartialShape

    return PartialShape(list(shape))


def _as_handed(model, dtype: torch.dtype):
    """The model with inputs and outputs of `dtype`, maps channels last."""
    from openvino import Layout
    from openvino.preprocess import PrePostProcessor

    kind, handed = _kind(dtype), PrePostProcessor(model)
    for ports, of in ((model.inputs, handed.input), (model.outputs, handed.output)):
        for i, port in enumerate(ports):
            of(i).tensor().set_element_type(kind)
            if len(port.partial_shape) == 4:
                of(i).tensor().set_layout(Layout("NHWC"))
                of(i).model().set_layout(Layout("NCHW"))
    return handed.build()
