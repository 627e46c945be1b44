// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Ends a command with a message on standard error and an exit status that scripts can rely on.
enum CommandFailure {
    /// 2: bad configuration or usage; nothing was begun.
    static func start(_ message: String) -> any Error { fail(message, code: 2) }

    /// 1: it was begun and did not succeed.
    static func failed(_ message: String) -> any Error { fail(message, code: 1) }

    private static func fail(_ message: String, code: Int32) -> any Error {
        writeLine("mainstay: \(message)\n", to: 2)
        return ExitCode(code)
    }
}
