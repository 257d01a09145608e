"""The operations that training spends its time on, laid out for the processor's vector registers.

Numba's loops keep a matrix that grows by outer products in memory, a load and a store for each multiplication, and
look each time whether the rows they combine overlap. Here a block of the matrix stays in registers for the whole
sum, as in the inner kernel of a BLAS (Goto and van de Geijn, 2008, "Anatomy of High-Performance Matrix
Multiplication"), and rows are whole vectors. It is written in LLVM's own terms, and the LLVM that numba brings fits
it to the processor it finds: no compiler is needed.

All arrays are C-contiguous and of two dimensions, widths are multiples of `PAD`, and nothing checks the bounds.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,attr-defined"

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

WIDE = bool(binding.get_host_cpu_features().get("avx512f"))

REGISTER_BYTES = 64 if WIDE else 32
"""Bytes of a vector; LLVM splits it where the processor's registers are smaller."""

ROWS = 8
"""Rows of a block."""

VECTORS = 2 if WIDE else 1
"""Vectors in a row of a block at most: with `ROWS` they fill about half of the processor's registers."""

PAD = 16
"""The widths of all arrays are multiples of this: a vector of float32, two of float64."""

RIGHT = REGISTER_BYTES // 8
"""Columns beside a matrix of float64 for its right-hand side, which is the first of them: one vector."""

CACHE_LINE_BYTES = 64

_INT = ir.IntType(64)
_LANE = ir.IntType(32)


def _plus(builder: ir.IRBuilder, value: Any, k: int) -> Any:
    return builder.add(value, ir.Constant(_INT, k))


