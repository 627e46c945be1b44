// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Transport

/// How long a server asks to be left alone (RFC 9110, section 10.2.3): seconds, or a date.
enum RetryAfter {
    /// A date is measured from the answer's own, so that no clock of ours has a say; from now where it has none.
    static func duration(of headers: HTTPHeaders, now: Timestamp) -> Duration? {
        guard let text = headers["Retry-After"] else { return nil }
        let duration: Duration
        if let seconds = Int64(text) {
            duration = .seconds(min(seconds, 86_400))
        } else {
            guard let until = date(text) else { return nil }
            duration = until - (headers["Date"].flatMap(date) ?? now)
        }
        return duration > .zero ? duration : nil
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that may be made today (RFC 9110, section 5.6.7).
    private static func date(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ").map(String.init)
        guard parts.count == 6, parts[1].count == 2, parts[5] == "GMT", let month = months.firstIndex(of: parts[2])
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
