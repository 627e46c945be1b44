// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Logging
internal import Manifests

/// Writes each message as one line to standard error: text for people, JSON for machines.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let format: Configuration.Log.Format
    private let write: @Sendable (String) -> Void
    private let now: @Sendable () -> Timestamp

    init(
        level: Logger.Level, format: Configuration.Log.Format, now: @escaping @Sendable () -> Timestamp,
        write: @escaping @Sendable (String) -> Void
    ) {
        logLevel = level
        self.format = format
        self.now = now
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
        if let error = event.error, fields["error"] == nil { fields["error"] = "\(error)" }
        let details = fields.sorted { $0.key < $1.key }
        switch format {
        case .text:
            let text = details.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
            write("\(now()) \(Self.pad(event.level.rawValue)) \(Self.oneLine("\(event.message)"))\(text)\n")
        case .json:
            var line: Object = [
                "time": .string(now().description), "level": .string(event.level.rawValue),
                "message": .string("\(event.message)"),
            ]
            for (key, value) in details {
                // Metadata cannot pass for the line's own fields.
                line[line[key] == nil ? key : "metadata.\(key)"] = .string("\(value)")
            }
            write(JSON.text(.object(line)) + "\n")
        }
    }

    private static func pad(_ level: String) -> String {
        level + String(repeating: " ", count: max(0, 7 - level.count))
    }

    /// As it is, or with control characters written as JSON writes them: they would break the line, or steer a terminal.
    private static func oneLine(_ text: String) -> String {
        text.unicodeScalars.contains(where: \.isControl) ? String(escaped(text).dropFirst().dropLast()) : text
    }

    /// In quotes where the value would not read as one word.
    private static func quoted(_ value: String) -> String {
        let isWord =
            !value.isEmpty && !value.unicodeScalars.contains { $0.isControl || $0 == " " || $0 == "\"" || $0 == "=" }
        return isWord ? value : escaped(value)
    }

    /// JSON leaves what is above U+007E as it is; terminals act on some of that too.
    private static func escaped(_ text: String) -> String {
        JSON.text(.string(text)).unicodeScalars.reduce(into: "") { result, scalar in
            if scalar.isControl {
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
}

/// Whole lines to a file descriptor: one write each, so that lines of several threads do not mix.
func writeLine(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        guard written > 0 else { return }
        bytes = bytes.dropFirst(written)
    }
}
