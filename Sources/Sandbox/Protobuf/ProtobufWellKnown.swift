// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The messages whose JSON is no object of their fields: times, quantities, `IntOrString`, and embedded JSON.
enum ProtobufWellKnown {
    /// The years 1 to 9999, which are all that RFC 3339 can say.
    private static let seconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    static func value(_ data: ArraySlice<UInt8>, _ shape: ObjectType.Shape) throws(ProtobufError) -> Value {
        switch shape {
        case .time, .microTime: return try time(data, micro: shape == .microTime)
        case .quantity:
            let text = try string(data)
            return .string(text.isEmpty ? "0" : text)
        case .intOrString: return try intOrString(data)
        default: return try json(data)
        }
    }

    /// Seconds and nanoseconds since the epoch; nothing at all is the zero time, which JSON calls null.
    private static func time(_ data: ArraySlice<UInt8>, micro: Bool) throws(ProtobufError) -> Value {
        guard !data.isEmpty else { return .null }
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        var reader = ProtobufReader(data)
        while !reader.isAtEnd {
            switch try reader.field() {
            case (1, .varint(let value)): seconds = Int64(bitPattern: value)
            case (2, .varint(let value)): nanoseconds = Int64(Int32(truncatingIfNeeded: value))
            default: break
            }
        }
        guard Self.seconds.contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
            throw ProtobufError(message: "Time.MarshalJSON: year outside of range [0,9999]")
        }
        let text = Timestamp(secondsSinceEpoch: seconds).secondsDescription
        guard micro else { return .string(text) }
        let digits = String(nanoseconds / 1000)
        return .string("\(text.dropLast()).\(String(repeating: "0", count: 6 - digits.count))\(digits)Z")
    }

    private static func string(_ data: ArraySlice<UInt8>) throws(ProtobufError) -> String {
        var text = ""
        var reader = ProtobufReader(data)
        while !reader.isAtEnd {
            if case (1, .delimited(let bytes)) = try reader.field() { text = String(decoding: bytes, as: UTF8.self) }
        }
        return text
    }

    private static func intOrString(_ data: ArraySlice<UInt8>) throws(ProtobufError) -> Value {
        var isString = false
        var number: Int32 = 0
        var text = ""
        var reader = ProtobufReader(data)
        while !reader.isAtEnd {
            switch try reader.field() {
            case (1, .varint(let value)): isString = value == 1
            case (2, .varint(let value)): number = Int32(truncatingIfNeeded: value)
            case (3, .delimited(let bytes)): text = String(decoding: bytes, as: UTF8.self)
            default: break
            }
        }
        return isString ? .string(text) : .integer(Int64(number))
    }

    /// `FieldsV1` and `RawExtension` hold their JSON as it is.
    private static func json(_ data: ArraySlice<UInt8>) throws(ProtobufError) -> Value {
        var raw: ArraySlice<UInt8> = []
        var reader = ProtobufReader(data)
        while !reader.isAtEnd {
            if case (1, .delimited(let bytes)) = try reader.field() { raw = bytes }
        }
        guard !raw.isEmpty else { return .null }
        do {
            return try JSON.parse(Array(raw))
        } catch {
            throw ProtobufError(message: "invalid character in embedded JSON")
        }
    }
}
