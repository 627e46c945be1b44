// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Base64 {
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
        if let index = digits.firstIndex(where: { !isDigit($0) }) { return index }
        return bytes.count.isMultiple(of: 4) ? nil : bytes.count
    }
}
