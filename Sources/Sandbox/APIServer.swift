// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The server's state and its synchronous core: every request and every controller change goes through here.
struct APIServer {
    let now: @Sendable () -> Timestamp
    var random: any RandomNumberGenerator & Sendable
    let options: SandboxOptions
    let controllers: [any SandboxController]

    init(
        now: @escaping @Sendable () -> Timestamp, random: any RandomNumberGenerator & Sendable,
        options: SandboxOptions, controllers: [any SandboxController]
    ) {
        self.now = now
        self.random = random
        self.options = options
        self.controllers = controllers
    }

    var nextDeadline: Timestamp? { nil }

    mutating func respond(to request: SandboxRequest) -> SandboxResponse { .text("404 page not found\n", status: 404) }
    mutating func runControllers() {}
    mutating func runTimers() {}
}
