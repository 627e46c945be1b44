// SPDX-License-Identifier: Apache-2.0

/// `int()`, `string()` and the other conversions.
enum ExpressionConversions {
    static func convert(_ value: ExpressionValue, to type: String) throws(ExpressionError) -> ExpressionValue {
        switch type {
        case "string":
            guard let text = ExpressionFunctions.text(value) else { throw .noOverload() }
            return .string(text)
        case "int": return .int(try int(value))
        case "uint": return .uint(try uint(value))
        case "double":
            if case .string(let text) = value {
                guard let number = Double(text) else { throw failure(text, "double") }
                return .double(number)
            }
            guard let number = value.number else { throw .noOverload() }
            return .double(number)
        case "bool": return .bool(try bool(value))
        case "bytes":
            switch value {
            case .string(let text): return .bytes(Array(text.utf8))
            case .bytes: return value
            default: throw .noOverload()
            }
        case "duration":
            if case .duration = value { return value }
            guard let text = value.string else { throw .noOverload() }
            guard let length = ExpressionTimes.duration(text) else { throw failure(text, "duration") }
            return .duration(length)
        case "timestamp":
            switch value {
            case .timestamp: return value
            case .int(let seconds):
                // From the year 1 to the year 9999 (CEL specification, "Timestamps").
                guard (-62_135_596_800...253_402_300_799).contains(seconds) else {
                    throw ExpressionError("timestamp overflow")
                }
                return .timestamp(Timestamp(secondsSinceEpoch: seconds))
            case .string(let text):
                guard let moment = Timestamp(text) else { throw failure(text, "timestamp") }
                return .timestamp(moment)
            default: throw .noOverload()
            }
        default: throw .noOverload(type)
        }
    }

    private static func failure(_ text: String, _ type: String) -> ExpressionError {
        ExpressionError("type conversion error from 'string' to '\(type)'")
    }

    private static func int(_ value: ExpressionValue) throws(ExpressionError) -> Int64 {
        switch value {
        case .int(let number): return number
        case .uint(let number):
            guard let result = Int64(exactly: number) else { throw ExpressionError("integer overflow") }
            return result
        case .double(let number):
            guard let result = Int64(exactly: number.rounded(.towardZero)) else {
                throw ExpressionError("integer overflow")
            }
            return result
        case .string(let text):
            guard let number = Int64(text) else { throw failure(text, "int") }
            return number
        case .timestamp(let moment): return moment.millisecondsSinceEpoch / 1000
        case .duration(let nanoseconds): return nanoseconds
        default: throw .noOverload()
        }
    }

    private static func uint(_ value: ExpressionValue) throws(ExpressionError) -> UInt64 {
        switch value {
        case .uint(let number): return number
        case .int(let number):
            guard let result = UInt64(exactly: number) else { throw ExpressionError("unsigned integer overflow") }
            return result
        case .double(let number):
            guard let result = UInt64(exactly: number.rounded(.towardZero)) else {
                throw ExpressionError("unsigned integer overflow")
            }
            return result
        case .string(let text):
            guard let number = UInt64(text) else { throw failure(text, "uint") }
            return number
        default: throw .noOverload()
        }
    }

    private static func bool(_ value: ExpressionValue) throws(ExpressionError) -> Bool {
        switch value {
        case .bool(let value): return value
        case .string(let text):
            // The spellings of Go's `strconv.ParseBool`.
            if ["1", "t", "T", "TRUE", "true", "True"].contains(text) { return true }
            if ["0", "f", "F", "FALSE", "false", "False"].contains(text) { return false }
            throw failure(text, "bool")
        default: throw .noOverload()
        }
    }

    /// The shortest text that reads back as the number, without a fraction where there is none.
    static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        if number == number.rounded(), abs(number) < 1e21, let whole = Int64(exactly: number) { return String(whole) }
        return "\(number)"
    }
}
