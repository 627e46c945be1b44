// SPDX-License-Identifier: Apache-2.0

/// Durations and timestamps, in UTC.
enum ExpressionTimes {
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("h", 3.6e12), ("m", 6e10), ("s", 1e9),
    ]

    /// From the notation of Go: `1h30m`, `1.5s`, `-2ms`.
    static func duration(_ text: String) -> Int64? {
        var rest = text[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        guard !rest.isEmpty, text.utf8.count <= 64 else { return nil }
        if rest == "0" { return 0 }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            rest = rest.dropFirst(digits.count)
            guard let amount = Double(digits), let unit = units.first(where: { rest.hasPrefix($0.name) }) else {
                return nil
            }
            rest = rest.dropFirst(unit.name.count)
            total += amount * unit.nanoseconds
        }
        return Int64(exactly: (isNegative ? -total : total).rounded())
    }

    static func text(_ nanoseconds: Int64) -> String {
        "\(ExpressionConversions.text(Double(nanoseconds) / 1e9))s"
    }

    static func text(_ moment: Timestamp) -> String {
        moment.millisecondsSinceEpoch.isMultiple(of: 1000) ? moment.secondsDescription : moment.description
    }

    static func call(
        _ name: String, _ nanoseconds: Int64, _ arguments: [ExpressionValue]
    ) throws(ExpressionError) -> ExpressionValue {
        guard arguments.isEmpty else { throw .noOverload() }
        switch name {
        case "getHours": return .int(nanoseconds / 3_600_000_000_000)
        case "getMinutes": return .int(nanoseconds / 60_000_000_000)
        case "getSeconds": return .int(nanoseconds / 1_000_000_000)
        case "getMilliseconds": return .int(nanoseconds / 1_000_000 % 1000)
        default: throw .noOverload()
        }
    }

    static func call(
        _ name: String, _ moment: Timestamp, _ arguments: [ExpressionValue]
    ) throws(ExpressionError) -> ExpressionValue {
        guard arguments.isEmpty else {
            throw ExpressionError("time zones are not supported: \(name) takes no argument here")
        }
        let text = moment.description
        func part(_ range: Range<Int>) -> Int64 {
            Int64(String(decoding: Array(text.utf8)[range], as: UTF8.self)) ?? 0
        }
        let day = (moment.millisecondsSinceEpoch - (moment.millisecondsSinceEpoch < 0 ? 86_399_999 : 0)) / 86_400_000
        switch name {
        case "getFullYear": return .int(part(0..<4))
        case "getMonth": return .int(part(5..<7) - 1)
        case "getDate": return .int(part(8..<10))
        case "getDayOfMonth": return .int(part(8..<10) - 1)
        // The first day of 1970 was a Thursday.
        case "getDayOfWeek": return .int(((day + 4) % 7 + 7) % 7)
        case "getDayOfYear":
            guard let start = Timestamp("\(text.prefix(4))-01-01T00:00:00Z") else { throw .noOverload() }
            return .int((moment.millisecondsSinceEpoch - start.millisecondsSinceEpoch) / 86_400_000)
        case "getHours": return .int(part(11..<13))
        case "getMinutes": return .int(part(14..<16))
        case "getSeconds": return .int(part(17..<19))
        case "getMilliseconds": return .int(part(20..<23))
        default: throw .noOverload()
        }
    }
}

/// The quantity library of Kubernetes.
enum ExpressionQuantities {
    private static let unit: Int128 = 1_000_000_000

    static func call(
        _ name: String, _ quantity: Quantity, _ arguments: [ExpressionValue]
    ) throws(ExpressionError) -> ExpressionValue {
        let nano = quantity.nano
        switch (name, arguments.first) {
        case ("sign", nil): return .int(nano < 0 ? -1 : nano == 0 ? 0 : 1)
        case ("isInteger", nil): return .bool(nano % unit == 0 && Int64(exactly: nano / unit) != nil)
        case ("asInteger", nil):
            guard nano % unit == 0, let whole = Int64(exactly: nano / unit) else {
                throw ExpressionError("cannot convert value to integer")
            }
            return .int(whole)
        case ("asApproximateFloat", nil): return .double(Double(nano) / 1e9)
        case ("isGreaterThan", .quantity(let other)?): return .bool(quantity > other)
        case ("isLessThan", .quantity(let other)?): return .bool(quantity < other)
        case ("compareTo", .quantity(let other)?): return .int(quantity < other ? -1 : quantity == other ? 0 : 1)
        case ("add", .quantity(let other)?): return try sum(quantity, other.nano)
        case ("sub", .quantity(let other)?): return try sum(quantity, -other.nano)
        case ("add", .int(let other)?): return try sum(quantity, Int128(other) * unit)
        case ("sub", .int(let other)?): return try sum(quantity, -Int128(other) * unit)
        default: throw .noOverload()
        }
    }

    private static func sum(_ quantity: Quantity, _ nano: Int128) throws(ExpressionError) -> ExpressionValue {
        let (total, overflow) = quantity.nano.addingReportingOverflow(nano)
        guard !overflow else { throw ExpressionError("integer overflow") }
        return .quantity(Quantity(nano: total, format: quantity.format))
    }
}
