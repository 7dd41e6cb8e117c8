"""Just enough of protobuf's wire format to speak Terraform's plugin protocol without protoc.

Source: protobuf.dev, "Encoding". A message is a row of (field number and kind, value) pairs.
"""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {FIXED64: 8, FIXED32: 4}
Message = dict[int, list]


def varint(number: int) -> bytes:
    """Encode an integer, seven bits a byte; a negative one as its 64-bit complement."""
    if number < 0:
        number += 1 << 64
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def number_field(field: int, value: object) -> bytes:
    """Encode an integer, bool or enum field; zero, false and None are left out (proto3)."""
    return varint(field << 3) + varint(int(value)) if value else b""


def bytes_field(field: int, value: bytes | str | None) -> bytes:
    """Encode bytes, a string or a sub-message; None is left out."""
    if value is None:
        return b""
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | BYTES) + varint(len(data)) + data


class _Reader:
    """A place in a message's bytes that moves on as values are read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def varint(self) -> int:
        shift = number = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def take(self, count: int) -> bytes:
        self.at += count
        return bytes(self.data[self.at - count : self.at])

    def value(self, kind: int) -> int | bytes:
        if kind == VARINT:
            return self.varint()
        if kind == BYTES:
            return self.take(self.varint())
        if kind in _FIXED_BYTES:
            return self.take(_FIXED_BYTES[kind])
        raise ValueError(f"wire type {kind} is not in use since protobuf 2")


def decode(data: bytes) -> Message:
    """Read a message as {field number: [values]}, each an int or, by length, bytes."""
    reader, out = _Reader(data), {}
    while reader.at < len(data):
        key = reader.varint()
        out.setdefault(key >> 3, []).append(reader.value(key & 7))
    return out


def last(message: Message, field: int, default: bytes = b"") -> bytes:
    """Give a field's value; protobuf lets the last of several win."""
    return message.get(field, [default])[-1]
