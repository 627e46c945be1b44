// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Base64 {
    /// The form that kustomize writes: text of 70 characters or more is cut into lines of 70, each ended by a line feed.
    /// The hash in generated names is made over this text.
    static func encodeInLines(_ bytes: [UInt8], width: Int = 70) -> String {
        let text = encode(bytes)
        guard text.utf8.count >= width else { return text }
        let digits = Array(text.utf8)
        var lines: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: width) {
            lines.append(contentsOf: digits[start..<min(start + width, digits.count)])
            lines.append(0x0A)
        }
        return String(decoding: lines, as: UTF8.self)
    }
}
