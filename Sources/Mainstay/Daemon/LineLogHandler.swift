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
        let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
        switch format {
        case .text:
            let details = fields.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
            write("\(now()) \(Self.pad(event.level.rawValue)) \(event.message)\(details)\n")
        case .json:
            var line: Object = [
                "time": .string(now().description), "level": .string(event.level.rawValue),
                "message": .string("\(event.message)"),
            ]
            for (key, value) in fields { line[key] = .string("\(value)") }
            write(JSON.text(.object(line)) + "\n")
        }
    }

    private static func pad(_ level: String) -> String {
        level + String(repeating: " ", count: max(0, 7 - level.count))
    }

    /// In quotes where the value would not read as one word.
    private static func quoted(_ value: String) -> String {
        let isWord =
            !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        return isWord ? value : JSON.text(.string(value))
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
