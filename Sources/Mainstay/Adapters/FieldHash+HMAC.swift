// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import Planning

extension FieldHash {
    /// HMAC-SHA256 under a key of its own, derived from the data directory's (RFC 5869).
    init(dataKey: [UInt8]) {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: dataKey), info: Array("mainstay field values".utf8),
            outputByteCount: 32)
        // Every mark is one of the same key, which is half of the work.
        let begun = HMAC<SHA256>(key: key)
        self.init { bytes in
            var code = begun
            code.update(data: bytes)
            return code.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
    }
}
