// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Waiting for a child without holding a thread meanwhile: other tests run on the same ones.
extension Child {
    package struct NotInTime: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    package func send(_ signal: Int32) { kill(id, signal) }

    /// The exit status; negative where a signal ended it. Call once, and not together with `wait`.
    ///
    /// - Throws: `NotInTime` where it goes on for longer, after ending it.
    @discardableResult
    package func ended(within limit: Duration) async throws -> Int32 {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            var status: Int32 = 0
            if waitpid(id, &status, WNOHANG) == id {
                return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        send(SIGKILL)
        wait()
        throw NotInTime(description: "the process did not end within \(limit)")
    }
}
