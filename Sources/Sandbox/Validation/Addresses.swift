// SPDX-License-Identifier: Apache-2.0

import Manifests

/// IP addresses and networks, in the notations that the server takes.
enum Addresses {
    /// The bytes of an address: 4 or 16; nil when it is none.
    static func bytes(_ text: String) -> [UInt8]? { text.contains(":") ? version6(text) : version4(text) }

    private static func version4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var result: [UInt8] = []
        for part in parts {
            guard !part.isEmpty, part.utf8.count <= 3, part.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }),
                let byte = UInt8(part), part == "0" || part.first != "0"
            else { return nil }
            result.append(byte)
        }
        return result
    }

    private static func version6(_ text: String) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else {
            guard let bytes = groups(text), bytes.count == 16 else { return nil }
            return bytes
        }
        guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: some StringProtocol) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var result: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(".") {
                guard let last = version4(String(part)) else { return nil }
                result += last
                continue
            }
            guard (1...4).contains(part.utf8.count), part.first != "+", part.first != "-",
                let group = UInt16(part, radix: 16)
            else { return nil }
            result += [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return result
    }

    struct Network: Equatable {
        var bytes: [UInt8]
        var length: Int

        init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let bytes = Addresses.bytes(String(parts[0])), let length = Int(parts[1]),
                (0...bytes.count * 8).contains(length), parts[1].first != "+"
            else { return nil }
            self.bytes = bytes
            self.length = length
        }

        func contains(_ other: [UInt8]) -> Bool {
            guard other.count == bytes.count else { return false }
            return (0..<length).allSatisfy { bit in
                let mask = UInt8(0x80) >> UInt8(bit % 8)
                return bytes[bit / 8] & mask == other[bit / 8] & mask
            }
        }
    }
}

extension Causes {
    mutating func address(_ field: Field) {
        if Addresses.bytes(field.string) == nil {
            invalid(
                field, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)", showing: .string(field.string))
        }
    }

    mutating func network(_ field: Field) {
        if Addresses.Network(field.string) == nil {
            invalid(
                field, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
                showing: .string(field.string))
        }
    }

    /// An address that traffic can go to.
    mutating func ordinaryAddress(_ field: Field) {
        guard let bytes = Addresses.bytes(field.string) else { return address(field) }
        let why: String? =
            switch (bytes.count, bytes[0], bytes[1]) {
            case _ where bytes.allSatisfy({ $0 == 0 }): "may not be unspecified (\(field.string))"
            case (4, 127, _): "may not be in the loopback range (127.0.0.0/8, ::1/128)"
            case (16, _, _) where bytes.dropLast().allSatisfy({ $0 == 0 }) && bytes[15] == 1:
                "may not be in the loopback range (127.0.0.0/8, ::1/128)"
            case (4, 169, 254): "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
            case (16, 0xFE, 0x80...0xBF): "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
            case (4, 224, 0) where bytes[2] == 0:
                "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
            default: nil
            }
        if let why { invalid(field, why) }
    }
}
