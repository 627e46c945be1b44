// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// The `Retry-After` header: seconds, or a date (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// At most an hour: a wrong header must not stop an application for a day.
    private static let longest: Int64 = 3600
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// - Parameter now: by the clock of the server where it says, so that ours may be wrong.
    static func wait(_ text: String, now: Timestamp?) -> Duration? {
        if let seconds = Int64(text) { return bounded(seconds: seconds) }
        guard let date = date(text), let now else { return nil }
        return bounded(seconds: ((date - now).components.seconds))
    }

    static func bounded(seconds: Int64) -> Duration { .seconds(min(max(seconds, 0), longest)) }

    /// Any of the three forms that a recipient must take (section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`,
    /// `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
    static func date(_ text: String) -> Timestamp? {
        let words = text.lowercased().split { $0 == " " || $0 == "," || $0 == "-" }
        guard (5...6).contains(words.count), let time = words.first(where: { $0.contains(":") }),
            let month = words.lazy.compactMap({ word in months.firstIndex { $0 == word } }).first
        else { return nil }
        let numbers = words.compactMap { Int64($0) }
        guard numbers.count == 2, (1...31).contains(numbers[0]), (0...9999).contains(numbers[1]) else { return nil }
        let year = numbers[1] >= 100 ? numbers[1] : numbers[1] + (numbers[1] < 70 ? 2000 : 1900)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return Timestamp("\(padded(year, 4))-\(padded(Int64(month) + 1, 2))-\(padded(numbers[0], 2))T\(time)Z")
    }
}
