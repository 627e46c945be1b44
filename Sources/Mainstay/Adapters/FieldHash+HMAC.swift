// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import Planning

extension FieldHash {
    /// HMAC-SHA256 under a key of its own, derived from the data directory's (RFC 5869).
    init(dataKey: [UInt8]) {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: dataKey), info: Array("mainstay field values".utf8),
            outputByteCount: 32)
        self.init { bytes in
            HMAC<SHA256>.authenticationCode(for: bytes, using: key).prefix(8)
                .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
    }
}
