// SPDX-License-Identifier: Apache-2.0

/// Lets an actor do a piece of work once for all who ask meanwhile: one does it, the others wait, and share its
/// failure, so that a server that is down is not tried by each of them in turn. Without a task of its own, which a
/// simulated run could not follow.
struct SharedWork {
    private(set) var isRunning = false
    private var waiting: [CheckedContinuation<KubernetesError?, Never>] = []

    var waitingCount: Int { waiting.count }

    mutating func begin() { isRunning = true }

    mutating func wait(_ continuation: CheckedContinuation<KubernetesError?, Never>) { waiting.append(continuation) }

    /// - Parameter failure: what the others throw too. That the one who worked was cancelled is none of their business:
    ///   they look again, and one of them begins anew.
    mutating func end(_ failure: KubernetesError?) {
        isRunning = false
        let woken = waiting
        waiting = []
        let shared = failure?.code == .cancelled ? nil : failure
        for continuation in woken { continuation.resume(returning: shared) }
    }
}
