// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Formats of strings in definitions' schemas. Ones that are not known here are not checked.
enum TextFormat {
    static func fits(_ text: String, _ format: String) -> Bool {
        switch format {
        case "date-time": Timestamp(text) != nil
        case "date": text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil && Timestamp("\(text)T00:00:00Z") != nil
        case "byte": text.utf8.count.isMultiple(of: 4) && text.wholeMatch(of: /[A-Za-z0-9+\/]*={0,2}/) != nil
        case "uuid", "uuid3", "uuid4", "uuid5":
            text.wholeMatch(of: /(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/) != nil
        case "ipv4": isIPv4(text)
        case "ipv6": isIPv6(text)
        case "cidr": isCIDR(text)
        case "mac": text.wholeMatch(of: /(?i)[0-9a-f]{2}([:-][0-9a-f]{2}){5}/) != nil
        case "hostname":
            text.wholeMatch(of: /[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*/)
                != nil
        case "email": text.wholeMatch(of: /[^@\s]+@[^@\s]+/) != nil
        case "duration":
            text.wholeMatch(of: /-?([0-9]+(\.[0-9]*)?\s*(ns|us|µs|ms|[smhdw]|min|hour|day|week)s?\s*)+|0/) != nil
        default: true
        }
    }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil && ($0.count == 1 || !$0.hasPrefix("0")) }
    }

    private static func isIPv6(_ text: String) -> Bool {
        let halves = text.replacing("::", with: " ").split(separator: " ", omittingEmptySubsequences: false)
        guard text.contains(":"), halves.count <= 2 else { return false }
        let groups = halves.flatMap { $0.split(separator: ":", omittingEmptySubsequences: false) }.filter {
            !$0.isEmpty
        }
        let count = halves.count == 2 ? groups.count <= 7 : groups.count == 8
        return count && groups.allSatisfy { $0.count <= 4 && UInt16($0, radix: 16) != nil }
    }

    private static func isCIDR(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let length = UInt8(parts[1]) else { return false }
        return (isIPv4(parts[0]) && length <= 32) || (isIPv6(parts[0]) && length <= 128)
    }
}
