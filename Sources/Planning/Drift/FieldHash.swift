// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// A keyed hash over values of fields: what is kept in place of the values, which may be secret.
///
/// The key is handed in, inside the closure: whoever reads a ledger without it can neither find out a value by trying,
/// nor tell that two fields hold the same.
package struct FieldHash: Sendable {
    private let digest: @Sendable ([UInt8]) -> UInt64

    /// - Parameter digest: 64 bits of a keyed hash (HMAC-SHA256 in the product).
    package init(digest: @escaping @Sendable ([UInt8]) -> UInt64) { self.digest = digest }

    /// Twelve hexadecimal digits that stand for a value at a place.
    package func mark(_ value: Value, at place: String) -> String {
        let digits = String(digest(Array(place.utf8) + [0] + JSON.sortedBytes(value)) >> 16, radix: 16)
        return String(repeating: "0", count: 12 - digits.count) + digits
    }
}
