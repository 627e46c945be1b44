// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Kustomize

@Suite struct ContentHashTests {
    @Test("Suffixes are those of kustomize")
    func suffixes() {
        let configMap: Object = [
            "kind": "ConfigMap", "metadata": ["name": "any"], "data": ["PORT": "8080", "LOG_LEVEL": "info"],
        ]
        #expect(ContentHash.suffix(of: configMap) == "bt5mh2dcg8")
        var renamed = configMap
        renamed.set("other", at: "metadata", "name")
        #expect(ContentHash.suffix(of: renamed) == "bt5mh2dcg8")
        var changed = configMap
        changed.set("debug", at: "data", "LOG_LEVEL")
        #expect(ContentHash.suffix(of: changed) != "bt5mh2dcg8")
    }

    @Test("The canonical form sorts keys and escapes as Go does")
    func goJSON() {
        let value: Value = ["b": "<&>\u{2028}\u{1}\n\"\\ü", "a": [1, true, nil]]
        #expect(
            String(decoding: GoJSON.bytes(value), as: UTF8.self)
                == #"{"a":[1,true,null],"b":"\u003c\u0026\u003e\u2028\u0001\n\"\\ü"}"#)
    }

    @Test("Digests are SHA-256, the published vectors")
    func digest() {
        #expect(
            ContentDigest.sha256Hex("abc".utf8) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            ContentDigest.sha256Hex([UInt8]()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test(
        "Base64 is that of RFC 4648",
        arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func base64(text: String, expected: String) {
        #expect(Base64.encode(Array(text.utf8)) == expected)
        #expect(Base64.encodeInLines(Array(text.utf8)) == expected)
    }

    @Test("Long Base64 is cut into lines of 70, the last one ended too", arguments: [51, 52, 105, 106, 200])
    func lines(count: Int) {
        let bytes = [UInt8](repeating: 7, count: count)
        let lines = Base64.encodeInLines(bytes).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.joined() == Base64.encode(bytes))
        if Base64.encode(bytes).utf8.count < 70 {
            #expect(lines.count == 1)
        } else {
            #expect(lines.last == "" && lines.dropLast().dropLast().allSatisfy { $0.utf8.count == 70 })
        }
    }
}
