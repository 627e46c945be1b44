// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import Foundation

/// Keyed hashes that stand for secret values: the key is made at the start and never leaves, so that a hash says only
/// whether two values of one plan are equal, and cannot be guessed back.
struct ValueHash: Sendable {
    private let key: SymmetricKey

    init(key: SymmetricKey = SymmetricKey(size: .bits256)) { self.key = key }

    /// Twelve hexadecimal digits of HMAC-SHA256 (RFC 2104).
    func callAsFunction(_ text: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key).prefix(6)
            .map { String(format: "%02x", $0) }.joined()
    }
}
