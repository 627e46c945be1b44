// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization

/// What daemons log as errors, with what belongs to it.
final class KeptErrors: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock(\.self) }

    fileprivate func add(_ line: String) { lines.withLock { $0.append(line) } }
}

struct ErrorHandler: LogHandler {
    let errors: KeptErrors
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.error

    init(_ errors: KeptErrors) { self.errors = errors }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard event.level >= .error else { return }
        let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        errors.add("\(event.message) \(details.joined(separator: " "))")
    }
}