class _Array:
    """An argument of an operation, in vectors."""

    def __init__(self, context: Any, builder: ir.IRBuilder, kind: Any, value: Any) -> None:
        array = context.make_array(kind)(context, builder, value)
        self.builder, self.data = builder, array.data
        self.width = builder.extract_value(array.shape, 1)
        number = context.get_value_type(kind.dtype)
        self.size = context.get_abi_sizeof(number)
        self.lanes = REGISTER_BYTES // self.size
        self.vector = ir.VectorType(number, self.lanes)

    def number_at(self, row: Any, column: Any) -> Any:
        at = self.builder.add(self.builder.mul(row, self.width), column)
        return self.builder.gep(self.data, [at])

    def _vector_at(self, row: Any, column: Any) -> Any:
        return self.builder.bitcast(self.number_at(row, column), self.vector.as_pointer())

    def load(self, row: Any, column: Any) -> Any:
        return self.builder.load(self._vector_at(row, column), align=self.size)

    def store(self, value: Any, row: Any, column: Any) -> None:
        self.builder.store(value, self._vector_at(row, column), align=self.size)

    def number(self, row: Any, column: Any) -> Any:
        return self.builder.load(self.number_at(row, column))

    def in_all_lanes(self, number: Any) -> Any:
        nothing = ir.Constant(self.vector, ir.Undefined)
        one = self.builder.insert_element(nothing, number, ir.Constant(_LANE, 0))
        zeros = ir.Constant(ir.VectorType(_LANE, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, nothing, zeros)

    def sum_of(self, vector: Any) -> Any:
        """The sum of a vector's numbers: its halves are added until one number is left."""
        half = self.lanes // 2
        while half:
            order = [(lane + half) % self.lanes for lane in range(self.lanes)]
            other = self.builder.shuffle_vector(
                vector,
                ir.Constant(self.vector, ir.Undefined),
                ir.Constant(ir.VectorType(_LANE, self.lanes), order),
            )
            vector, half = self.builder.fadd(vector, other), half // 2
        return self.builder.extract_element(vector, ir.Constant(_LANE, 0))


def _multiply_add(builder: ir.IRBuilder, a: Any, b: Any, c: Any) -> Any:
    return builder.fadd(builder.fmul(a, b, flags=("contract",)), c, flags=("contract",))


@contextmanager
def _counting(builder: ir.IRBuilder, start: Any, stop: Any, step: int, carried: list[Any]) -> Iterator[Any]:
    """A loop: yields the index, the carried values, and a list to put their next values into."""
    entry = builder.block
    head, body, done = (builder.append_basic_block(name) for name in ("head", "body", "done"))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(_INT)
    index.add_incoming(start, entry)
    values = []
    for value in carried:
        values.append(builder.phi(value.type))
        values[-1].add_incoming(value, entry)
    builder.cbranch(builder.icmp_signed("<", index, stop), body, done)
    builder.position_at_end(body)
    following: list[Any] = []
    yield index, values, following
    for value, new in zip(values, following, strict=True):
        value.add_incoming(new, builder.block)
    index.add_incoming(_plus(builder, index, step), builder.block)
    builder.branch(head)
    builder.position_at_end(done)


def block_kernel(vectors: int, sign: int) -> Any:
    """An operation for jitted code: `kernel(left, first, right, column, n, out, row)`.

    It adds to `out[row + r, column + c]`, or takes from it where `sign` is negative, the sum over m < n, in this
    order, of `left[m, first + r] * right[m, column + c]`, for r below `ROWS` and c below as many numbers as
    `vectors` registers hold. The arrays are of one type; rows of `out` that are written must not be read.
    """

    @intrinsic
    def kernel(typing, left, first, right, column, n, out, row):
        number = types.int64
        return types.void(left, number, right, number, number, out, number), generate

    def generate(context, builder, signature, arguments):
        left, right, out = (_Array(context, builder, signature.args[k], arguments[k]) for k in (0, 2, 5))
        first, column, n, row = arguments[1], arguments[3], arguments[4], arguments[6]
        columns = [_plus(builder, column, v * out.lanes) for v in range(vectors)]
        rows = [_plus(builder, row, r) for r in range(ROWS)]
        before = [out.load(r, c) for r in rows for c in columns]
        with _counting(builder, ir.Constant(_INT, 0), n, 1, before) as (m, sums, following):
            across = [right.load(m, c) for c in columns]
            for r in range(ROWS):
                number = left.number(m, _plus(builder, first, r))
                down = out.in_all_lanes(builder.fneg(number) if sign < 0 else number)
                for v, vector in enumerate(across):
                    following.append(_multiply_add(builder, down, vector, sums[r * vectors + v]))
        places = [(r, c) for r in rows for c in columns]
        for (r, c), total in zip(places, sums, strict=True):
            out.store(total, r, c)
        return context.get_dummy_value()

    return kernel


add_wide, add_narrow = block_kernel(VECTORS, 1), block_kernel(1, 1)
take_wide, take_narrow = block_kernel(VECTORS, -1), block_kernel(1, -1)


@intrinsic
def reaches(typing, out, row, least):
    """Whether any of the first numbers of `out[row]`, as many as `VECTORS` registers hold, is `least` or more."""

    def generate(context, builder, signature, arguments):
        out = _Array(context, builder, signature.args[0], arguments[0])
        row, limit = arguments[1], out.in_all_lanes(arguments[2])
        reached = [
            builder.fcmp_ordered(">=", out.load(row, ir.Constant(_INT, v * out.lanes)), limit)
            for v in range(VECTORS)
        ]
        some = reached[0]
        for other in reached[1:]:
            some = builder.or_(some, other)
        bits = ir.IntType(out.lanes)
        return builder.icmp_unsigned("!=", builder.bitcast(some, bits), ir.Constant(bits, 0))

    return types.boolean(out, types.int64, out.dtype), generate


@intrinsic
def add_row(typing, out, row, source, other, first, stop, factor):
    """Adds `factor * source[other, c]` to `out[row, c]` for c from `first` to `stop`, multiples of a vector."""

    def generate(context, builder, signature, arguments):
        out = _Array(context, builder, signature.args[0], arguments[0])
        source = _Array(context, builder, signature.args[2], arguments[2])
        row, other, first, stop = arguments[1], arguments[3], arguments[4], arguments[5]
        factor = out.in_all_lanes(arguments[6])
        with _counting(builder, first, stop, out.lanes, []) as (c, _, _):
            out.store(_multiply_add(builder, factor, source.load(other, c), out.load(row, c)), row, c)
        return context.get_dummy_value()

    return types.void(out, types.int64, source, types.int64, types.int64, types.int64, out.dtype), generate


@intrinsic
def settle_rows(typing, upper, row, first, inverse):
    """Replaces B, the columns from `first` on of the `ROWS` rows from `row`, by the solution of TᵀX = B.

    T is the upper triangle that these rows have at the diagonal, whose own diagonal is given by its inverse.

    Args:
        typing: Numba's.
        upper: float64[*, a multiple of a vector].
        row: First row.
        first: First column, a multiple of a vector.
        inverse: float64[1, *] 1 / diagonal of T, at the rows' numbers.
    """

    def generate(context, builder, signature, arguments):
        upper = _Array(context, builder, signature.args[0], arguments[0])
        inverse = _Array(context, builder, signature.args[3], arguments[3])
        row, first, zero = arguments[1], arguments[2], ir.Constant(_INT, 0)
        rows = [_plus(builder, row, r) for r in range(ROWS)]
        with _counting(builder, first, upper.width, upper.lanes, []) as (c, _, _):
            block = [upper.load(r, c) for r in rows]
            for r in range(ROWS):
                scale = upper.in_all_lanes(inverse.number(zero, rows[r]))
                block[r] = builder.fmul(block[r], scale)
                for q in range(r + 1, ROWS):
                    less = upper.in_all_lanes(builder.fneg(upper.number(rows[r], rows[q])))
                    block[q] = _multiply_add(builder, less, block[r], block[q])
            for r in range(ROWS):
                upper.store(block[r], rows[r], c)
        return context.get_dummy_value()

    return types.void(upper, types.int64, types.int64, inverse), generate


@intrinsic
def take_products(typing, upper, row, first, x):
    """Takes from `upper[row + r, n]` the sum over c of `upper[row + r, c] * x[0, c]`, for r below `ROWS`.

    Args:
        typing: Numba's.
        upper: float64[*, > n].
        row: First row.
        first: Where c begins, a multiple of a vector.
        x: float64[1, n], n a multiple of a vector.
    """

    def generate(context, builder, signature, arguments):
        upper = _Array(context, builder, signature.args[0], arguments[0])
        x = _Array(context, builder, signature.args[3], arguments[3])
        rows = [_plus(builder, arguments[1], r) for r in range(ROWS)]
        nothing = [ir.Constant(upper.vector, [0.0] * upper.lanes)] * ROWS
        with _counting(builder, arguments[2], x.width, x.lanes, nothing) as (c, sums, following):
            factors = x.load(ir.Constant(_INT, 0), c)
            following += [
                _multiply_add(builder, upper.load(r, c), factors, s) for r, s in zip(rows, sums, strict=True)
            ]
        for r, total in zip(rows, sums, strict=True):
            place = upper.number_at(r, x.width)
            builder.store(builder.fsub(builder.load(place), upper.sum_of(total)), place)
        return context.get_dummy_value()

    return types.void(upper, types.int64, types.int64, x), generate


@intrinsic
def gather_row(typing, panel, m, factors, row, scale, right, target):
    """Sets `panel[m]` to `scale * factors[row]` and adds `target` times that to `right[0]`."""

    def generate(context, builder, signature, arguments):
        panel, factors, right = (_Array(context, builder, signature.args[k], arguments[k]) for k in (0, 2, 5))
        m, row, zero = arguments[1], arguments[3], ir.Constant(_INT, 0)
        scale, target = panel.in_all_lanes(arguments[4]), panel.in_all_lanes(arguments[6])
        with _counting(builder, zero, panel.width, panel.lanes, []) as (c, _, _):
            scaled = builder.fmul(scale, factors.load(row, c))
            panel.store(scaled, m, c)
            right.store(_multiply_add(builder, target, scaled, right.load(zero, c)), zero, c)
        return context.get_dummy_value()

    return (
        types.void(panel, types.int64, factors, types.int64, panel.dtype, right, panel.dtype),
        generate,
    )


@intrinsic
def prefetch_row(typing, factors, row):
    """Tells the processor that `factors[row]` is wanted soon."""

    def generate(context, builder, signature, arguments):
        factors = _Array(context, builder, signature.args[0], arguments[0])
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        prefetch = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        )
        read, near, data = (ir.Constant(flag, k) for k in (0, 3, 1))
        step = CACHE_LINE_BYTES // factors.size
        with _counting(builder, ir.Constant(_INT, 0), factors.width, step, []) as (c, _, _):
            builder.call(
                prefetch, [builder.bitcast(factors.number_at(arguments[1], c), byte), read, near, data]
            )
        return context.get_dummy_value()

    return types.void(factors, types.int64), generate
