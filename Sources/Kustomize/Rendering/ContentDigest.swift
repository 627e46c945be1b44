// SPDX-License-Identifier: Apache-2.0

import Crypto

/// Digests of contents, as lower-case hexadecimal text.
package enum ContentDigest {
    /// SHA-256 (FIPS 180-4): 64 hexadecimal digits.
    package static func sha256Hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in SHA256.hash(data: Array(bytes)) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
