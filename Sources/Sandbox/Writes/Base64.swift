// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Base64 with padding (RFC 4648 section 4).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let chunk = Array(bytes[start..<min(start + 3, bytes.count)])
            let padded = chunk + Array(repeating: 0, count: 3 - chunk.count)
            let bits = UInt32(padded[0]) << 16 | UInt32(padded[1]) << 8 | UInt32(padded[2])
            for index in 0..<4 {
                let isPadding = index > chunk.count
                result.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(bits >> (18 - 6 * UInt32(index))) & 63])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Where the first value of a Secret's `data` that is no base64 goes wrong; nil when all are right.
    static func firstIllegalByte(inDataOf object: Object) -> Int? {
        guard object.kind == "Secret", object.groupVersionKind.group.isEmpty else { return nil }
        return (object["data"]?.object?.pairs ?? []).lazy.compactMap { firstIllegalByte($0.value.string ?? "") }.first
    }

    /// The offset that the server's decoder reports.
    private static func firstIllegalByte(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        let padding = min(2, bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count)
        let digits = bytes.dropLast(padding)
        if let index = digits.firstIndex(where: { !alphabet.contains($0) }) { return index }
        return bytes.count.isMultiple(of: 4) ? nil : bytes.count
    }
}
