// SPDX-License-Identifier: Apache-2.0

/// Why a protobuf body cannot be read, in the words of the server's generated decoders.
struct ProtobufError: Error, Equatable {
    var message: String

    static let unexpectedEnd = ProtobufError(message: "unexpected EOF")
}

/// Reads the wire format (protobuf.dev/programming-guides/encoding): keys, varints, fixed-size and delimited values.
struct ProtobufReader {
    /// A value as it stands on the wire.
    enum Scalar {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case delimited(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next field's number and value.
    mutating func field() throws(ProtobufError) -> (number: Int, value: Scalar) {
        let key = try varint()
        let number = key >> 3
        guard number > 0, number <= 0x1FFF_FFFF else {
            throw ProtobufError(message: "proto: illegal tag \(number) (wire type \(key & 7))")
        }
        let value: Scalar =
            switch key & 7 {
            case 0: .varint(try varint())
            case 1: .fixed64(try fixed(8))
            case 2: .delimited(try delimited())
            case 5: .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
            default: throw ProtobufError(message: "proto: illegal wireType \(key & 7)")
            }
        return (Int(number), value)
    }

    mutating func varint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw .unexpectedEnd }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw ProtobufError(message: "proto: integer overflow")
    }

    mutating func fixed(_ count: Int) throws(ProtobufError) -> UInt64 {
        guard rest.count >= count else { throw .unexpectedEnd }
        let bytes = rest.prefix(count)
        rest = rest.dropFirst(count)
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func delimited() throws(ProtobufError) -> ArraySlice<UInt8> {
        let length = try varint()
        guard length <= UInt64(Int32.max) else {
            throw ProtobufError(message: "proto: negative length found during unmarshaling")
        }
        guard rest.count >= Int(length) else { throw .unexpectedEnd }
        let bytes = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        return bytes
    }
}
