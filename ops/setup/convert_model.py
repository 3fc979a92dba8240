#!/usr/bin/env python3
"""Turn the weights of an EfficientNet-Lite into the intermediate representation OpenVINO reads.

    convert_model.py WEIGHTS.pth TARGET_FOLDER [--projection FILE] [--ranges FILE]

Writes model.xml, model.bin and model.json. Needs nothing but Python itself (3.8 or later): the
`.pth` file is read by an unpickler that knows four names, so it can run no code, and the network
is written out layer by layer. Input: u8 [1, side, side, 3], RGB. Output: f32 [1, dimension], not
yet of unit length.

The network (Tan & Le 2019, the Lite variant without squeeze-and-excite): batch normalisation is
folded into the convolution before it, padding is TensorFlow's SAME, activations are clamped to
0...6, the classifier is left off. Three layers are pooled (generalised mean, Radenovic et al. 2018)
and laid side by side, each of unit length: the head, which tells what a thing is, and the last
depthwise convolutions of the last two stages, which tell more of how it looks. A projection file
(see fit_projection.py) adds: minus a mean, times a matrix. A file of ranges (see fit_ranges.py) makes
the convolutions ones of 8 bits: what goes in in 256 steps between the range's ends (Jacob et al.,
"Quantization and training of neural networks for efficient integer-arithmetic-only inference", 2018),
weights in 127 steps an output. In 255 they would overflow where a processor has no VNNI and sums products
by pairs in 16 bits: vectors would be others on another machine.

A mean counts the middle of the picture more than its rim, which shows floors and walls, by a normal curve.
The head is pooled twice, in the upper and in the lower half (a spatial pyramid, Lazebnik et al. 2006):
sleeves over a hem are a dress. Left and right stay one, for pictures get mirrored.

The input is larger than the pictures the network was trained on, and holds the whole middle square:
pictures of a catalog show their subject smaller than the crops of training did (Touvron et al. 2019).
"""
import argparse
import array
import collections
import hashlib
import json
import math
import pathlib
import pickle
import struct
import sys

EPSILON = 1e-3  # of the batch normalisation
STRIDES = [1, 2, 2, 2, 1, 2, 1]  # of the first block of each stage
SIDES = {16: ("efficientnet-lite0", 256), 21: ("efficientnet-lite2", 300)}  # by number of blocks
SHARE = 1.0  # of the shorter side that the middle square keeps
POOLED_STAGES = (5, 6)  # whose last depthwise convolution is pooled beside the head
# What a pooling looks at, in shares of the picture's side: its middle from above, and the deviation of the
# normal curve across and down.
HALVES = [(1 / 4, 1 / 4, 1 / 8), (3 / 4, 1 / 4, 1 / 8)]
WHOLE = [(1 / 2, 1 / 4, 1 / 4)]
FORMAT = 3  # raise it where a change here changes vectors


class Tensor:
    """A view into a storage; `flat` makes it contiguous."""

    def __init__(self, storage, offset, shape, strides):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def flat(self):
        values = self.storage["values"]
        index = [self.offset]
        for size, stride in zip(self.shape, self.strides):
            index = [i + k * stride for i in index for k in range(size)]
        return array.array("f", [values[i] for i in index])


