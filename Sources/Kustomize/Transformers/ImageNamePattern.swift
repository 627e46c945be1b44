// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The name of an image override. To kustomize it is a regular expression, whose dots everybody takes for dots.
enum ImageNamePattern {
    /// True where a name is more than a name, and has to be compiled.
    static func isPattern(_ name: String) -> Bool { name.utf8.contains(where: isSpecial) }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "$"), UInt8(ascii: "|"), UInt8(ascii: "?"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"):
            true
        default: false
        }
    }

    /// False where the image's first bytes show that it is another one, as nearly all are of many overrides.
    static func mayMatch(_ name: String, _ image: String) -> Bool { startsLike(name, image) || isPattern(name) }

    private static func startsLike(_ name: String, _ image: String) -> Bool {
        name.utf8.count <= image.utf8.count
            && zip(name.utf8, image.utf8).allSatisfy { $0 == $1 || $0 == UInt8(ascii: ".") }
    }

    /// True where an override's name fits an image up to a tag and a digest of the usual characters, or with them.
    static func matches(_ name: String, _ image: String) -> Bool {
        if !isPattern(name) {
            return startsLike(name, image) && isOrdinary(image.utf8.dropFirst(name.utf8.count))
        }
        let tail = "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?"
        return (try? Pattern("(?:\(name))\(tail)"))?.matches(image) ?? false
    }

    /// `:tag`, `@sha256:digest`, both or nothing.
    private static func isOrdinary(_ rest: Substring.UTF8View) -> Bool {
        var rest = rest
        func takeWord() {
            rest = rest.drop { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: byte == 0x5F || byte == 0x2E || byte == 0x7B || byte == 0x7D || byte == 0x2D
                }
            }
        }
        if rest.first == UInt8(ascii: ":") {
            rest = rest.dropFirst()
            takeWord()
        }
        if rest.starts(with: "@sha256:".utf8) {
            rest = rest.dropFirst(8)
            takeWord()
        }
        return rest.isEmpty
    }
}
