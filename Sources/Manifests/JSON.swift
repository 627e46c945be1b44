// SPDX-License-Identifier: Apache-2.0

/// JSON (RFC 8259) to and from the value tree.
package enum JSON {
    /// What a document may cost. Everything read from outside is bounded.
    package struct Limits: Sendable {
        package var depth: Int
        package var bytes: Int

        package init(depth: Int = 200, bytes: Int = 64 << 20) {
            self.depth = depth
            self.bytes = bytes
        }
    }

    /// Parses one document.
    ///
    /// - Throws: `JSONError` with the byte offset; a duplicate key, invalid UTF-8, trailing text, or a limit passed.
    package static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(JSONError) -> Value {
        guard bytes.count <= limits.bytes else {
            throw JSONError(offset: limits.bytes, message: "the document is larger than \(limits.bytes) bytes")
        }
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<Value, JSONError> in
            var parser = JSONParser(bytes: buffer, maximumDepth: limits.depth)
            do throws(JSONError) {
                return .success(try parser.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Parses one document in which keys may stand twice: the last value counts.
    ///
    /// - Parameter repeated: takes the paths of such keys, as in `spec.ports[0].name`, each once and in order.
    package static func parse(_ bytes: [UInt8], repeated: inout [String]) throws(JSONError) -> Value {
        let limits = Limits()
        guard bytes.count <= limits.bytes else {
            throw JSONError(offset: limits.bytes, message: "the document is larger than \(limits.bytes) bytes")
        }
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<(Value, [String]), JSONError> in
            var parser = JSONParser(bytes: buffer, maximumDepth: limits.depth, keepsLastOfRepeatedKeys: true)
            do throws(JSONError) {
                return .success((try parser.document(), parser.repeatedKeys))
            } catch {
                return .failure(error)
            }
        }
        let (value, keys) = try result.get()
        repeated = keys
        return value
    }

    package static func parse(_ text: String, limits: Limits = Limits()) throws(JSONError) -> Value {
        try parse(Array(text.utf8), limits: limits)
    }

    /// Compact text, keys in their order.
    package static func bytes(_ value: Value) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(value)
        return writer.bytes
    }

    /// The same for keys in whatever order: the form that digests are made of (`Value.sortedByKey`).
    package static func sortedBytes(_ value: Value) -> [UInt8] {
        var writer = JSONWriter(sortsKeys: true)
        writer.write(value)
        return writer.bytes
    }

    package static func text(_ value: Value) -> String { String(decoding: bytes(value), as: UTF8.self) }

    /// Text for people: two spaces of indent, a line a member.
    package static func prettyText(_ value: Value) -> String {
        var writer = JSONWriter(indent: 2)
        writer.write(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Why a JSON document was refused, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Bytes from the start of the document.
    package var offset: Int
    package var message: String

    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }

    package var description: String { "not valid JSON at byte \(offset): \(message)" }
}
