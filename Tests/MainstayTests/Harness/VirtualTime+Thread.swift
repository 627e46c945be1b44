// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import VirtualTime

extension VirtualTime {
    /// Runs what was begun to its end on a thread of its own: others' tests go on meanwhile.
    func finishOnThread<Answer: Sendable>(_ begun: Begun<Answer>) async throws -> Answer {
        try await withCheckedThrowingContinuation { (caller: CheckedContinuation<Answer, any Error>) in
            let thread = Thread { caller.resume(with: Result { try self.finish(begun) }) }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}
