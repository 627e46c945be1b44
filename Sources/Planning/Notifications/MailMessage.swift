// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A message as SMTP carries it (RFC 5322, MIME): plain text in UTF-8. Nothing in an event can add a header.
package struct MailMessage: Sendable, Hashable {
    package let bytes: [UInt8]

    /// - Parameters:
    ///   - from: an address that `MailAddress` accepted, as are those of `to`.
    ///   - source: what the daemon follows, for who gets mail of several.
    package init(_ event: NotificationEvent, message: String?, from: String, to: [String], source: String) {
        let text = NotificationText(event)
        let body = message ?? ([text.title] + text.lines).joined(separator: "\n")
        let domain = from.split(separator: "@").last.map(String.init) ?? "mainstay.invalid"
        let headers = [
            "From: \(from)", "To: \(to.joined(separator: ",\r\n "))",
            "Subject: \(Self.encoded("[mainstay] \(text.title)".singleLine.shortened(to: 200)))",
            "Date: \(Self.date(event.at))",
            // The same for every try: mail systems that see it twice may show it once.
            "Message-ID: <\(event.id.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })@\(domain)>",
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
        ]
        let footer = "\n\n-- \nmainstay, following \(source)\n\(event.at.secondsDescription)\n"
        let content = Self.wrapped(Base64.encode(Array((body + footer).withLineEnds.utf8)))
        bytes = Array((headers.joined(separator: "\r\n") + "\r\n\r\n" + content).utf8)
    }

    /// RFC 2047: text beyond ASCII in words of at most 75 characters, none of which splits a character.
    static func encoded(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return text }
        var words: [String] = []
        var word: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if word.count + bytes.count > 42 {
                words.append("=?utf-8?B?\(Base64.encode(word))?=")
                word = []
            }
            word += bytes
        }
        words.append("=?utf-8?B?\(Base64.encode(word))?=")
        return words.joined(separator: "\r\n ")
    }

    /// `Sat, 21 Nov 2026 10:08:00 +0000`.
    static func date(_ time: Timestamp) -> String {
        let parts = time.secondsDescription.split { "-T:Z".contains($0) }.map(String.init)
        guard parts.count == 6, let month = Int(parts[1]) else { return time.secondsDescription }
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let sinceEpoch = Int((time.millisecondsSinceEpoch / 86_400_000) % 7)
        let day = days[(sinceEpoch + 7) % 7]
        return "\(day), \(parts[2]) \(months[(month - 1) % 12]) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) +0000"
    }

    private static func wrapped(_ text: String) -> String {
        var lines: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(76)))
            rest = rest.dropFirst(76)
        }
        return lines.map { $0 + "\r\n" }.joined()
    }
}

/// An address as SMTP takes it without quoting: what it cannot hold, no header can be made of.
package enum MailAddress {
    package static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, !parts[0].isEmpty, !parts[1].isEmpty else { return false }
        return text.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && !"()<>[]:;,\\\"".utf8.contains(byte)
        }
    }
}

extension String {
    /// Lines end as mail's do.
    fileprivate var withLineEnds: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\r": break
            case "\n": text += "\r\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