class Unpickler(pickle.Unpickler):
    """Knows what a state dictionary of float tensors needs, and nothing else."""

    def __init__(self, file, storages):
        super().__init__(file)
        self.storages = storages

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *rest: Tensor(
                storage, offset, shape, strides)
        if (module, name) in (("torch", "FloatStorage"), ("torch", "LongStorage")):
            return {"FloatStorage": "f", "LongStorage": "q"}[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of weights")

    def persistent_load(self, key):
        kind, typecode, name, _, count, _ = key
        if kind != "storage":
            raise pickle.UnpicklingError(f"unknown reference {kind!r}")
        return self.storages.setdefault(name, {"typecode": typecode, "count": count})


def read_weights(path):
    """The tensors of a `.pth` file in the format of PyTorch before 1.6, by name."""
    storages = {}
    with open(path, "rb") as file:
        magic, version, system = (Unpickler(file, storages).load() for _ in range(3))
        if magic != 0x1950A86A20F9469CFC6C or version != 1001 or not system["little_endian"]:
            raise ValueError(f"{path}: not a file of weights in the format this program reads")
        tensors = Unpickler(file, storages).load()
        for name in Unpickler(file, storages).load():
            storage = storages[name]
            (count,) = struct.unpack("<q", file.read(8))
            if count != storage["count"]:
                raise ValueError(f"{path}: a storage of {count} values, {storage['count']} told")
            storage["values"] = values = array.array(storage["typecode"])
            values.fromfile(file, count)
            if sys.byteorder == "big":
                values.byteswap()
    return tensors


class Network:
    """Layers and edges of the intermediate representation, version 11."""

    def __init__(self, ranges=None):
        self.layers, self.edges, self.blob = [], [], bytearray()
        self.ranges = iter(ranges) if ranges else None

    def layer(self, kind, inputs, shape, attributes="", element="f32", version="opset1"):
        """Adds a layer; `inputs` and the answer are (layer, port, shape, element)."""
        number = len(self.layers)
        ports = ""
        if inputs:
            ports += "<input>" + "".join(
                self._port(i, s, e) for i, (_, _, s, e) in enumerate(inputs)) + "</input>"
        for i, (source, port, _, _) in enumerate(inputs):
            self.edges.append(f'<edge from-layer="{source}" from-port="{port}" '
                              f'to-layer="{number}" to-port="{i}"/>')
        if kind != "Result":
            ports += "<output>" + self._port(len(inputs), shape, element) + "</output>"
        data = f"<data {attributes}/>" if attributes else ""
        self.layers.append(f'<layer id="{number}" name="{kind}_{number}" type="{kind}" '
                           f'version="{version}">{data}{ports}</layer>')
        return number, len(inputs), tuple(shape), element

    @staticmethod
    def _port(index, shape, element):
        precision = {"f32": "FP32", "u8": "U8", "i8": "I8", "i64": "I64"}[element]
        return (f'<port id="{index}" precision="{precision}">'
                + "".join(f"<dim>{d}</dim>" for d in shape) + "</port>")

    def constant(self, values, shape, element="f32"):
        data = array.array({"f32": "f", "i8": "b", "i64": "q"}[element], values)
        if sys.byteorder == "big":
            data.byteswap()
        data = data.tobytes()
        self.blob += b"\0" * (-len(self.blob) % 64)
        told = ", ".join(str(d) for d in shape)
        offset = len(self.blob)
        self.blob += data
        return self.layer("Const", [], shape, f'element_type="{element}" shape="{told}" '
                          f'offset="{offset}" size="{len(data)}"', element)

    def binary(self, kind, a, b, shape=None):
        return self.layer(kind, [a, b], shape or a[2], 'auto_broadcast="numpy"')

    def quantised(self, x, low, high):
        """`x` in 256 steps of which one is 0."""
        step = (high - low) / 255
        low = round(low / step) * step
        bounds = [self.constant([bound], (1, 1, 1, 1)) for bound in (low, low + 255 * step)]
        return self.layer("FakeQuantize", [x] + bounds + bounds, x[2],
                          'levels="256" auto_broadcast="numpy"')

    def whole(self, weights, shape):
        """Weights in 127 steps of their output's largest."""
        row = len(weights) // shape[0]
        scales = [max(map(abs, weights[i:i + row])) / 63 or 1.0
                  for i in range(0, len(weights), row)]
        codes = [round(w / scales[i // row]) for i, w in enumerate(weights)]
        x = self.layer("Convert", [self.constant(codes, shape, "i8")], shape,
                       'destination_type="f32"')
        return self.binary("Multiply", x, self.constant(scales, shape[:1] + (1,) * (len(shape) - 1)))

    def convolve(self, x, weights, bias, shape, stride, clamp):
        """`weights` [out × in × k × k], or [out × 1 × k × k] for one filter a channel."""
        outputs, inputs, kernel, _ = shape
        _, channels, side, _ = x[2]
        depthwise = inputs == 1 and channels == outputs
        if depthwise:
            shape = (outputs, 1, 1, kernel, kernel)
        elif inputs != channels:
            raise ValueError(f"a convolution of {inputs} channels after {channels}")
        side = -(-side // stride)
        ends = next(self.ranges) if self.ranges else None
        if ends:
            x, weights = self.quantised(x, *ends), self.whole(weights, shape)
        else:
            weights = self.constant(weights, shape)
        x = self.layer("GroupConvolution" if depthwise else "Convolution",
                       [x, weights], (1, outputs, side, side),
                       f'strides="{stride}, {stride}" dilations="1, 1" pads_begin="0, 0" '
                       'pads_end="0, 0" auto_pad="same_upper"')
        x = self.binary("Add", x, self.constant(bias, (1, outputs, 1, 1)))
        return self.layer("Clamp", [x], x[2], 'min="0" max="6"') if clamp else x

    def pool(self, x, power, windows):
        """The generalised mean of each channel within each window, brought to unit length."""
        shape, raised = (1, x[2][1]), x
        for _ in range(power - 1):
            raised = self.binary("Multiply", raised, x)
        parts = []
        for window in windows:
            weights = self.constant(weights_of(window, x[2][2]), (1, 1) + x[2][2:])
            part = self.layer("ReduceSum", [self.binary("Multiply", raised, weights),
                                            self.constant([2, 3], (2,), "i64")], shape,
                              'keep_dims="false"')
            part = self.binary("Power", part, self.constant([1 / power], (1, 1)))
            parts.append(self.layer("NormalizeL2", [part, self.constant([1], (1,), "i64")], shape,
                                    'eps="1e-12" eps_mode="add"'))
        return parts

    def xml(self, name):
        return (f'<?xml version="1.0"?>\n<net name="{name}" version="11">\n<layers>\n'
                + "\n".join(self.layers) + "\n</layers>\n<edges>\n" + "\n".join(self.edges)
                + "\n</edges>\n</net>\n")


def weights_of(window, side):
    """What each of side × side places counts in a window, row by row; together 1."""
    middle, across, down = window
    rows, columns = ([math.exp(-((i + .5) / side - centre) ** 2 / (2 * deviation ** 2))
                      for i in range(side)] for centre, deviation in ((middle, down), (.5, across)))
    total = sum(rows) * sum(columns)
    return [row * column / total for row in rows for column in columns]


def folded(tensors, convolution, normalisation):
    """Weights and bias of a convolution with the normalisation after it multiplied in."""
    tensor = tensors[convolution + ".weight"]
    gain, shift, mean, variance = (
        tensors[f"{normalisation}.{part}"].flat()
        for part in ("weight", "bias", "running_mean", "running_var"))
    scales = [g / (v + EPSILON) ** .5 for g, v in zip(gain, variance)]
    flat = tensor.flat()
    row = len(flat) // len(scales)
    weights = array.array("f")
    for i, scale in enumerate(scales):
        weights.extend([w * scale for w in flat[i * row:(i + 1) * row]])
    return weights, [b - m * s for b, m, s in zip(shift, mean, scales)], tensor.shape


def build(tensors, projection, ranges=None):
    """The network, its name, the side of its input and the length of its output."""
    blocks = 1 + max(int(n.split(".")[1]) for n in tensors if n.startswith("_blocks."))
    name, side = SIDES[blocks]
    net = Network(ranges)
    x = net.layer("Parameter", [], (1, side, side, 3),
                  f'shape="1,{side},{side},3" element_type="u8"', "u8")
    x = net.layer("Transpose", [x, net.constant([0, 3, 1, 2], (4,), "i64")],
                  (1, 3, side, side), element="u8")
    x = net.layer("Convert", [x], x[2], 'destination_type="f32"')
    x = net.binary("Subtract", x, net.constant([127], (1, 1, 1, 1)))
    x = net.binary("Multiply", x, net.constant([1 / 128], (1, 1, 1, 1)))

    def step(x, convolution, normalisation, stride=1, clamp=True):
        weights, bias, shape = folded(tensors, convolution, normalisation)
        return net.convolve(x, weights, bias, shape, stride, clamp)

    x = step(x, "_conv_stem", "_bn0", 2)
    stage, before, pooled = -1, None, {}
    for block in range(blocks):
        here = f"_blocks.{block}."
        outputs = tensors[here + "_project_conv.weight"].shape[0]
        stage, stride, before = (
            (stage + 1, STRIDES[stage + 1], outputs) if outputs != before else (stage, 1, before))
        y = x
        if here + "_expand_conv.weight" in tensors:
            y = step(y, here + "_expand_conv", here + "_bn0")
        y = pooled[stage] = step(y, here + "_depthwise_conv", here + "_bn1", stride)
        y = step(y, here + "_project_conv", here + "_bn2", clamp=False)
        x = net.binary("Add", y, x) if y[2] == x[2] and stride == 1 else y
    x = step(x, "_conv_head", "_bn1")
    parts = net.pool(x, 2, HALVES)
    for stage in POOLED_STAGES:
        parts += net.pool(pooled[stage], 3, WHOLE)
    length = sum(part[2][1] for part in parts)
    x = net.layer("Concat", parts, (1, length), 'axis="1"')
    if projection:
        mean, matrix, dimension = projection
        if len(mean) != length:
            raise ValueError(f"a projection of {len(mean)} values for a network of {length}")
        x = net.binary("Subtract", x, net.constant(mean, (1, length)))
        x = net.layer("MatMul", [x, net.constant(matrix, (dimension, length))], (1, dimension),
                      'transpose_a="false" transpose_b="true"')
        length = dimension
    net.layer("Result", [x], ())
    return net, name, side, length


def read_projection(path):
    """(mean, matrix, rows) of a projection file.

    Little endian: magic, u32 rows, u32 columns, f32 mean, f32 scale of each row, i8 matrix in units
    of its row's scale.
    """
    data = pathlib.Path(path).read_bytes()
    magic, rows, columns = struct.unpack_from("<8sII", data)
    if magic != b"VITPROJ2" or len(data) != 16 + 4 * columns + 4 * rows + rows * columns:
        raise ValueError(f"{path}: not a projection")
    mean = struct.unpack_from(f"<{columns}f", data, 16)
    scales = struct.unpack_from(f"<{rows}f", data, 16 + 4 * columns)
    codes = struct.unpack_from(f"<{rows * columns}b", data, 16 + 4 * columns + 4 * rows)
    matrix = array.array("f")
    for row, scale in enumerate(scales):
        matrix.extend([scale * code for code in codes[row * columns:(row + 1) * columns]])
    return mean, matrix, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--projection", type=pathlib.Path)
    parser.add_argument("--ranges", type=pathlib.Path)
    options = parser.parse_args()
    digest = hashlib.sha256(f"{FORMAT} {SHARE}".encode() + options.weights.read_bytes())
    projection = None
    if options.projection:
        digest.update(options.projection.read_bytes())
        projection = read_projection(options.projection)
    ranges = None
    if options.ranges:
        digest.update(options.ranges.read_bytes())
        ranges = json.loads(options.ranges.read_text())
    net, name, side, dimension = build(read_weights(options.weights), projection, ranges)
    options.target.mkdir(parents=True, exist_ok=True)
    (options.target / "model.xml").write_text(net.xml(name))
    (options.target / "model.bin").write_bytes(net.blob)
    card = {"id": f"{name}-{dimension}-{digest.hexdigest()[:12]}", "dimension": dimension,
            "side": side, "share": SHARE}
    (options.target / "model.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
