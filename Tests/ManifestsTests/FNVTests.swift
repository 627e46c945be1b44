// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("FNV-1a")
struct FNVTests {
    @Test(
        "The hash is that of the authors' test vectors",
        arguments: [
            ("", 0xcbf2_9ce4_8422_2325 as UInt64), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
        ])
    func vectors(text: String, hash: UInt64) { #expect(FNV.hash(text) == hash) }

    @Test("Digits are the first ten, with zeros in front")
    func digits() {
        #expect(FNV.tenDigits("foobar") == "85944171f7")
        #expect(FNV.tenDigits("10") == "07f89207b4")
    }
}
